"""What Dagster lets tags and code servers change of the pods of runs."""

from collections.abc import Iterator
from typing import Any

from floe_constructs.dagster.run_pod import container_context
from floe_constructs.dagster.spec import DagsterSpec

_SHORT = {
    "env": ("container_config.env",),
    "image_pull_secrets": ("pod_spec_config.image_pull_secrets",),
    "labels": ("job_metadata.labels", "pod_template_spec_metadata.labels"),
    "resources": ("container_config.resources",),
    "service_account_name": ("pod_spec_config.service_account_name",),
    "volume_mounts": ("container_config.volume_mounts",),
    "volumes": ("pod_spec_config.volumes",),
}
"""What the short forms of a container context stand for."""

_OURS = frozenset(field for fields in _SHORT.values() for field in fields) | {
    "pod_spec_config.automount_service_account_token",
    "pod_spec_config.security_context",
}
"""What a code location may come to say: as long as it is on the list from the start, another
location changes nothing here, and the daemon stays."""


def guard_rails(spec: DagsterSpec) -> dict[str, Any]:
    """Answer the launcher's lists of what is allowed.

    Dagster holds the code locations that are deployed here to the same lists as everybody's tags,
    so what these say of their runs is on them.
    """
    said = spec.run_launcher
    ours = [container_context(spec, location)["k8s"] for location in spec.deployed]
    found: dict[str, Any] = {}
    if said.only_allow_user_defined_k8s_config_fields is not None:
        used = {field for context in ours for field in _used(context)}
        found["only_allow_user_defined_k8s_config_fields"] = _by_part(
            {*said.only_allow_user_defined_k8s_config_fields, *used, *_OURS}
        )
    if said.only_allow_user_defined_env_vars is not None:
        names = {variable["name"] for context in ours for variable in context["env"]}
        found["only_allow_user_defined_env_vars"] = sorted(
            {*said.only_allow_user_defined_env_vars, *names}
        )
    return found


def _used(context: dict[str, Any]) -> Iterator[str]:
    for key, value in context.items():
        if key == "run_k8s_config":
            yield from (f"{part}.{field}" for part, fields in value.items() for field in fields)
        elif value:
            yield from _SHORT[key]


def _by_part(fields: set[str]) -> dict[str, dict[str, bool]]:
    found: dict[str, dict[str, bool]] = {}
    for field in sorted(fields):
        part, _, name = field.partition(".")
        found.setdefault(part, {})[name] = True
    return found
