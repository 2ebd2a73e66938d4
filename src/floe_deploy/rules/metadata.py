"""Addresses at which a cloud tells whoever asks who the node is."""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network

from floe_deploy.rules.objects import Object, entries, inside, text
from floe_deploy.rules.rule import Breach, Rule

Network = IPv4Network | IPv6Network

_METADATA = tuple(
    ip_network(cidr)
    for cidr in (
        "169.254.0.0/16",
        "168.63.129.16/32",
        "100.100.100.200/32",
        "fe80::/10",
        "fd00:ec2::/32",
        "fd20:ce::254/128",
    )
)
"""AWS, Azure, Google and Alibaba; link-local, and otherwise."""

_DNS = 53
_IDENTITIES = {
    "169.254.170.23/32": {80},
    "fd00:ec2::23/128": {80},
    "169.254.169.252/32": {987, 988},
    "169.254.169.254/32": {80, 8080},
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
    if it.kind != "NetworkPolicy":
        return
    for rule in entries(it.spec.get("egress")):
        ports = {port.get("port") for port in entries(rule.get("ports"))}
        for peer in entries(rule.get("to")):
            block = inside(peer, "ipBlock")
            cidr, said = _network(block.get("cidr")), text(block.get("cidr"))
            if cidr is None or (ports and ports <= {_DNS, *_IDENTITIES.get(said, ())}):
                continue
            given = block.get("except")
            left_out = [_network(one) for one in given] if isinstance(given, list) else []
            but = [one for one in left_out if one]
            if any(_overlap(cidr, one) and not _covered(one, but) for one in _METADATA):
                yield Breach(found=f"egress to {said}, which a cloud's metadata is part of")


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
