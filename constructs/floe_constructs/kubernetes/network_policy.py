"""NetworkPolicies out of flows: what is not a flow is not possible."""

import re
from collections.abc import Iterable, Sequence

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.endpoint import Endpoint, Flow, Outside, Peer
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.metadata import metadata
from floe_constructs.kubernetes.phase import Phase
from floe_constructs.kubernetes.value import METADATA, within

NAMESPACE_LABEL = "kubernetes.io/metadata.name"
"""Label that the API server keeps on every Namespace."""

_IN_CLUSTER = re.compile(r"[a-z0-9-]+\.(?P<namespace>[a-z0-9-]+)\.svc(\..+)?")
_NODE_LOCAL_DNS = ("169.254.20.10/32", "169.254.10.10/32", "169.254.10.11/32")
"""Where nodes cache DNS (NodeLocal DNSCache, AKS LocalDNS); on port 53 alone."""


class NetworkPolicies(Construct):
    """One policy for each workload that a flow starts or ends at.

    Objects: NetworkPolicy/WORKLOAD.
    Needs: `DefaultDeny` in the same namespace, without which policies take nothing away.
    """

    def __init__(self, scope: Construct, id: str, flows: Sequence[Flow]) -> None:
        super().__init__(scope, id)
        pods = {pods.object_name: pods for pods in _pods(flows)}
        for name in sorted(pods):
            starting = [flow for flow in flows if flow.source == pods[name]]
            ending = [flow for flow in flows if flow.target == pods[name]]
            self._policy(pods[name], starting, ending)

    def _policy(self, pods: Labels, starting: list[Flow], ending: list[Flow]) -> None:
        sources = dict.fromkeys((flow.source, flow.port) for flow in ending)
        targets = {(_reach(flow.target), flow.port): flow.target for flow in starting}
        k8s.KubeNetworkPolicy(
            self,
            pods.object_name,
            metadata=metadata(pods),
            spec=k8s.NetworkPolicySpec(
                pod_selector=k8s.LabelSelector(match_labels=pods.selector),
                policy_types=[
                    *(["Ingress"] if ending else []),
                    *(["Egress"] if starting else []),
                ],
                ingress=[
                    k8s.NetworkPolicyIngressRule(from_=_from(source), ports=[_port(port)])
                    for source, port in sources
                ]
                or None,
                egress=[
                    k8s.NetworkPolicyEgressRule(to=_peers(target), ports=[_port(port)])
                    for (_, port), target in targets.items()
                ]
                or None,
            ),
        )


class DefaultDeny(Construct):
    """Nothing goes in or out of any pod, except to look up names.

    Two policies say where names are looked up: one is there for gate and migration, the other comes
    with the platform. Policies add up, so that pods that run ask where they always did until the
    gate has opened, whatever a new release says of DNS.

    Objects: NetworkPolicy/default-deny, NetworkPolicy/dns, NetworkPolicy/dns-platform.
    """

    def __init__(self, scope: Construct, id: str, labels: Labels, dns: Sequence[Peer] = ()) -> None:
        super().__init__(scope, id)
        everyone = k8s.LabelSelector()
        k8s.KubeNetworkPolicy(
            self,
            "default-deny",
            metadata=metadata(labels, "default-deny"),
            spec=k8s.NetworkPolicySpec(pod_selector=everyone, policy_types=["Ingress", "Egress"]),
        )
        servers = [
            _namespaced("kube-system", {"k8s-app": app}) for app in ("kube-dns", "node-local-dns")
        ]
        caches = [_block(cidr) for cidr in _NODE_LOCAL_DNS]
        others = [peer for given in dns for peer in _outside(given)]
        ports = [_port(53, protocol) for protocol in ("UDP", "TCP")]
        asking = k8s.NetworkPolicySpec(
            pod_selector=everyone,
            policy_types=["Egress"],
            egress=[k8s.NetworkPolicyEgressRule(to=[*servers, *caches, *others], ports=ports)],
        )
        for name, phase in (("dns", labels.phase), ("dns-platform", Phase.PLATFORM)):
            k8s.KubeNetworkPolicy(
                self, name, metadata=metadata(labels, name, phase=phase), spec=asking
            )


def _pods(flows: Sequence[Flow]) -> Iterable[Labels]:
    for flow in flows:
        if isinstance(flow.source, Labels):
            yield flow.source
        if isinstance(flow.target, Labels):
            yield flow.target


def _port(number: int, protocol: str = "TCP") -> k8s.NetworkPolicyPort:
    return k8s.NetworkPolicyPort(port=k8s.IntOrString.from_number(number), protocol=protocol)


def _reach(target: Labels | Endpoint) -> object:
    """Answer what a policy can tell of a target: two that are the same to it need one rule."""
    if not isinstance(target, Endpoint):
        return target
    if target.cidrs:
        return target.cidrs
    match = _IN_CLUSTER.fullmatch(target.host or "")
    return match["namespace"] if match else "." in (target.host or ".")


def _peers(target: Labels | Endpoint) -> list[k8s.NetworkPolicyPeer]:
    """Answer who a target is to a policy, which knows labels and addresses but no host names."""
    if not isinstance(target, Endpoint):
        return [_pods_peer(target)]
    if target.cidrs:
        return [_block(cidr, *_metadata_within(cidr)) for cidr in target.cidrs]
    if match := _IN_CLUSTER.fullmatch(target.host or ""):
        return [_namespaced(match["namespace"])]
    if target.host and "." not in target.host:
        return [k8s.NetworkPolicyPeer(pod_selector=k8s.LabelSelector())]
    return [_block(cidr, *_metadata_within(cidr)) for cidr in ("0.0.0.0/0", "::/0")]


def _metadata_within(cidr: str) -> list[str]:
    """Answer the addresses of a range that stay closed; an identity's own range is meant."""
    return [closed for closed in METADATA if within(closed, cidr) and closed != cidr]


def _from(source: Labels | Outside) -> list[k8s.NetworkPolicyPeer]:
    """Answer who a source is to a policy."""
    if isinstance(source, Labels):
        return [_pods_peer(source)]
    return [peer for given in source.peers for peer in _outside(given)]


def _outside(peer: Peer) -> list[k8s.NetworkPolicyPeer]:
    if peer.namespace:
        return [_namespaced(peer.namespace, dict(peer.pods))]
    return [_block(cidr) for cidr in peer.cidrs]


def _pods_peer(pods: Labels) -> k8s.NetworkPolicyPeer:
    return k8s.NetworkPolicyPeer(pod_selector=k8s.LabelSelector(match_labels=pods.selector))


def _namespaced(namespace: str, pods: dict[str, str] | None = None) -> k8s.NetworkPolicyPeer:
    return k8s.NetworkPolicyPeer(
        namespace_selector=k8s.LabelSelector(match_labels={NAMESPACE_LABEL: namespace}),
        pod_selector=k8s.LabelSelector(match_labels=pods) if pods else None,
    )


def _block(cidr: str, *but: str) -> k8s.NetworkPolicyPeer:
    block = k8s.IpBlock(cidr=cidr, **({"except_": list(but)} if but else {}))
    return k8s.NetworkPolicyPeer(ip_block=block)
