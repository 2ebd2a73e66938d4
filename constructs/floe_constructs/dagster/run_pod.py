"""What Dagster is told about the pods of runs, which it makes itself.

Dagster merges the launcher's part with the code location's: mappings are merged, lists appended,
single values replaced. So a list's entry stands in one part only.
"""

from typing import Any

from floe_constructs.dagster.code_location import CodeLocation
from floe_constructs.dagster.environment import (
    ARTIFACTS,
    ARTIFACTS_FILE,
    CREDENTIALS,
    HOME,
    TMP,
    SecretsAndTexts,
    database_variables,
    user_variables,
)
from floe_constructs.dagster.spec import DagsterSpec
from floe_constructs.kubernetes import PREFIX
from floe_constructs.kubernetes.environment import literal
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.user import SECRET_MODE, USER
from floe_constructs.kubernetes.workload import Resources, Workload

WORKLOAD_LABEL = f"{PREFIX}/workload"
LOCATION_LABEL = f"{PREFIX}/code-location"
RUN = "dagster-run"
"""Value of the workload's label in the pods of runs and of their steps."""

ARTIFACTS_CONFIG_MAP = "compiled-artifacts"

_KEEP_SECONDS = 3600
"""How long a finished run's Job is kept: its events and logs are in the database by then."""

_SCRATCH = "10Gi"
_RESOURCES = Resources(cpu="250m", memory="1Gi")
"""For runs whose code location says nothing, because its server runs elsewhere."""


def launcher(spec: DagsterSpec) -> dict[str, Any]:
    """Configure the launcher with what all runs have in common.

    Dagster labels run pods alike in all installations; of those labels ours replaces the instance.
    """
    return {
        "job_namespace": spec.namespace,
        # Demanded by the launcher and used by nobody: a run gets the instance as an argument.
        "instance_config_map": "dagster-instance",
        "dagster_home": HOME,
        "service_account_name": "default",
        "image_pull_policy": "IfNotPresent",
        "labels": {"app.kubernetes.io/instance": spec.instance, WORKLOAD_LABEL: RUN},
        "run_k8s_config": {
            "job_spec_config": {"ttl_seconds_after_finished": _KEEP_SECONDS},
            "pod_template_spec_metadata": {
                "annotations": {
                    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
                    "karpenter.sh/do-not-disrupt": "true",
                }
            },
            "pod_spec_config": {
                "automount_service_account_token": False,
                "enable_service_links": False,
                "security_context": {
                    "run_as_non_root": True,
                    "run_as_user": USER,
                    "run_as_group": USER,
                    "fs_group": USER,
                    "fs_group_change_policy": "OnRootMismatch",
                    "seccomp_profile": {"type": "RuntimeDefault"},
                },
                "volumes": [
                    {"name": name, "empty_dir": {"size_limit": _SCRATCH}}
                    for name in ("home", "tmp")
                ],
            },
            "container_config": {
                "env": _env(database_variables(spec)),
                "resources": _requirements(_RESOURCES),
                "security_context": {
                    "allow_privilege_escalation": False,
                    "read_only_root_filesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "termination_message_policy": "FallbackToLogsOnError",
                "volume_mounts": [
                    {"name": "home", "mount_path": HOME},
                    {"name": "tmp", "mount_path": TMP},
                ],
            },
        },
    }


def container_context(spec: DagsterSpec, location: CodeLocation) -> dict[str, Any]:
    """Answer what a code location adds to its runs; Dagster takes it from the location's server."""
    volumes, mounts = _volumes(spec)
    return {
        "k8s": {
            "service_account_name": f"{RUN}-{location.name}",
            "labels": {LOCATION_LABEL: location.name},
            "env": _env(user_variables(spec, location)),
            "resources": _requirements(location.runs.resources),
            "volumes": volumes,
            "volume_mounts": mounts,
            "run_k8s_config": {"pod_spec_config": _pod_spec(location.runs) | _token(location)},
        }
    }


def _token(location: CodeLocation) -> dict[str, Any]:
    return {"automount_service_account_token": location.executor == "k8s_job"}


def _pod_spec(settings: Workload) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if settings.node_selector:
        found["node_selector"] = settings.node_selector
    if settings.tolerations:
        found["tolerations"] = [
            taint.model_dump(exclude_none=True) for taint in settings.tolerations
        ]
    return found


def _volumes(spec: DagsterSpec) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    volumes: list[dict[str, Any]] = []
    mounts: list[dict[str, Any]] = []
    if spec.artifacts is not None:
        volumes.append({"name": "artifacts", "config_map": {"name": ARTIFACTS_CONFIG_MAP}})
        mounts.append(
            {
                "name": "artifacts",
                "mount_path": f"{ARTIFACTS}/{ARTIFACTS_FILE}",
                "sub_path": ARTIFACTS_FILE,
                "read_only": True,
            }
        )
    if spec.credential_files:
        sources = [
            {"secret": {"name": secret.name, "items": [{"key": secret.key, "path": file}]}}
            for file, secret in sorted(spec.credential_files.items())
        ]
        projected = {"default_mode": SECRET_MODE, "sources": sources}
        volumes.append({"name": "credentials", "projected": projected})
        mounts.append({"name": "credentials", "mount_path": CREDENTIALS, "read_only": True})
    return volumes, mounts


def _env(values: SecretsAndTexts) -> list[dict[str, Any]]:
    return [{"name": name} | _value(value) for name, value in sorted(values.items())]


def _value(value: str | SecretKey) -> dict[str, Any]:
    if isinstance(value, SecretKey):
        return {"value_from": {"secret_key_ref": {"name": value.name, "key": value.key}}}
    return {"value": literal(value)}


def _requirements(resources: Resources) -> dict[str, Any]:
    limits = {"memory": resources.memory_limit or resources.memory}
    if resources.cpu_limit:
        limits["cpu"] = resources.cpu_limit
    return {"requests": {"cpu": resources.cpu, "memory": resources.memory}, "limits": limits}
