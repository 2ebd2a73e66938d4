"""What a change gives rights to, and what it takes them from."""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from floe_deploy.manifests import Manifest
from floe_deploy.rules.shape import entries

KINDS = frozenset({"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"})
_ANY = "*"


class _Right(NamedTuple):
    """What one rule allows, in its smallest parts."""

    verb: str
    group: str
    resource: str
    name: str

    def covers(self, other: "_Right") -> bool:
        return all(mine in {_ANY, theirs} for mine, theirs in zip(self, other, strict=True))

    def __str__(self) -> str:
        group = f".{self.group}" if self.group not in {"", _ANY} else ""
        name = "" if self.name == _ANY else f" {self.name}"
        return f"{self.verb} {self.resource}{group}{name}"


def told(old: Manifest, new: Manifest) -> Iterator[str]:
    """Answer which rights a role gives more or less, or who has them by a binding."""
    if "rules" in old or "rules" in new:
        before, after = _rights(old), _rights(new)
        gained = [right for right in after if not any(each.covers(right) for each in before)]
        lost = [right for right in before if not any(each.covers(right) for each in after)]
        if gained:
            yield f"wider: may also {_listed(gained)}"
        if lost:
            yield f"narrower: may no longer {_listed(lost)}"
    have, had = _subjects(new), _subjects(old)
    if come := sorted(have - had):
        yield f"wider: {', '.join(come)} {'have' if len(come) > 1 else 'has'} the role now"
    if gone := sorted(had - have):
        yield f"narrower: {', '.join(gone)} {'have' if len(gone) > 1 else 'has'} it no longer"


def _listed(rights: list[_Right]) -> str:
    """Answer rights by their verbs, so that each of them is there once."""
    verbs: dict[str, list[str]] = {}
    for right in rights:
        verb, _, thing = str(right).partition(" ")
        verbs.setdefault(thing, []).append(verb)
    things: dict[str, list[str]] = {}
    for thing, them in verbs.items():
        things.setdefault(", ".join(dict.fromkeys(them)), []).append(thing)
    return "; ".join(f"{said} {', '.join(them)}" for said, them in things.items())


def _rights(role: Manifest) -> list[_Right]:
    found = set()
    for rule in entries(role.get("rules")):
        verbs = rule.get("verbs") or []
        names = rule.get("resourceNames") or [_ANY]
        places = product(rule.get("apiGroups") or [], rule.get("resources") or [], names)
        found |= {_Right(str(v), *map(str, place)) for v, place in product(verbs, places)}
        urls = rule.get("nonResourceURLs") or []
        found |= {_Right(str(verb), "", str(url), _ANY) for verb, url in product(verbs, urls)}
    return sorted(found)


def _subjects(binding: Manifest) -> set[str]:
    return {
        "/".join(str(each[key]) for key in ("kind", "namespace", "name") if each.get(key))
        for each in entries(binding.get("subjects"))
    }
