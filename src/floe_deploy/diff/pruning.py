"""What becomes of an object that is no longer in `dist/`, and of what depended on it."""

from collections.abc import Iterator

from floe_constructs.kubernetes.phase import Phase
from floe_deploy.diff.snapshot import Entry
from floe_deploy.rules.shape import inside, mapping

_PRUNE = "kustomize.toolkit.fluxcd.io/prune"
_ARGO = "argocd.argoproj.io/sync-options"
_EARLY = frozenset({Phase.CLUSTER, Phase.FOUNDATION, Phase.SERVICES})
_USED = frozenset(
    {
        "ConfigMap",
        "ExternalSecret",
        "NetworkPolicy",
        "PersistentVolumeClaim",
        "Role",
        "RoleBinding",
        "SealedSecret",
        "Secret",
        "ServiceAccount",
    }
)
"""Kinds that pods need as long as they run."""

_LOST = {
    "Namespace": "everything in it goes with it, data included",
    "PersistentVolumeClaim": "its data goes with it, unless the volume's reclaim policy is Retain",
    "CustomResourceDefinition": "every object of its kind goes with it, in all namespaces",
    "SealedSecret": "its Secret goes with it",
    "Secret": "pods that name it cannot start any more",
    "ServiceAccount": "pods that run as it lose their rights at once, and none can start as it",
    "PriorityClass": "no pod can be made any more that names it; those that run keep theirs",
    "StorageClass": "claims that name it are not bound any more; bound ones stay",
}


def told(entry: Entry, *, gated: bool) -> Iterator[str]:
    """Answer what pruning does to a removed object, where a gate stands and where none does."""
    kind = entry.key.kind
    kept = protected(entry)
    if len(kept) == len(_BOTH):
        yield "kept: it is protected from pruning; delete it by hand when nothing needs it"
        return
    if kept:
        (other,) = set(_BOTH) - set(kept)
        yield f"kept by {kept[0]}, which is told not to prune it; deleted by {other}"
    if lost := _lost(entry):
        yield lost
    if entry.phase in _EARLY and kind in _USED and gated and FLUX not in kept:
        yield (
            "Flux deletes it before the gate: what runs now loses it even if the gate stays "
            "closed; take it away one release after its last user"
        )
    elif kind in _USED and entry.phase in _EARLY | {Phase.PLATFORM}:
        yield "old pods may run without it for the length of the rollout"
    elif entry.phase == Phase.PREFLIGHT and kind == "Job":
        yield "the gate does not ask this any more"


FLUX = "Flux"
_BOTH = (FLUX, "Argo CD")


def protected(entry: Entry) -> list[str]:
    """Answer which engines keep an object that is no longer in `dist/`."""
    metadata = mapping(entry.manifest.get("metadata"))
    annotations = mapping(metadata.get("annotations"))
    flux = annotations.get(_PRUNE, mapping(metadata.get("labels")).get(_PRUNE)) == "disabled"
    argo = "Prune=false" in str(annotations.get(_ARGO, "")).replace(" ", "").split(",")
    return [name for name, keeps in zip(_BOTH, (flux, argo), strict=True) if keeps]


def _lost(entry: Entry) -> str:
    spec = inside(entry.manifest, "spec")
    match entry.key.kind:
        case "StatefulSet":
            policy = mapping(spec.get("persistentVolumeClaimRetentionPolicy"))
            if policy.get("whenDeleted") == "Delete":
                return "its pods end, and its claims go with it: data is lost"
            claims = "; its claims stay" if spec.get("volumeClaimTemplates") else ""
            return f"its pods end{claims}"
        case "Deployment" | "DaemonSet":
            return "its pods end"
        case "Service":
            address = ", and its load balancer with its address" if _is_balanced(spec) else ""
            return f"its name is not found any more{address}"
        case "ExternalSecret":
            target = mapping(spec.get("target"))
            stays = target.get("creationPolicy") in {"Orphan", "Merge", "None"}
            return "its Secret stays" if stays else "its Secret goes with it"
        case kind:
            return _LOST.get(kind, "")


def _is_balanced(spec: dict[str, object]) -> bool:
    return spec.get("type") == "LoadBalancer"
