"""Deliveries in their small and their large forms, and all their objects."""

from typing import Any

from constructs import Construct

from floe_constructs.gitops.account import FluxAccount, FluxServiceAccount
from floe_constructs.gitops.argocd import ArgoCdApplication, ArgoCdProject
from floe_constructs.gitops.flux import FluxPhases, FluxSource
from floe_constructs.gitops.kinds import OF_CLUSTER, OF_NAMESPACE
from floe_constructs.gitops.spec import ArgoCdDelivery, FluxDelivery
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.phase import Phase

LABELS = Labels(name="floe", instance="test", component="delivery", phase=Phase.CLUSTER)
URL = "https://git.example.com/data/platform.git"

GIT: dict[str, Any] = {"type": "flux", "source": {"type": "git", "url": URL, "branch": "main"}}
OCI: dict[str, Any] = {
    "type": "flux",
    "source": {"type": "oci", "url": "oci://registry.example.com/platform", "tag": "latest"},
}
ARGOCD: dict[str, Any] = {"type": "argocd", "source": {"url": URL, "revision": "main"}}


def flux(chart: Construct, spec: FluxDelivery, name: str = "data") -> None:
    """Add what Flux is told of an environment without objects."""
    FluxServiceAccount(chart, f"account-{name}", LABELS, name)
    read = FluxSource(chart, f"source-{name}", LABELS, spec.source, name)
    FluxPhases(
        chart,
        f"phases-{name}",
        LABELS,
        spec,
        namespace=name,
        path="dist/test",
        source=read.reference,
        objects=[],
    )


def argocd(chart: Construct, spec: ArgoCdDelivery) -> None:
    """Add what Argo CD is told of an environment."""
    ArgoCdProject(
        chart,
        "project",
        LABELS,
        spec,
        namespace="data",
        of_cluster=OF_CLUSTER,
        of_namespace=OF_NAMESPACE,
    )
    ArgoCdApplication(chart, "application", LABELS, spec, namespace="data", path="dist/test")


def everything(chart: Construct) -> None:
    """Add every object that there is."""
    FluxAccount(
        chart,
        "rights",
        LABELS,
        account="data",
        account_namespace="flux-system",
        kinds=OF_NAMESPACE,
        roles=["a"],
    )
    flux(chart, FluxDelivery.model_validate(GIT))
    flux(chart, FluxDelivery.model_validate(OCI), "other")
    argocd(chart, ArgoCdDelivery.model_validate(ARGOCD))
