"""Whether a change would be refused or replace the object, and what to do then."""

from decimal import Decimal, InvalidOperation

from floe_deploy.diff import path as paths
from floe_deploy.diff.fields import ABSENT, Field
from floe_deploy.diff.frozen import DEFAULTS, TABLE, Keys
from floe_deploy.manifests import Identity, Manifest
from floe_deploy.rules.shape import mapping

_ROLLING = "RollingUpdate"
_STORAGE = ("spec", "resources", "requests", "storage")
_REFUSED = (
    "refused: the API server keeps the old one, Flux applies nothing of its phase, and Argo CD "
    "stops the sync"
)
_FORCED = "kustomize.toolkit.fluxcd.io/force"
_OPTIONS = "argocd.argoproj.io/sync-options"


def is_frozen(who: Identity, old: Manifest, new: Manifest, field: Field) -> bool:
    """Answer whether the API server refuses to change a field in place."""
    table = TABLE.get((who.group, who.kind))
    keys = paths.keys(field.path)
    if table is None or not any(_overlap(keys, each) for each in table.fields):
        return False
    if any(keys[: len(each)] == each for each in table.free):
        return False
    default = DEFAULTS.get((who.kind, keys), ABSENT)
    before, after = (default if each is ABSENT else each for each in (field.old, field.new))
    return before != after and not _is_exempt(who.kind, keys, old, new)


def _overlap(keys: Keys, frozen: Keys) -> bool:
    """Answer whether one of two fields is in the other: `spec` as a whole may be new."""
    shared = min(len(keys), len(frozen))
    return keys[:shared] == frozen[:shared]


def _is_exempt(kind: str, keys: Keys, old: Manifest, new: Manifest) -> bool:
    before, after = mapping(old.get("spec")), mapping(new.get("spec"))
    exempt = False
    match kind, keys:
        case "Deployment" | "StatefulSet", (_, "strategy" | "updateStrategy" as key, *_):
            exempt = _leaves_nothing(mapping(before.get(key)), mapping(after.get(key)))
        case "ConfigMap" | "Secret", (first, *_) if first != "type":
            exempt = old.get("immutable") is not True
        case "PersistentVolumeClaim", keys if keys == _STORAGE:
            exempt = _grows(before, after)
        case "Job", ("spec", "completions"):
            indexed = before.get("completionMode") == "Indexed"
            exempt = indexed and after.get("completions") == after.get("parallelism")
        case "Service", (_, "clusterIP" | "clusterIPs" as key):
            # What is not said any more stays as it is; a Service by another name has no address.
            exempt = key not in after or "ExternalName" in {before.get("type"), after.get("type")}
        case "Service", (_, "loadBalancerClass"):
            exempt = not before.get("type") == after.get("type") == "LoadBalancer"
    return exempt


def _leaves_nothing(before: Manifest, after: Manifest) -> bool:
    """Answer whether nothing is left of a rolling update where another strategy takes its place.

    What the API server has filled in belongs to nobody: server-side apply leaves it there, and the
    other strategy may not have it.
    """
    rolls = before.get("type", _ROLLING) == _ROLLING != after.get("type", _ROLLING)
    return not rolls or ("rollingUpdate" in before and "rollingUpdate" not in after)


def _grows(before: Manifest, after: Manifest) -> bool:
    sizes = [
        _bytes(mapping(mapping(it.get("resources")).get("requests"))) for it in (before, after)
    ]
    return None not in sizes and sizes[0] <= sizes[1]  # type: ignore[operator]  # none is None


_UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60} | {
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "P": 10**15,
    "E": 10**18,
}


def _bytes(requests: Manifest) -> Decimal | None:
    said = str(requests.get("storage", ""))
    unit = next((unit for unit in _UNITS if said.endswith(unit)), "")
    try:
        number = Decimal(said.removesuffix(unit)) * _UNITS.get(unit, 1)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def told(who: Identity, new: Manifest) -> list[str]:
    """Answer what happens to an object whose frozen fields change, and what to do."""
    instead = TABLE[who.group, who.kind].instead
    forced = [*_forced(new)]
    if forced:
        lost = " and its data is lost" if who.kind == "PersistentVolumeClaim" else ""
        return [f"replaced: {' and '.join(forced)} deletes the old one{lost}", instead]
    return [_REFUSED, instead]


def _forced(new: Manifest) -> list[str]:
    metadata = mapping(new.get("metadata"))
    said = mapping(metadata.get("labels")) | mapping(metadata.get("annotations"))
    options = str(said.get(_OPTIONS, "")).replace(" ", "").split(",")
    found = ["Flux"] if str(said.get(_FORCED)).lower() == "enabled" else []
    return [*found, *(["Argo CD"] if {"Force=true", "Replace=true"} & set(options) else [])]
