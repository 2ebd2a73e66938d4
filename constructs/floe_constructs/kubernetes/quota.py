"""Bounds of a namespace: its ResourceQuota and LimitRange."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.capacity import Quota
from floe_constructs.kubernetes.container import requirements
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.metadata import metadata
from floe_constructs.kubernetes.resources import CpuAndMemory


class NamespaceQuota(Construct):
    """What all pods of the namespace may take together.

    Objects: ResourceQuota/quota.
    """

    def __init__(self, scope: Construct, id: str, labels: Labels, spec: Quota) -> None:
        super().__init__(scope, id)
        k8s.KubeResourceQuota(
            self,
            "quota",
            metadata=metadata(labels, "quota"),
            spec=k8s.ResourceQuotaSpec(
                hard={name: k8s.Quantity.from_string(most) for name, most in spec.hard.items()}
            ),
        )


class ContainerDefaults(Construct):
    """What containers get that say nothing themselves.

    Objects: LimitRange/container-defaults.
    """

    def __init__(self, scope: Construct, id: str, labels: Labels, spec: CpuAndMemory) -> None:
        super().__init__(scope, id)
        given = requirements(spec)
        k8s.KubeLimitRange(
            self,
            "container-defaults",
            metadata=metadata(labels, "container-defaults"),
            spec=k8s.LimitRangeSpec(
                limits=[
                    k8s.LimitRangeItem(
                        type="Container", default_request=given.requests, default=given.limits
                    )
                ]
            ),
        )
