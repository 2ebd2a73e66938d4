"""Which kinds whoever applies an environment has to be allowed to make and to delete.

All that this library makes, not only what an environment has now: what leaves it has to be deleted.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from floe_constructs.kubernetes.phase import Phase


class Kind(NamedTuple):
    """A kind of objects."""

    group: str
    """API group; empty for the core's."""

    name: str
    """What it is called: `Deployment`."""

    @property
    def resource(self) -> str:
        """What RBAC calls it, by the rule that Kubernetes makes plurals by."""
        word = self.name.lower()
        if word.endswith(("s", "x", "ch", "sh")):
            return f"{word}es"
        if word.endswith("y") and word[-2] not in "aeiou":
            return f"{word[:-1]}ies"
        return f"{word}s"


OF_CLUSTER = frozenset(
    {
        Kind("", "Namespace"),
        Kind("rbac.authorization.k8s.io", "ClusterRole"),
        Kind("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        Kind("scheduling.k8s.io", "PriorityClass"),
    }
)
"""Kinds without a namespace."""

OF_NAMESPACE = frozenset(
    {
        Kind("", "ConfigMap"),
        Kind("", "LimitRange"),
        Kind("", "PersistentVolumeClaim"),
        Kind("", "ResourceQuota"),
        Kind("", "Secret"),
        Kind("", "Service"),
        Kind("", "ServiceAccount"),
        Kind("apps", "Deployment"),
        Kind("apps", "StatefulSet"),
        Kind("autoscaling", "HorizontalPodAutoscaler"),
        Kind("batch", "CronJob"),
        Kind("batch", "Job"),
        Kind("bitnami.com", "SealedSecret"),
        Kind("external-secrets.io", "ExternalSecret"),
        Kind("gateway.networking.k8s.io", "GRPCRoute"),
        Kind("gateway.networking.k8s.io", "HTTPRoute"),
        Kind("gateway.networking.k8s.io", "TCPRoute"),
        Kind("monitoring.coreos.com", "PodMonitor"),
        Kind("monitoring.coreos.com", "PrometheusRule"),
        Kind("networking.k8s.io", "Ingress"),
        Kind("networking.k8s.io", "NetworkPolicy"),
        Kind("policy", "PodDisruptionBudget"),
        Kind("rbac.authorization.k8s.io", "Role"),
        Kind("rbac.authorization.k8s.io", "RoleBinding"),
    }
)
"""Kinds in a namespace."""


CHILDREN = frozenset(
    {
        Kind("", "Endpoints"),
        Kind("", "Pod"),
        Kind("apps", "ControllerRevision"),
        Kind("apps", "ReplicaSet"),
        Kind("discovery.k8s.io", "EndpointSlice"),
    }
)
"""What a cluster makes of these; Argo CD shows only what it might apply."""


def kinds(objects: Iterable[tuple[Phase, Mapping[str, Any]]]) -> tuple[set[Kind], set[Kind]]:
    """Answer the kinds without a namespace and in one: of this library, and of these objects.

    A kind that only a user's composition has is without a namespace where it is in 00-cluster.
    """
    of_cluster, of_namespace = set(OF_CLUSTER), set(OF_NAMESPACE)
    for phase, manifest in objects:
        found = Kind(str(manifest["apiVersion"]).rpartition("/")[0], str(manifest["kind"]))
        if found not in of_cluster | of_namespace:
            (of_cluster if phase is Phase.CLUSTER else of_namespace).add(found)
    return of_cluster, of_namespace
