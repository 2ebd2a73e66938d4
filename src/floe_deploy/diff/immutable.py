"""Fields that the API server lets nobody change in place, and what follows from that.

What is said here about fields is compared in tests with the answers of a real API server.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from floe_deploy.diff import path as paths
from floe_deploy.diff.fields import ABSENT, Field
from floe_deploy.manifests import Identity, Manifest
from floe_deploy.rules.shape import mapping

Keys = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """What of a kind cannot be changed."""

    fields: tuple[Keys, ...]
    """Fields that stay as they are, with all below them."""

    free: tuple[Keys, ...] = ()
    """Fields below those that may change."""

    instead: str
    """How to come to the new one all the same, and what that costs."""


_WORKLOAD = Frozen(
    fields=(("spec", "selector"), ("spec", "strategy")),
    instead="give it another name, so that the old one goes when the new one has come; or delete "
    "it first, and it does not answer until new pods are ready",
)
_BINDING = Frozen(
    fields=(("roleRef",),),
    instead="give it another name; or delete it first, and its subjects have no rights meanwhile",
)
_DATA = Frozen(
    fields=(("data",), ("binaryData",), ("stringData",), ("immutable",)),
    instead="give it another name, as what is immutable is meant to be used",
)

TABLE: Mapping[tuple[str, str], Frozen] = {
    ("apps", "Deployment"): _WORKLOAD,
    ("apps", "DaemonSet"): _WORKLOAD,
    ("apps", "ReplicaSet"): _WORKLOAD,
    ("apps", "StatefulSet"): Frozen(
        fields=(("spec",),),
        free=tuple(
            ("spec", key)
            for key in (
                "minReadySeconds",
                "ordinals",
                "persistentVolumeClaimRetentionPolicy",
                "replicas",
                "revisionHistoryLimit",
                "template",
            )
        ),
        instead="`kubectl delete --cascade=orphan` leaves pods and claims to the new one, which "
        "changes no claim that is there: a larger one is asked for in the claim itself",
    ),
    ("batch", "Job"): Frozen(
        fields=tuple(
            ("spec", key)
            for key in (
                "backoffLimitPerIndex",
                "completionMode",
                "completions",
                "managedBy",
                "podFailurePolicy",
                "selector",
                "successPolicy",
                "template",
            )
        ),
        instead="a Job is called after its content, so that another one is made; or delete it "
        "first, and it runs again",
    ),
    ("", "PersistentVolumeClaim"): Frozen(
        fields=(("spec",),),
        free=(("spec", "volumeAttributesClassName"),),
        instead="make another claim and copy the data; deleting this one deletes its data, unless "
        "the volume's reclaim policy is Retain",
    ),
    ("", "PersistentVolume"): Frozen(
        fields=(("spec", "csi"), ("spec", "hostPath"), ("spec", "nfs"), ("spec", "volumeMode")),
        instead="make another volume; the data stays where it is",
    ),
    ("", "Service"): Frozen(
        fields=(("spec", "clusterIP"), ("spec", "clusterIPs"), ("spec", "loadBalancerClass")),
        instead="delete it first: until the new one is there nothing finds it, and its addresses "
        "are others",
    ),
    ("", "ConfigMap"): _DATA,
    ("", "Secret"): Frozen(
        fields=(*_DATA.fields, ("type",)),
        instead="give it another name; or delete it first, and pods cannot start meanwhile",
    ),
    ("", "ResourceQuota"): Frozen(
        fields=(("spec", "scopes"),), instead="give it another name: both count until the old goes"
    ),
    ("rbac.authorization.k8s.io", "RoleBinding"): _BINDING,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _BINDING,
    ("storage.k8s.io", "StorageClass"): Frozen(
        fields=(("parameters",), ("provisioner",), ("reclaimPolicy",), ("volumeBindingMode",)),
        instead="delete it first: claims that are bound keep what they have",
    ),
    ("scheduling.k8s.io", "PriorityClass"): Frozen(
        fields=(("value",), ("preemptionPolicy",)),
        instead="give it another name; or delete it first: pods that run keep their priority, and "
        "none can be made meanwhile",
    ),
    ("networking.k8s.io", "IngressClass"): Frozen(
        fields=(("spec", "controller"),), instead="give it another name, and its Ingresses too"
    ),
    ("node.k8s.io", "RuntimeClass"): Frozen(
        fields=(("handler",),), instead="give it another name: pods that run keep theirs"
    ),
}

_DEFAULTS: Mapping[tuple[str, Keys], Any] = {
    ("ConfigMap", ("immutable",)): False,
    ("Job", ("spec", "completionMode")): "NonIndexed",
    ("PersistentVolumeClaim", ("spec", "volumeMode")): "Filesystem",
    ("PriorityClass", ("preemptionPolicy",)): "PreemptLowerPriority",
    ("Secret", ("immutable",)): False,
    ("Secret", ("type",)): "Opaque",
    ("StatefulSet", ("spec", "podManagementPolicy")): "OrderedReady",
    ("StorageClass", ("reclaimPolicy",)): "Delete",
    ("StorageClass", ("volumeBindingMode",)): "Immediate",
}
"""What stands where a manifest is silent: to say it or not is no change."""

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
    default = _DEFAULTS.get((who.kind, keys), ABSENT)
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
        return Decimal(said.removesuffix(unit)) * _UNITS.get(unit, 1)
    except InvalidOperation:
        return None


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
