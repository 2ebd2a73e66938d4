"""The pods that check."""

from collections.abc import Mapping, Sequence

from cdk8s_plus_34 import k8s

from floe_constructs.kubernetes import PREFIX
from floe_constructs.kubernetes.authority import Authority, ConfigMapKey
from floe_constructs.kubernetes.cloud_identity import Identity
from floe_constructs.kubernetes.container import container
from floe_constructs.kubernetes.environment import Variables
from floe_constructs.kubernetes.files import Files
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.pod import pod_template
from floe_constructs.kubernetes.user import SECRET_MODE
from floe_constructs.kubernetes.volume import Mount, projection, scratch
from floe_constructs.preflight.config import DEFINITIVE, TMP, pod_seconds
from floe_constructs.preflight.spec import PreflightSpec

_CONTAINER = "preflight"


def pods(  # noqa: PLR0913  a pod has that many independent parts
    spec: PreflightSpec,
    labels: Labels,
    told: Files,
    command: Sequence[str],
    *,
    env: Variables,
    kept: Mapping[str, Authority] | None = None,
    service_account: str,
    identity: Identity | None = None,
    token: bool = False,
) -> k8s.PodTemplateSpec:
    """Pods that check once and end; they start whether or not their Secrets are there.

    `kept` is what they find in files, by path. Their annotations say what another one of them is
    for: a Job is named by what its pods are.
    """
    settings = spec.model_copy(update={"annotations": {**spec.annotations, **_reasons(spec)}})
    mounts = [_folder(told, kept or {}), scratch("tmp", TMP)]
    return pod_template(
        labels,
        settings,
        [
            container(
                _CONTAINER,
                image=spec.image,
                command=command,
                env=env,
                settings=settings,
                mounts=mounts,
            )
        ],
        service_account=service_account,
        mounts=mounts,
        files=[told],
        token=token,
        identity=identity,
        restart_policy="Never",
        deadline_seconds=pod_seconds(spec),
    )


def failure_policy() -> k8s.PodFailurePolicy:
    """What is definitive ends the Job at once; a pod that a node had to give up does not count."""
    final = k8s.PodFailurePolicyOnExitCodesRequirement(
        container_name=_CONTAINER, operator="In", values=[DEFINITIVE]
    )
    disrupted = k8s.PodFailurePolicyOnPodConditionsPattern(type="DisruptionTarget", status="True")
    return k8s.PodFailurePolicy(
        rules=[
            k8s.PodFailurePolicyRule(action="FailJob", on_exit_codes=final),
            k8s.PodFailurePolicyRule(action="Ignore", on_pod_conditions=[disrupted]),
        ]
    )


def _reasons(spec: PreflightSpec) -> dict[str, str]:
    found = {f"{PREFIX}/attempt": str(spec.attempt)} if spec.attempt else {}
    return found | ({f"{PREFIX}/release": spec.release} if spec.release else {})


def _folder(told: Files, kept: Mapping[str, Authority]) -> Mount:
    """One folder with all that is read; only the configuration is always there."""
    ours = [projection(ConfigMapKey(config_map=told.name, key=name), name) for name in told.data]
    theirs = [
        projection(kept[path], path.rpartition("/")[2], optional=True) for path in sorted(kept)
    ]
    volume = k8s.ProjectedVolumeSource(default_mode=SECRET_MODE, sources=[*ours, *theirs])
    return Mount(
        volume=k8s.Volume(name="preflight", projected=volume), path=told.path, read_only=True
    )
