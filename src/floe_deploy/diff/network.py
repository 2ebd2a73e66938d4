"""What a NetworkPolicy opens, and what it closes."""

from collections.abc import Iterator, Mapping
from typing import Any

from floe_deploy.diff.snapshot import Entry, Snapshot
from floe_deploy.manifests import Manifest
from floe_deploy.rules.shape import entries, inside, mapping

_SIDES = {"Ingress": ("ingress", "from"), "Egress": ("egress", "to")}
_ALL = "anything"


def told(old: Manifest, new: Manifest) -> Iterator[str]:
    """Answer which connections of its pods a policy allows more or less; `{}` is none."""
    before, after = _allowed(old), _allowed(new)
    if opened := sorted(after - before):
        yield f"opens {'; '.join(opened)}"
    if closed := sorted(before - after):
        yield f"closes {'; '.join(closed)}"
    if old and new:
        for side in _SIDES:
            was, now = side in _sides(old), side in _sides(new)
            if was and not now:
                yield f"{side.lower()} is no longer restricted by it"
            elif now and not was:
                yield f"{side.lower()} is restricted from now on to what policies allow"
        if inside(old, "spec", "podSelector") != inside(new, "spec", "podSelector"):
            yield "it is about other pods"


Denied = frozenset[tuple[str, str]]
"""Namespaces and sides for which a policy of all pods is there."""


def denied(remaining: Snapshot) -> Denied:
    """Answer where a connection that no policy allows is denied to every pod."""
    return frozenset(
        (entry.key.namespace, side)
        for entry in remaining.entries.values()
        if entry.key.kind == "NetworkPolicy"
        and not any(inside(entry.manifest, "spec", "podSelector").values())
        for side in _sides(entry.manifest)
    )


def told_of_removal(old: Entry, anyway: Denied) -> Iterator[str]:
    """Answer what a policy that is gone leaves open or closed."""
    for side in _sides(old.manifest):
        if (old.key.namespace, side) in anyway:
            allowed = _allowed(old.manifest)
            closed = sorted(each for each in allowed if each.startswith(side.lower()))
            if closed:
                yield f"closes {'; '.join(closed)}, as far as no other policy allows it"
        else:
            yield f"{side.lower()} of its pods is open, unless another policy is about them"


def _sides(policy: Manifest) -> list[str]:
    spec = inside(policy, "spec")
    said = spec.get("policyTypes") or ["Ingress", *(["Egress"] if "egress" in spec else [])]
    return [side for side in _SIDES if spec and side in said]


def _allowed(policy: Manifest) -> set[str]:
    found = set()
    for side in _sides(policy):
        rules, peers = _SIDES[side]
        for rule in entries(inside(policy, "spec").get(rules)):
            for peer in map(_peer, entries(rule.get(peers)) or [{}]):
                for port in map(_port, entries(rule.get("ports")) or [{}]):
                    found.add(f"{side.lower()} {peers} {peer}{port}")
    return found


def _peer(peer: Mapping[str, Any]) -> str:
    if block := mapping(peer.get("ipBlock")):
        without = ", ".join(map(str, block.get("except") or []))
        return f"{block.get('cidr')}" + (f" without {without}" if without else "")
    parts = []
    if "podSelector" in peer:
        parts.append(_selected(peer["podSelector"], "pods"))
    if "namespaceSelector" in peer:
        parts.append(_selected(peer["namespaceSelector"], "namespaces"))
    return " in ".join(parts) or _ALL


def _selected(selector: object, what: str) -> str:
    labels = mapping(mapping(selector).get("matchLabels"))
    said = [f"{key.rpartition('/')[2]}={value}" for key, value in sorted(labels.items())]
    for each in entries(mapping(selector).get("matchExpressions")):
        values = ",".join(map(str, each.get("values") or []))
        said.append(" ".join(filter(None, (each.get("key"), each.get("operator"), values))))
    return f"{what} {' '.join(said)}" if said else f"all {what}"


def _port(port: Mapping[str, Any]) -> str:
    if not port:
        return ""
    last = f"-{port['endPort']}" if "endPort" in port else ""
    number = f":{port['port']}{last}" if "port" in port else ""
    return f" {port.get('protocol', 'TCP')}{number}"
