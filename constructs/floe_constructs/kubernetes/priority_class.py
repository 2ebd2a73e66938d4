"""The PriorityClasses of an environment."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.capacity import Priorities, platform_class, runs_class
from floe_constructs.kubernetes.labels import Labels


class PriorityClasses(Construct):
    """One class for the platform and one for runs, so that no crowd of runs keeps it from starting.

    Objects: PriorityClass/NAMESPACE-platform, PriorityClass/NAMESPACE-runs.
    """

    def __init__(
        self, scope: Construct, id: str, labels: Labels, namespace: str, spec: Priorities
    ) -> None:
        super().__init__(scope, id)
        k8s.KubePriorityClass(
            self,
            "platform",
            metadata=k8s.ObjectMeta(name=platform_class(namespace), labels=labels.all),
            value=spec.platform,
            description=f"Everything of the platform in {namespace} but runs",
        )
        k8s.KubePriorityClass(
            self,
            "runs",
            metadata=k8s.ObjectMeta(name=runs_class(namespace), labels=labels.all),
            value=spec.runs,
            preemption_policy="Never",
            description=f"Runs of Dagster in {namespace}",
        )
