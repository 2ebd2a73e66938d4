"""How much the change of one field weighs."""

from floe_deploy.diff import image, immutable, rights, rollout
from floe_deploy.diff import path as paths
from floe_deploy.diff.fields import Field
from floe_deploy.diff.rank import Rank
from floe_deploy.manifests import Identity, Manifest

_IDENTITY = frozenset({"automountServiceAccountToken", "serviceAccountName"})
_SECURITY = frozenset(
    {"hostIPC", "hostNetwork", "hostPID", "hostUsers", "runtimeClassName", "securityContext"}
)
_NETWORK = frozenset(
    {
        "GRPCRoute",
        "Gateway",
        "HTTPRoute",
        "Ingress",
        "NetworkPolicy",
        "Service",
        "TCPRoute",
        "TLSRoute",
    }
)
_SIZES = frozenset(
    {"HorizontalPodAutoscaler", "LimitRange", "PodDisruptionBudget", "ResourceQuota"}
)
_SIZE = frozenset({"completions", "parallelism", "replicas", "sizeLimit", "storage"})
_POD_SECURITY = "pod-security.kubernetes.io/"
_OURS = "app.kubernetes.io/"
_NAME = ("metadata", "name")


def rank(who: Identity, old: Manifest, new: Manifest, field: Field) -> Rank:
    """Answer the rank of a field of an object that is there before and after."""
    names = paths.keys(field.path)
    renamed = old["metadata"]["name"] != new["metadata"]["name"]
    if field.path == _NAME or rollout.is_hash(field):
        return Rank.NAME
    if not renamed and immutable.is_frozen(who, old, new, field):
        return Rank.IMMUTABLE
    kinds = {
        Rank.RBAC: _is_of_rights(who, names),
        Rank.NETWORK: who.kind in _NETWORK and names[:1] == ("spec",),
        Rank.IMAGE: image.is_image(field),
        Rank.SIZE: names[:1] == ("spec",) and _is_size(who, names),
        Rank.RESTART: rollout.is_template(who, field),
    }
    return min((kind for kind, holds in kinds.items() if holds), default=Rank.OTHER)


def _is_size(who: Identity, names: tuple[str, ...]) -> bool:
    return who.kind in _SIZES or "resources" in names or bool(_SIZE & set(names))


def _is_of_rights(who: Identity, names: tuple[str, ...]) -> bool:
    if who.kind in rights.KINDS:
        return names[:1] != ("metadata",)
    if who.kind == "ServiceAccount":  # annotations say who it is to a cloud
        return not names[-1].startswith(_OURS)
    if who.kind == "Namespace":
        return names[-1].startswith(_POD_SECURITY)
    return bool((_IDENTITY | _SECURITY) & set(names))
