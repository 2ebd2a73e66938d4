"""Service accounts, and what they may ask of the API server."""

from collections.abc import Sequence

from cdk8s import Chart
from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.cloud_identity import Identity
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.metadata import metadata
from floe_constructs.kubernetes.phase import Phase


def service_account(
    scope: Construct,
    labels: Labels,
    *,
    name: str | None = None,
    identity: Identity | None = None,
) -> str:
    """A ServiceAccount without a token of its own; answers its name.

    `identity` is who its pods are to a cloud; give it to `pod_template` as well.
    """
    name = name or labels.object_name
    annotations = identity.annotations if identity else None
    k8s.KubeServiceAccount(
        scope,
        f"service-account-{name}",
        # Its kind says when: with all accounts, also where the workload is a Job of a later phase.
        metadata=metadata(labels, name, phase=Phase.PLATFORM, annotations=annotations),
        automount_service_account_token=False,
    )
    return name


def role(scope: Construct, labels: Labels, rules: Sequence[k8s.PolicyRule]) -> None:
    """A Role and its binding to the ServiceAccount of the workload, of the same name."""
    k8s.KubeRole(scope, "role", metadata=metadata(labels), rules=list(rules))
    k8s.KubeRoleBinding(
        scope,
        "role-binding",
        metadata=metadata(labels),
        role_ref=k8s.RoleRef(
            api_group="rbac.authorization.k8s.io", kind="Role", name=labels.object_name
        ),
        subjects=[
            k8s.Subject(
                kind="ServiceAccount",
                name=labels.object_name,
                namespace=Chart.of(scope).namespace,
            )
        ],
    )
