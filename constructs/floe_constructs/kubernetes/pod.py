"""Pods as Pod Security *restricted* wants them, so that no construct spells it out again."""

from collections.abc import Sequence

from cdk8s_plus_34 import k8s

from floe_constructs.kubernetes import PREFIX
from floe_constructs.kubernetes.files import Files, digest
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.user import USER
from floe_constructs.kubernetes.volume import Mount
from floe_constructs.kubernetes.workload import LongRunning, Workload


def pod_template(  # noqa: PLR0913  a pod has that many independent parts
    labels: Labels,
    settings: Workload,
    containers: Sequence[k8s.Container],
    *,
    service_account: str,
    mounts: Sequence[Mount] = (),
    files: Sequence[Files] = (),
    user: int = USER,
    token: bool = False,
    spread: bool = False,
    restart_policy: str | None = None,
    grace_seconds: int | None = None,
) -> k8s.PodTemplateSpec:
    """A pod of one workload.

    `mounts` are those of all containers; `files` are hashed into an annotation, so that the pods
    are replaced when a text changes that they read only once. `grace_seconds` is the time between
    SIGTERM and SIGKILL (Kubernetes gives 30 when silent).
    """
    volumes = {mount.volume.name: mount.volume for mount in mounts}
    annotations = {}
    if files:
        annotations[f"{PREFIX}/files"] = digest({file.name: file.digest for file in files})
    if isinstance(settings, LongRunning) and settings.restart:
        annotations[f"{PREFIX}/restart"] = settings.restart
    return k8s.PodTemplateSpec(
        metadata=k8s.ObjectMeta(labels=labels.all, annotations=annotations or None),
        spec=k8s.PodSpec(
            service_account_name=service_account,
            automount_service_account_token=token,
            enable_service_links=False,
            security_context=k8s.PodSecurityContext(
                run_as_non_root=True,
                run_as_user=user,
                run_as_group=user,
                fs_group=user,
                fs_group_change_policy="OnRootMismatch",
                seccomp_profile=k8s.SeccompProfile(type="RuntimeDefault"),
            ),
            containers=list(containers),
            volumes=[volumes[name] for name in sorted(volumes)] or None,
            node_selector=settings.node_selector or None,
            tolerations=[
                k8s.Toleration(
                    key=taint.key, operator=taint.operator, value=taint.value, effect=taint.effect
                )
                for taint in settings.tolerations
            ]
            or None,
            topology_spread_constraints=_spread(labels) if spread else None,
            restart_policy=restart_policy,
            termination_grace_period_seconds=grace_seconds,
        ),
    )


def _spread(labels: Labels) -> list[k8s.TopologySpreadConstraint]:
    return [
        k8s.TopologySpreadConstraint(
            max_skew=1,
            topology_key=key,
            when_unsatisfiable="ScheduleAnyway",
            label_selector=k8s.LabelSelector(match_labels=labels.selector),
        )
        for key in ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
    ]
