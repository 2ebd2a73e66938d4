"""Which elements of two lists are the same one, and where their order has a meaning."""

from collections.abc import Sequence
from typing import Any

from floe_deploy.diff.path import Path
from floe_deploy.rules.shape import mapping

_SOURCE = ("configMap", "secret")
"""What a projected volume is made of, by kind and name."""

_NATURAL: tuple[tuple[str, ...], ...] = (
    ("name",),
    ("kind", "namespace", "name"),
    ("metadata",),
    _SOURCE,
    ("mountPath",),
    ("mountPath", "subPath"),
    ("containerPort", "protocol"),
    ("port", "protocol"),
    ("secretKey",),
    ("topologyKey",),
    ("alert",),
    ("record",),
    ("host",),
    ("path",),
    ("key",),
    ("ip",),
    ("type",),
)
"""What may tell the elements of a list apart, the first that does; the name in `metadata`."""

_UNORDERED = frozenset(
    {
        "accessModes",
        "apiGroups",
        "data",
        "egress",
        "except",
        "finalizers",
        "from",
        "hostAliases",
        "imagePullSecrets",
        "ingress",
        "items",
        "nonResourceURLs",
        "policyTypes",
        "ports",
        "resourceNames",
        "resources",
        "subjects",
        "to",
        "tolerations",
        "topologySpreadConstraints",
        "verbs",
        "volumeMounts",
        "volumes",
    }
)
"""Lists whose order nothing depends on.

In `env` a variable may use those before it; of a projected volume's `sources` the last one wins.
"""


def is_ordered(path: Path) -> bool:
    """Answer whether the order of a list has a meaning."""
    return path != ("rules",) and not (path and path[-1] in _UNORDERED)


def keyed(old: Sequence[Any], new: Sequence[Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Answer both lists by a natural key that all their elements have; nothing without one."""
    if not all(isinstance(each, dict) for each in (*old, *new)):
        return None
    for names in _NATURAL:
        both = _by(names, old), _by(names, new)
        if both[0] is not None and both[1] is not None:
            return both[0], both[1]
    return None


def _by(names: tuple[str, ...], elements: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    found: dict[str, Any] = {}
    for element in elements:
        key = _key(names, element)
        if not key or key in found:
            return None
        found[key] = element
    return found


def _key(names: tuple[str, ...], element: dict[str, Any]) -> str:
    if names == _SOURCE:
        return _source(element)
    if names == ("metadata",):
        element, names = mapping(element.get("metadata")), ("name",)
    values = [element.get(name) for name in names]
    if values[0] is None or any(isinstance(value, dict | list) for value in values):
        return ""
    return "/".join(str(value) for value in values if value is not None)


def _source(element: dict[str, Any]) -> str:
    for kind in _SOURCE:
        if list(element) == [kind] and (name := mapping(element[kind]).get("name")):
            return f"{kind}/{name}"
    return ""
