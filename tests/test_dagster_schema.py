"""Every key of Dagster's own configuration is said by a setting, or left out for a reason."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
import yaml
from dagster._config import ConfigTypeKind, resolve_to_config_type
from dagster._core.instance.config import dagster_instance_config_schema
from dagster._core.run_coordinator import QueuedRunCoordinator
from dagster._serdes import ConfigurableClassData
from dagster._utils.concurrency import get_max_concurrency_limit_value
from pydantic import ValidationError

from dagster_example import AZURE, GCS, LOGS, spec
from floe_constructs.dagster.config import instance_files
from floe_constructs.dagster.run_launcher import FIELDS
from floe_constructs.dagster.run_queue import Pools

CLIENT: Any = import_module("kubernetes.client")

FULL: dict[str, Any] = {
    "concurrency": {
        "runs": {
            "max_concurrent_runs": 7,
            "tag_concurrency_limits": [
                {"key": "team", "limit": 5},
                {"key": "team", "value": "finance", "limit": 0},
                {"key": "team", "value": {"applyLimitPerUniqueValue": True}, "limit": 2},
            ],
        },
        "pools": {"default_limit": 3, "granularity": "op", "op_granularity_run_buffer": 1},
    },
    "run_queue": {"dequeue_interval_seconds": 2},
    "run_launcher": {
        "only_allow_user_defined_k8s_config_fields": ["job_spec_config.pod_failure_policy"],
        "only_allow_user_defined_env_vars": ["LOG_LEVEL"],
    },
    "retention": {"schedule": {"purge_after_days": {"success": 30, "failure": -1}}},
    "schedules": {"num_submit_workers": 2},
    "sensors": {"num_submit_workers": 2},
    "backfills": {"num_submit_workers": 2},
    "auto_materialize": {"run_tags": {"team": "automation"}},
    "python_logs": {"managed_python_loggers": ["root"], "python_log_level": "INFO"},
}
SPECS = [
    spec(**FULL),
    spec(**FULL, compute_logs=LOGS | {"endpoint": "http://s3.example.com:8333"}),
    *(spec(compute_logs=logs) for logs in (GCS, *AZURE)),
]
INSTANCES = [yaml.safe_load(instance_files(it).data["dagster.yaml"]) for it in SPECS]

LEFT_OUT = {
    "compute_logs.config.json_credentials_envvar": "it does not do without a file, which does",
    "auto_materialize.enabled": "of the automation before sensors, which nobody has by default",
    "auto_materialize.minimum_interval_seconds": "as enabled",
    "auto_materialize.respect_materialization_data_versions": "as enabled",
    "auto_materialize.use_sensors": "as enabled",
    "code_servers": "about servers that the webserver starts itself; ours are Deployments",
    "compute_logs.config.local_dir": "the pod's temporary folder does",
    "compute_logs.config.show_url_only": "the interface would link to a bucket that is closed",
    "compute_logs.config.upload_extra_args": "encryption and the like are the bucket's defaults",
    "compute_logs.config.use_ssl": "the endpoint's scheme says it",
    "compute_logs.config.verify": "a server that anyone may be is none to trust",
    "compute_logs.config.verify_cert_path": "AWS_CA_BUNDLE says it to every client in a pod",
    "concurrency.default_op_concurrency_limit": "the old name of pools.default_limit",
    "defs_state_storage": "what definitions are made of comes with the image",
    "event_log_storage": "storage says it",
    "instance_class": "another program",
    "local_artifact_storage": "the instance's folder, which is every pod's own",
    "python_logs.dagster_handler_config": "pods log to where the cluster collects it from",
    "retention.auto_materialize.purge_after_days.started": "a tick is under way for moments",
    "retention.schedule.purge_after_days.started": "as above",
    "retention.sensor.purge_after_days.started": "as above",
    "run_coordinator": "run_queue says it",
    "run_launcher.config.env_config_maps": "variables stand in run_k8s_config, one by one",
    "run_launcher.config.env_secrets": "as env_config_maps: no pod gets what it does not need",
    "run_launcher.config.env_vars": "as env_config_maps",
    "run_launcher.config.job_image": "the code location's",
    "run_launcher.config.k8s_api_ssl_ca_cert_file": "the token's folder has it",
    "run_launcher.config.kubeconfig_file": "the launcher is in the cluster",
    "run_launcher.config.load_incluster_config": "true without it",
    "run_launcher.config.only_allow_user_defined_k8s_config_fields.namespace": (
        "there are no rights in another one"
    ),
    "run_launcher.config.postgres_password_secret": "its key would be a fixed one",
    "run_launcher.config.resources": "stand in run_k8s_config",
    "run_launcher.config.run_k8s_config.job_config": "its parts are said by themselves",
    "run_launcher.config.run_k8s_config.job_metadata": "labels says it",
    "run_launcher.config.scheduler_name": "the cluster's own",
    "run_launcher.config.security_context": "stands in run_k8s_config",
    "run_launcher.config.volume_mounts": "stand in run_k8s_config",
    "run_launcher.config.volumes": "stand in run_k8s_config",
    "run_monitoring.cancellation_thread_poll_interval_seconds": "10 without it does",
    "run_queue.block_op_concurrency_limited_runs": (
        "on without it: runs wait in the queue, not in pods that do nothing"
    ),
    "run_queue.max_concurrent_runs": "concurrency.runs says it",
    "run_queue.tag_concurrency_limits": "concurrency.runs says it",
    "run_storage": "storage says it",
    "schedule_storage": "storage says it",
    "secrets": "variables come with the pods",
    "storage.custom": "another database",
    "storage.mysql": "another database",
    "storage.sqlite": "another database",
    "storage.postgres.auth_provider": "no identity logs in yet",
    "storage.postgres.postgres_url": "postgres_db says it, in parts that may be Secrets",
    "storage.postgres.should_autocreate_tables": "the migration would refuse an empty database",
}
"""Keys that no setting says, with all below them, and why."""


def keys(config: Any, at: str) -> Iterator[str]:
    """Answer the paths of all that a configuration may hold."""
    config = resolve_to_config_type(config)
    if config.kind in {ConfigTypeKind.NONEABLE, ConfigTypeKind.ARRAY}:
        yield from keys(config.inner_type, at)
    elif config.kind == ConfigTypeKind.SCALAR_UNION:
        if set(config.non_scalar_type.fields) == {"env"}:
            yield at
        else:
            yield from keys(config.non_scalar_type, at)
    elif fields := getattr(config, "fields", None):
        for name, field in fields.items():
            yield from keys(field.config_type, f"{at}.{name}" if at else name)
    else:
        yield at


def said(value: Any, at: str) -> Iterator[str]:
    """Answer the paths of all that a configuration holds, and of what it is in."""
    yield at
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from said(inner, f"{at}.{name}" if at else name)
    if isinstance(value, list):
        for inner in value:
            yield from said(inner, at)


def configured(data: dict[str, Any]) -> Any:
    """Answer the configuration that a class named in `dagster.yaml` takes."""
    named = ConfigurableClassData(data["module"], data["class"], "{}")
    return getattr(import_module(named.module_name), named.class_name).config_type()


def every_key() -> set[str]:
    schema = dagster_instance_config_schema()
    found = {key for name, field in schema.items() for key in keys(field.config_type, name)}
    for instance in INSTANCES:
        for name, inner in instance.items():
            if "class" in inner:
                config = configured(inner)
                found |= set(keys(config, f"{name}.config")) if config else set()
    return found


def is_below(key: str, other: str) -> bool:
    return f"{key}.".startswith(f"{other}.")


@pytest.mark.requirement("FR-005")
def test_every_key_is_said_or_left_out_for_a_reason() -> None:
    there = {key for instance in INSTANCES for key in said(instance, "")}
    missing = every_key() - there
    assert {key for key in missing if not any(is_below(key, out) for out in LEFT_OUT)} == set()
    needless = {out for out in LEFT_OUT if not any(is_below(key, out) for key in missing)}
    assert needless == set()


def test_the_queue_takes_what_its_coordinator_takes() -> None:
    queue = dagster_instance_config_schema()["run_queue"].config_type
    assert set(keys(queue, "")) == set(keys(QueuedRunCoordinator.config_type(), ""))


def test_fields_of_pods_are_called_as_by_kubernetes_client() -> None:
    models = {
        "container_config": CLIENT.V1Container,
        "job_metadata": CLIENT.V1ObjectMeta,
        "job_spec_config": CLIENT.V1JobSpec,
        "pod_spec_config": CLIENT.V1PodSpec,
        "pod_template_spec_metadata": CLIENT.V1ObjectMeta,
    }
    for field in FIELDS:
        part, _, name = field.partition(".")
        assert name in models[part].attribute_map, field


def test_a_pool_has_as_many_slots_as_dagster_can_count() -> None:
    Pools(default_limit=get_max_concurrency_limit_value())
    with pytest.raises(ValidationError, match="default_limit"):
        Pools(default_limit=get_max_concurrency_limit_value() + 1)
