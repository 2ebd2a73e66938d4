"""What the network lets through."""

from collections.abc import Iterator

from floe_deploy.rules.objects import Object
from floe_deploy.rules.rule import Breach, Rule, Severity
from floe_deploy.rules.selection import is_everything
from floe_deploy.rules.shape import entries, inside, text


def _open(it: Object, direction: str, side: str) -> list[str]:
    """Answer the ports that rules open to all addresses, one without sources included.

    Egress without targets would reach a cloud's metadata too, of which another rule tells.
    """
    found = []
    for rule in entries(it.spec.get(direction)) if it.kind == "NetworkPolicy" else ():
        ports = [f"port {port.get('port')}" for port in entries(rule.get("ports"))]
        blocks = [inside(peer, "ipBlock") for peer in entries(rule.get(side))]
        anybody = any(text(block.get("cidr")).endswith("/0") for block in blocks)
        if anybody or (direction == "ingress" and not rule.get(side)):
            found.append(", ".join(ports) or "all ports")
    return list(dict.fromkeys(found))


def _egress(it: Object) -> Iterator[Breach]:
    if ports := _open(it, "egress", "to"):
        yield Breach(found=f"any address may be reached at {', '.join(ports)}")


def _ingress(it: Object) -> Iterator[Breach]:
    if ports := _open(it, "ingress", "from"):
        yield Breach(found=f"any address may connect to {', '.join(ports)}")


def _denied(it: Object) -> Iterator[Breach]:
    if it.kind == "Namespace" and not any(map(_denies, it.among.of("NetworkPolicy"))):
        yield Breach(found="a namespace whose pods may talk to everybody unless a policy says so")


def _denies(policy: Object) -> bool:
    spec = policy.spec
    types = spec.get("policyTypes")
    both = isinstance(types, list) and {"Ingress", "Egress"} <= set(map(str, types))
    return (
        both
        and is_everything(spec.get("podSelector"))
        and not spec.get("ingress")
        and not spec.get("egress")
    )


RULES = (
    Rule(
        id="network-default-deny",
        summary="A policy for all pods of the namespace lets nothing in and nothing out.",
        why="Policies only take away where one is for a pod: a new workload without one could "
        "reach everything, and be reached.",
        remedy="keep NetworkPolicy/default-deny",
        check=_denied,
    ),
    Rule(
        id="egress-open",
        summary="Pods reach known addresses.",
        why="An endpoint whose addresses are not given is reached through a port that is open "
        "to every address: whoever runs code in the pod can send data anywhere.",
        remedy="give `cidrs` beside the host in the overlay, or `addresses` for what only the "
        "artifacts name; where they change, except the policy",
        check=_egress,
        severity=Severity.WARNING,
    ),
    Rule(
        id="ingress-open",
        summary="Pods are reached by known peers.",
        why="Whatever reaches the node's network reaches the pod, and not only what exposes it.",
        remedy="name namespace, pods or addresses of those who connect",
        check=_ingress,
        severity=Severity.WARNING,
    ),
)
