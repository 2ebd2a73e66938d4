"""Which fields the API server lets nobody change in place.

Each is compared in tests with the answer of a real API server.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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

DEFAULTS: Mapping[tuple[str, Keys], Any] = {
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
