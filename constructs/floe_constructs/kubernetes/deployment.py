"""Deployments, with what belongs to them when they run more than once."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.metadata import metadata
from floe_constructs.kubernetes.workload import Autoscale


def deployment(  # noqa: PLR0913  a Deployment has that many independent parts
    scope: Construct,
    labels: Labels,
    template: k8s.PodTemplateSpec,
    *,
    replicas: int = 1,
    autoscale: Autoscale | None = None,
    recreate: bool = False,
    progress_seconds: int | None = None,
) -> None:
    """A Deployment, its autoscaler where asked, and its disruption budget from two replicas on.

    `recreate` is for pods of which two must never run at once; `progress_seconds` is the time
    within which each pod has to be ready, else the rollout is stuck (Kubernetes takes 600).
    """
    k8s.KubeDeployment(
        scope,
        "deployment",
        metadata=metadata(labels),
        spec=k8s.DeploymentSpec(
            # Each apply would set the number back to what stands here, under load too.
            replicas=None if autoscale else replicas,
            progress_deadline_seconds=progress_seconds,
            selector=k8s.LabelSelector(match_labels=labels.selector),
            strategy=k8s.DeploymentStrategy(type="Recreate") if recreate else _rolling(),
            template=template,
        ),
    )
    if autoscale:
        _autoscaler(scope, labels, template, replicas, autoscale)
    disruption_budget(scope, labels, autoscale.max_replicas if autoscale else replicas)


def _autoscaler(
    scope: Construct,
    labels: Labels,
    template: k8s.PodTemplateSpec,
    least: int,
    autoscale: Autoscale,
) -> None:
    """Look at the main container: of a pod with one that requests nothing there is no average."""
    main = template.spec.containers[0].name if template.spec else ""
    k8s.KubeHorizontalPodAutoscalerV2(
        scope,
        "autoscaler",
        metadata=metadata(labels),
        spec=k8s.HorizontalPodAutoscalerSpecV2(
            scale_target_ref=k8s.CrossVersionObjectReferenceV2(
                api_version="apps/v1", kind="Deployment", name=labels.object_name
            ),
            min_replicas=least,
            max_replicas=autoscale.max_replicas,
            metrics=[
                k8s.MetricSpecV2(
                    type="ContainerResource",
                    container_resource=k8s.ContainerResourceMetricSourceV2(
                        name="cpu",
                        container=main,
                        target=k8s.MetricTargetV2(
                            type="Utilization", average_utilization=autoscale.cpu_percent
                        ),
                    ),
                )
            ],
        ),
    )


def _rolling() -> k8s.DeploymentStrategy:
    return k8s.DeploymentStrategy(
        type="RollingUpdate",
        rolling_update=k8s.RollingUpdateDeployment(
            max_surge=k8s.IntOrString.from_number(1),
            max_unavailable=k8s.IntOrString.from_number(0),
        ),
    )


def disruption_budget(scope: Construct, labels: Labels, replicas: int) -> None:
    """Let a drain take one pod at a time; with a single pod a budget would only block the drain."""
    if replicas > 1:
        k8s.KubePodDisruptionBudget(
            scope,
            "disruption-budget",
            metadata=metadata(labels),
            spec=k8s.PodDisruptionBudgetSpec(
                max_unavailable=k8s.IntOrString.from_number(1),
                selector=k8s.LabelSelector(match_labels=labels.selector),
                unhealthy_pod_eviction_policy="AlwaysAllow",
            ),
        )
