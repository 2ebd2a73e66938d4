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
    """A namespace that admits only pods of Pod Security *restricted*, or with `root` *baseline*.

    The level is pinned to the cluster's minor, because `latest` grows stricter with an upgrade.
    Where root is admitted, whatever falls short of *restricted* is still warned of and audited.

    Objects: Namespace/NAMESPACE.
    """

    def __init__(  # noqa: PLR0913  cdk8s' two, and what a namespace is
        self,
        scope: Construct,
        id: str,
        labels: Labels,
        namespace: str,
        kubernetes: str,
        *,
        root: bool = False,
    ) -> None:
        super().__init__(scope, id)
        levels = {"enforce": "baseline" if root else "restricted"}
        levels |= dict.fromkeys(("audit", "warn"), "restricted")
        security = {
            f"pod-security.kubernetes.io/{mode}{suffix}": value
            for mode, level in levels.items()
            for suffix, value in (("", level), ("-version", f"v{kubernetes}"))
        }
        k8s.KubeNamespace(
            self,
            "namespace",
            metadata=k8s.ObjectMeta(name=namespace, labels=labels.all | security, annotations=KEEP),
        )
