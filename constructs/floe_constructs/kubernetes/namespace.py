"""The namespace of an environment."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.labels import Labels

KEEP = {
    "kustomize.toolkit.fluxcd.io/prune": "disabled",
    "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
}
"""Annotations that keep an object when it leaves Git, under Flux and under Argo CD."""


class Namespace(Construct):
    """A namespace that admits only pods of Pod Security *restricted*.

    The level is pinned to the cluster's minor, because `latest` grows stricter with an upgrade.

    Objects: Namespace/NAMESPACE.
    """

    def __init__(
        self, scope: Construct, id: str, labels: Labels, namespace: str, kubernetes: str
    ) -> None:
        super().__init__(scope, id)
        security = {
            f"pod-security.kubernetes.io/{mode}{suffix}": value
            for mode in ("enforce", "audit", "warn")
            for suffix, value in (("", "restricted"), ("-version", f"v{kubernetes}"))
        }
        k8s.KubeNamespace(
            self,
            "namespace",
            metadata=k8s.ObjectMeta(name=namespace, labels=labels.all | security, annotations=KEEP),
        )
