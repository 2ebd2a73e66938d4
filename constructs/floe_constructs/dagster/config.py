"""The files that Dagster is configured by."""

import json
from pathlib import Path
from typing import Any

from floe_constructs.dagster.code_location import CodeLocation, ExternalLocation
from floe_constructs.dagster.environment import (
    ARTIFACTS,
    ARTIFACTS_FILE,
    DATABASE_VARIABLE,
    HOME,
    HOST_VARIABLE,
    PASSWORD_VARIABLE,
    USER_VARIABLE,
)
from floe_constructs.dagster.guard_rails import guard_rails
from floe_constructs.dagster.run_pod import ARTIFACTS_CONFIG_MAP, container_context, launcher
from floe_constructs.dagster.spec import DagsterSpec
from floe_constructs.dagster.string_source import string_source
from floe_constructs.kubernetes.authority import CA_FILE
from floe_constructs.kubernetes.files import Files
from floe_constructs.kubernetes.postgres import CA_FOLDER
from floe_constructs.problem import SettingError
from floe_constructs.spec import Spec
from floe_constructs.yaml_text import dump

HTTP, GRPC = 3000, 4000
INSTANCE_FILE = "dagster.yaml"
MIGRATION_FILE = "migrate.py"
WORKSPACE = "/etc/dagster"
WORKSPACE_FILE = "workspace.yaml"
_NO_LOGS = {
    "module": "dagster.core.storage.noop_compute_log_manager",
    "class": "NoOpComputeLogManager",
}
_THREADS = {"use_threads": True}
CONTEXT_VARIABLE = "DAGSTER_CLI_API_GRPC_CONTAINER_CONTEXT"

_MOST_OF_A_VARIABLE = 131_071
"""Linux's MAX_ARG_STRLEN without the byte at its end: no process starts with a longer one."""

_MIGRATION = Path(__file__).with_name("files") / MIGRATION_FILE
"""Runs in Dagster's image, never here."""


def instance_files(spec: DagsterSpec) -> Files:
    """Answer `dagster.yaml` of webserver and daemon."""
    return Files(name="dagster-instance", path=HOME, data={INSTANCE_FILE: dump(_instance(spec))})


def read_only_files(spec: DagsterSpec) -> Files:
    """Answer `dagster.yaml` of webservers that launch nothing and need no token for it."""
    config = _instance(spec)
    for launching in ("run_launcher", "run_monitoring"):
        del config[launching]
    return Files(name="dagster-webserver-read-only", path=HOME, data={INSTANCE_FILE: dump(config)})


def migration_files(spec: DagsterSpec) -> Files:
    """Answer `dagster.yaml` of the migration, and its program.

    It knows the storage only: with a run launcher in it, `dagster instance migrate` ends before it
    has begun where there is no token for the API server.
    """
    config = {"storage": _storage(spec), "telemetry": {"enabled": False}}
    data = {INSTANCE_FILE: dump(config), MIGRATION_FILE: _MIGRATION.read_text("utf-8")}
    return Files(name="dagster-migrate", path=HOME, data=data)


def workspace_files(spec: DagsterSpec) -> Files:
    """Answer `workspace.yaml`, which webserver and daemon find the code locations by."""
    servers = [{"grpc_server": _server(location)} for location in spec.code_locations]
    text = dump({"load_from": servers})
    return Files(name="dagster-workspace", path=WORKSPACE, data={WORKSPACE_FILE: text})


def artifacts_files(spec: DagsterSpec) -> list[Files]:
    """Answer what user code is configured by, where there is any."""
    if spec.artifacts is None:
        return []
    data = {ARTIFACTS_FILE: spec.artifacts}
    return [Files(name=ARTIFACTS_CONFIG_MAP, path=ARTIFACTS, data=data)]


def context_text(spec: DagsterSpec, location: CodeLocation) -> str:
    """Answer a code location's part of its run pods, as canonical JSON.

    Raises:
        SettingError: it is longer than Linux lets a variable be.

    """
    context = container_context(spec, location)
    text = json.dumps(context, sort_keys=True, indent=2, ensure_ascii=False)
    size = len(f"{CONTEXT_VARIABLE}={text}".encode())
    if size > _MOST_OF_A_VARIABLE:
        raise SettingError(
            where=f"runs of code location {location.name}",
            found=f"{size} bytes, which its server gets in one variable",
            allowed=f"at most {_MOST_OF_A_VARIABLE}",
            fix="move long texts of runs.env into a ConfigMap, and mount it (runs.volumes)",
        )
    return text


def _server(location: CodeLocation | ExternalLocation) -> dict[str, Any]:
    found: dict[str, Any] = {"location_name": location.name}
    if isinstance(location, CodeLocation):
        return {"host": f"dagster-code-{location.name}", "port": GRPC} | found
    found |= {"ssl": True} if location.ssl else {}
    return {"host": location.host, "port": location.port} | found


def _instance(spec: DagsterSpec) -> dict[str, Any]:
    return {
        "storage": _storage(spec),
        "run_launcher": {
            "module": "dagster_k8s",
            "class": "K8sRunLauncher",
            "config": launcher(spec) | guard_rails(spec),
        },
        "run_queue": {"dequeue_use_threads": True} | _said(spec.run_queue),
        "concurrency": _said(spec.concurrency),
        "run_monitoring": {"enabled": True} | _said(spec.run_monitoring),
        "run_retries": {"enabled": True} | _said(spec.run_retries),
        "scheduler": {
            "module": "dagster.core.scheduler",
            "class": "DagsterDaemonScheduler",
            "config": _said(spec.scheduler),
        },
        "schedules": _THREADS | _said(spec.schedules),
        "sensors": _THREADS | _said(spec.sensors),
        "backfills": _THREADS | _said(spec.backfills),
        "auto_materialize": _THREADS | _said(spec.auto_materialize),
        "freshness": _said(spec.freshness),
        "retention": _said(spec.retention),
        "python_logs": _said(spec.python_logs),
        "compute_logs": spec.compute_logs.manager if spec.compute_logs else _NO_LOGS,
        # They would write to the instance's folder, and call home.
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
    }


def _said(settings: Spec) -> dict[str, Any]:
    """Answer settings that have the names and the form of `dagster.yaml` already."""
    return settings.model_dump(mode="json", by_alias=True, exclude_none=True)


def _storage(spec: DagsterSpec) -> dict[str, Any]:
    """Say the driver, too: SQLAlchemy 2.1 would take another one than Dagster installs."""
    database = spec.database
    params: dict[str, str] = {"sslmode": database.sslmode}
    if database.ca:
        params["sslrootcert"] = f"{CA_FOLDER}/{CA_FILE}"
    elif database.sslmode == "verify-full":
        params["sslrootcert"] = "system"  # libpq 16; by itself it looks in a home folder
    password = {"password": {"env": PASSWORD_VARIABLE}} if database.password else {}
    return {
        "postgres": {
            "postgres_db": {
                "hostname": string_source(database.host, HOST_VARIABLE),
                "port": database.port,
                "db_name": string_source(database.database, DATABASE_VARIABLE),
                "username": string_source(database.user, USER_VARIABLE),
                **password,
                "scheme": "postgresql+psycopg2",
                "params": params,
            },
            **database.auth_provider,
        }
    }
