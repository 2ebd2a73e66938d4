"""What Dagster is told about the pods of runs, which it makes itself.

Dagster merges the launcher's part with the code location's: mappings are merged, lists appended,
single values replaced. So a list's entry stands in one part only.
"""

import json
from collections.abc import Iterable
from typing import Any

from floe_constructs.dagster.code_location import CodeLocation
from floe_constructs.dagster.environment import (
    ARTIFACTS,
    ARTIFACTS_FILE,
    CREDENTIALS,
    HOME,
    OF_DAGSTER,
    TMP,
    instance_variables,
    user_variables,
)
from floe_constructs.dagster.pipes import PIPES_VARIABLE, keywords
from floe_constructs.dagster.run_settings import (
    RESTRICTED,
    authority,
    mount,
    pod_spec,
    requirements,
    secret_files,
    variables,
    volume,
)
from floe_constructs.dagster.spec import DagsterSpec
from floe_constructs.kubernetes import PREFIX
from floe_constructs.kubernetes.environment import apart, clashing, distinct
from floe_constructs.kubernetes.postgres import CA_FOLDER
from floe_constructs.kubernetes.resources import Resources
from floe_constructs.kubernetes.secret import PullSecret
from floe_constructs.kubernetes.user import USER
from floe_constructs.kubernetes.workload import Workload

WORKLOAD_LABEL = f"{PREFIX}/workload"
LOCATION_LABEL = f"{PREFIX}/code-location"
RUN = "dagster-run"
"""Value of the workload's label in the pods of runs and of their steps."""

CONTAINER = "dagster"
"""What Dagster calls a run's main container."""

ARTIFACTS_CONFIG_MAP = "compiled-artifacts"

_SCRATCH = "10Gi"
_RESOURCES = Resources(cpu="250m", memory="1Gi")
"""For runs whose code location says nothing, because its server runs elsewhere."""


def launcher(spec: DagsterSpec) -> dict[str, Any]:
    """Configure the launcher with what all runs have in common.

    Dagster labels run pods alike in all installations; of those labels ours replaces the instance.
    """
    authorities = authority(spec.database.ca)
    return {
        "job_namespace": spec.namespace,
        # Demanded by the launcher and used by nobody: a run gets the instance as an argument.
        "instance_config_map": "dagster-instance",
        "dagster_home": HOME,
        # Runs of a location deployed here have one of their own.
        "service_account_name": RUN if spec.external else "default",
        "image_pull_policy": "IfNotPresent",
        **_pulled_with(spec.pull_secrets),
        # A run that failed is a Job that failed: to kubectl, and to who watches Jobs.
        "fail_pod_on_run_failure": True,
        "labels": {
            "app.kubernetes.io/instance": spec.instance,
            WORKLOAD_LABEL: RUN,
            **(spec.database.identity.pod_labels if spec.database.identity else {}),
        },
        "run_k8s_config": {
            "job_spec_config": {
                "ttl_seconds_after_finished": spec.run_launcher.ttl_seconds_after_finished
            },
            "pod_template_spec_metadata": {
                "annotations": {
                    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
                    "karpenter.sh/do-not-disrupt": "true",
                }
            },
            "pod_spec_config": {
                **({"priority_class_name": spec.run_priority} if spec.run_priority else {}),
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
                ]
                + authorities,
            },
            "container_config": {
                "env": variables(instance_variables(spec)),
                "resources": requirements(_RESOURCES),
                "security_context": RESTRICTED,
                "termination_message_policy": "FallbackToLogsOnError",
                "volume_mounts": [
                    {"name": "home", "mount_path": HOME},
                    {"name": "tmp", "mount_path": TMP},
                ]
                + [
                    {"name": volume["name"], "mount_path": CA_FOLDER, "read_only": True}
                    for volume in authorities
                ],
            },
        },
    }


def container_context(spec: DagsterSpec, location: CodeLocation) -> dict[str, Any]:
    """Answer what a code location adds to its runs; Dagster takes it from the location's server."""
    runs = location.runs
    whose = f"{CONTAINER} of {RUN}-{location.name}"
    volumes, mounts = _volumes(spec, runs, whose)
    user = user_variables(spec, location)
    pipes = [PIPES_VARIABLE] if "pods" in location.launches else []
    given = {**user, **instance_variables(spec), **dict.fromkeys([*pipes, *OF_DAGSTER])}
    clashing(whose, given, runs.env)
    apart([CONTAINER], [one.name for one in (*runs.sidecars, *runs.init_containers)])
    config: dict[str, Any] = {
        "pod_spec_config": pod_spec(runs) | _token(location) | _root(location),
    }
    if runs.annotations:
        config["pod_template_spec_metadata"] = {"annotations": runs.annotations}
    found = {
        "service_account_name": f"{RUN}-{location.name}",
        "labels": _labels(spec, location),
        "env": variables({**user, **runs.env}),
        "resources": requirements(runs.resources),
        **_pulled_with(secret for secret in runs.pull_secrets if secret not in spec.pull_secrets),
        "volumes": volumes,
        "volume_mounts": mounts,
        "run_k8s_config": config,
    }
    if pipes:
        pod = keywords(launcher(spec), found, location.run_image)
        text = json.dumps(pod, sort_keys=True, ensure_ascii=False)
        found["env"] = variables({**user, **runs.env, PIPES_VARIABLE: text})
    return {"k8s": found}


def _labels(spec: DagsterSpec, location: CodeLocation) -> dict[str, str]:
    """Answer the labels of a code location's runs that other runs do not have."""
    identity = spec.run_identity(location)
    own = {LOCATION_LABEL: location.name} | location.runs.labels
    return own | (identity.pod_labels if identity else {})


def _pulled_with(secrets: Iterable[PullSecret]) -> dict[str, Any]:
    names = [{"name": secret.name} for secret in secrets]
    return {"image_pull_secrets": names} if names else {}


def _token(location: CodeLocation) -> dict[str, Any]:
    return {"automount_service_account_token": location.asks_cluster}


def _root(location: CodeLocation) -> dict[str, Any]:
    if location.run_as_root is None:
        return {}
    root = {"run_as_non_root": False, "run_as_user": 0, "run_as_group": 0, "fs_group": 0}
    return {"security_context": root}


def _volumes(
    spec: DagsterSpec, settings: Workload, whose: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
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
        volumes.append(secret_files("credentials", spec.credential_files))
        mounts.append({"name": "credentials", "mount_path": CREDENTIALS, "read_only": True})
    named = {f"user-{given.name}": given for given in settings.volumes}
    volumes += [volume(name, given) for name, given in named.items()]
    mounts += [mount(name, given, given.path) for name, given in named.items() if given.path]
    authorities = [CA_FOLDER] if spec.database.ca else []
    distinct(whose, [HOME, TMP, *authorities, *(at["mount_path"] for at in mounts)])
    return volumes, mounts
