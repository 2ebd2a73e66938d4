"""Who applies an environment in Flux' place: an account that may do so in one namespace only."""

from collections.abc import Collection, Iterable

from cdk8s import Chart
from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.gitops.kinds import Kind
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.metadata import metadata
from floe_constructs.kubernetes.namespace import KEEP
from floe_constructs.kubernetes.phase import Phase

_RBAC = "rbac.authorization.k8s.io"
_ALL = ("create", "delete", "get", "list", "patch", "update", "watch")
_SEEN = {"": ("events", "pods"), "apps": ("replicasets",)}
"""What Flux reads to tell how a rollout goes."""


class FluxAccount(Construct):
    """The rights of the account by which Flux applies what is in the namespace.

    They stay when the environment goes, as the namespace does: Flux deletes by them. Rights that
    the account does not have itself it may give on by the named Roles alone.

    Objects: Role/floe-delivery, RoleBinding/floe-delivery.
    Needs: the ServiceAccount, beside Flux' Kustomizations.
    """

    def __init__(  # noqa: PLR0913  cdk8s' two, and what an account is
        self,
        scope: Construct,
        id: str,
        labels: Labels,
        *,
        account: str,
        account_namespace: str,
        kinds: Collection[Kind],
        roles: Collection[str],
    ) -> None:
        super().__init__(scope, id)
        said = metadata(labels, phase=Phase.CLUSTER, annotations=KEEP)
        k8s.KubeRole(self, "role", metadata=said, rules=list(_rules(kinds, sorted(roles))))
        k8s.KubeRoleBinding(
            self,
            "role-binding",
            metadata=said,
            role_ref=k8s.RoleRef(api_group=_RBAC, kind="Role", name=labels.object_name),
            subjects=[
                k8s.Subject(kind="ServiceAccount", name=account, namespace=account_namespace)
            ],
        )


def _rules(kinds: Collection[Kind], roles: list[str]) -> Iterable[k8s.PolicyRule]:
    groups: dict[str, list[str]] = {}
    for kind in kinds:
        groups.setdefault(kind.group, []).append(kind.resource)
    for group, resources in sorted(groups.items()):
        yield k8s.PolicyRule(api_groups=[group], resources=sorted(resources), verbs=[*_ALL])
    for group, seen in _SEEN.items():
        yield k8s.PolicyRule(api_groups=[group], resources=[*seen], verbs=["get", "list", "watch"])
    if roles:  # a binding may come before its Role: in a dry run it always does
        yield k8s.PolicyRule(
            api_groups=[_RBAC],
            resources=["roles"],
            resource_names=roles,
            verbs=["bind", "escalate"],
        )


class FluxServiceAccount(Construct):
    """The account itself, beside Flux' Kustomizations.

    Objects: ServiceAccount/NAMESPACE.
    Needs: Flux.
    """

    def __init__(self, scope: Construct, id: str, labels: Labels, name: str) -> None:
        super().__init__(scope, id)
        k8s.KubeServiceAccount(
            self,
            "account",
            # Flux cleans up by it: it goes last, by hand.
            metadata=k8s.ObjectMeta(
                name=name, namespace=Chart.of(self).namespace, labels=labels.all, annotations=KEEP
            ),
            automount_service_account_token=False,
        )
