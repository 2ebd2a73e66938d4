"""What stands before a release until the cluster has what it needs."""

from cdk8s import Chart
from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.access import service_account
from floe_constructs.kubernetes.config_map import config_map
from floe_constructs.kubernetes.job import job
from floe_constructs.preflight import config
from floe_constructs.preflight.flows import labels
from floe_constructs.preflight.pods import failure_policy, pods
from floe_constructs.preflight.spec import PreflightSpec
from floe_constructs.preflight.targets import CLUSTER, ClusterNeeds, PreflightConfig

_CLASSES = {
    "storage_classes": ("storage.k8s.io", "storageclasses"),
    "ingress_classes": ("networking.k8s.io", "ingressclasses"),
    "gateway_classes": ("gateway.networking.k8s.io", "gatewayclasses"),
    "priority_classes": ("scheduling.k8s.io", "priorityclasses"),
}


class ClusterGate(Construct):
    """The Job that asks the API server for what has to be there before the platform.

    Its rights are to read exactly what it asks for. They are the cluster's, because such objects
    have no namespace; their names begin with the chart's.

    Objects: ServiceAccount/preflight-cluster, ClusterRole/NAMESPACE-preflight-cluster,
    ClusterRoleBinding/NAMESPACE-preflight-cluster, ConfigMap/preflight-cluster,
    Job/preflight-cluster-HASH.
    Needs: nothing.
    """

    def __init__(self, scope: Construct, id: str, spec: PreflightSpec, needs: ClusterNeeds) -> None:
        super().__init__(scope, id)
        who = labels(spec, CLUSTER)
        account = service_account(self, who)
        namespace = Chart.of(self).namespace or "default"
        name = f"{namespace}-{who.object_name}"
        metadata = k8s.ObjectMeta(name=name, labels=who.all)
        k8s.KubeClusterRole(self, "role", metadata=metadata, rules=rules(needs))
        k8s.KubeClusterRoleBinding(
            self,
            "role-binding",
            metadata=metadata,
            role_ref=k8s.RoleRef(
                api_group="rbac.authorization.k8s.io", kind="ClusterRole", name=name
            ),
            subjects=[k8s.Subject(kind="ServiceAccount", name=account, namespace=namespace)],
        )
        asked = PreflightConfig(environment=spec.instance, cluster=needs)
        told = config.files(who, asked)
        config_map(self, who, told)
        template = pods(
            spec,
            who,
            told,
            config.command(spec, asked, gate=True),
            env={"HOME": config.TMP},
            service_account=account,
            token=True,
        )
        job(
            self,
            who,
            template,
            phase=who.phase,
            deadline_seconds=config.job_seconds(spec),
            retries=spec.retries,
            failure=failure_policy(),
        )


def rules(needs: ClusterNeeds) -> list[k8s.PolicyRule]:
    """Answer the rights to ask for what is needed, and for nothing else."""
    groups = {version.rpartition("/")[0] for version in needs.kinds}
    paths = sorted(f"/apis/{each}" for each in {*groups, *needs.kinds})
    found = [k8s.PolicyRule(non_resource_ur_ls=[*paths, "/version"], verbs=["get"])]
    for field, (group, resource) in _CLASSES.items():
        if names := getattr(needs, field):
            found.append(
                k8s.PolicyRule(
                    api_groups=[group],
                    resources=[resource],
                    resource_names=sorted(names),
                    verbs=["get"],
                )
            )
    if needs.default_storage_class:
        group, resource = _CLASSES["storage_classes"]
        found.append(k8s.PolicyRule(api_groups=[group], resources=[resource], verbs=["list"]))
    return found
