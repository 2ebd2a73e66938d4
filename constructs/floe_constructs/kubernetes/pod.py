"""Pods as Pod Security *restricted* wants them, so that no construct spells it out again."""

from collections.abc import Sequence

from cdk8s_plus_34 import k8s

from floe_constructs.kubernetes import PREFIX
from floe_constructs.kubernetes.cloud_identity import Identity
from floe_constructs.kubernetes.container import added_containers
from floe_constructs.kubernetes.environment import apart
from floe_constructs.kubernetes.files import Files, digest
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.scheduling import NodeAffinity, NodeTerm, Spreading
from floe_constructs.kubernetes.user import USER
from floe_constructs.kubernetes.volume import Mount, added_mounts, user_mounts
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
    group: int | None = None,
    token: bool = False,
    identity: Identity | None = None,
    restart_policy: str | None = None,
    grace_seconds: int | None = None,
    deadline_seconds: int | None = None,
) -> k8s.PodTemplateSpec:
    """A pod of one workload.

    `mounts` are those of all containers; `files` are hashed into an annotation, so that the pods
    are replaced when a text changes that they read only once. `group` is the user's, of the same
    number when silent. `grace_seconds` is the time between SIGTERM and SIGKILL (Kubernetes gives 30
    when silent), `deadline_seconds` that after which a pod is ended, counted from its place on a
    node.
    """
    added = added_containers(settings)
    apart([one.name for one in containers], [one.name for one in added])
    theirs = user_mounts(settings)
    for one in (*settings.sidecars, *settings.init_containers):
        theirs += added_mounts(settings, one.mounts)
    volumes = {mount.volume.name: mount.volume for mount in (*mounts, *theirs)}
    annotations = dict(settings.annotations)
    if files:
        annotations[f"{PREFIX}/files"] = digest({file.name: file.digest for file in files})
    if isinstance(settings, LongRunning) and settings.restart:
        annotations[f"{PREFIX}/restart"] = settings.restart
    told = labels.all | settings.labels | (identity.pod_labels if identity else {})
    return k8s.PodTemplateSpec(
        metadata=k8s.ObjectMeta(labels=told, annotations=annotations or None),
        spec=k8s.PodSpec(
            service_account_name=service_account,
            automount_service_account_token=token,
            enable_service_links=False,
            security_context=k8s.PodSecurityContext(
                run_as_non_root=user > 0,
                run_as_user=user,
                run_as_group=group or user,
                fs_group=group or user,
                fs_group_change_policy="OnRootMismatch",
                seccomp_profile=k8s.SeccompProfile(type="RuntimeDefault"),
            ),
            image_pull_secrets=[
                k8s.LocalObjectReference(name=secret.name) for secret in settings.pull_secrets
            ]
            or None,
            init_containers=added or None,
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
            affinity=_affinity(settings.affinity) if settings.affinity else None,
            priority_class_name=settings.priority_class,
            scheduler_name=settings.scheduler,
            topology_spread_constraints=_spread(labels, settings),
            restart_policy=restart_policy,
            termination_grace_period_seconds=grace_seconds,
            active_deadline_seconds=deadline_seconds,
        ),
    )


def _spread(labels: Labels, settings: Workload) -> list[k8s.TopologySpreadConstraint] | None:
    if not isinstance(settings, Spreading) or settings.most == 1:
        return None
    return [
        k8s.TopologySpreadConstraint(
            max_skew=1,
            topology_key=key,
            when_unsatisfiable="DoNotSchedule" if say == "require" else "ScheduleAnyway",
            label_selector=k8s.LabelSelector(match_labels=labels.selector),
        )
        for key, say in settings.spread.items()
    ] or None


def _affinity(given: NodeAffinity) -> k8s.Affinity:
    """All that is required together; each preference counts the same."""
    required = k8s.NodeSelector(node_selector_terms=[_term(given.required)])
    preferred = [
        k8s.PreferredSchedulingTerm(weight=1, preference=_term([term])) for term in given.preferred
    ]
    return k8s.Affinity(
        node_affinity=k8s.NodeAffinity(
            required_during_scheduling_ignored_during_execution=required
            if given.required
            else None,
            preferred_during_scheduling_ignored_during_execution=preferred or None,
        )
    )


def _term(terms: Sequence[NodeTerm]) -> k8s.NodeSelectorTerm:
    return k8s.NodeSelectorTerm(
        match_expressions=[
            k8s.NodeSelectorRequirement(
                key=term.key, operator=term.operator, values=list(term.values) or None
            )
            for term in terms
        ]
    )
