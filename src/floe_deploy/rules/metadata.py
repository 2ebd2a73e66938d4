"""Addresses at which a cloud tells whoever asks who the node is."""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from floe_constructs.kubernetes.cloud_identity import GcpIdentity, PodIdentity
from floe_constructs.kubernetes.value import METADATA
from floe_deploy.rules.objects import Object
from floe_deploy.rules.rule import Breach, Rule
from floe_deploy.rules.shape import entries, inside, text

Network = IPv4Network | IPv6Network

_METADATA = tuple(ip_network(cidr) for cidr in METADATA)
_DNS = 53
_IDENTITIES = {
    (cidr, endpoint.port)
    for identity in (PodIdentity(type="aws-pod-identity"), GcpIdentity(type="gcp"))
    for endpoint in identity.endpoints
    for cidr in endpoint.cidrs
}
"""Where EKS Pod Identity and GKE's metadata server answer for the pod, not for the node."""


def _network(cidr: object) -> Network | None:
    try:
        return ip_network(text(cidr))
    except ValueError:
        return None


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)


def _covered(closed: Network, by: list[Network]) -> bool:
    return any(_overlap(closed, one) and one.prefixlen <= closed.prefixlen for one in by)


def _open(it: Object) -> Iterator[Breach]:
    for rule in entries(it.spec.get("egress")) if it.kind == "NetworkPolicy" else ():
        if not rule.get("to"):
            yield Breach(found="egress to any address")
        for block in (inside(peer, "ipBlock") for peer in entries(rule.get("to"))):
            cidr = _network(block.get("cidr"))
            if cidr is None or _ports(rule) <= _allowed(cidr):
                continue
            given = block.get("except")
            left_out = map(_network, given) if isinstance(given, list) else ()
            but = [one for one in left_out if one]
            if any(_overlap(cidr, one) and not _covered(one, but) for one in _METADATA):
                yield Breach(found=f"egress to {cidr}, which a cloud's metadata is part of")


def _allowed(cidr: Network) -> set[object]:
    return {_DNS, *(port for at, port in _IDENTITIES if at == str(cidr))}


def _ports(rule: dict[str, Any]) -> set[object]:
    """Answer the ports of a rule; something that is no port where it opens more than those."""
    ports = entries(rule.get("ports"))
    return {
        one.get("port") if isinstance(one.get("port"), int) and "endPort" not in one else None
        for one in ports
    } or {None}


RULES = (
    Rule(
        id="metadata-closed",
        summary="No policy opens a cloud's metadata address, but for DNS and a pod's own identity.",
        why="Whoever reaches it is given the credentials of the node: the images' pull rights, and "
        "often much more.",
        remedy="leave the address out of the range with `except`, or give the pods an identity",
        check=_open,
    ),
)
