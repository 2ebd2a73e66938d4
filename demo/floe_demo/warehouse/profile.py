"""dbt's profile, out of what the artifacts and the environment say; credentials stay variables."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from floe_demo.artifacts import Artifacts
from floe_demo.lake import catalog
from floe_demo.settings import Settings

PROJECT = Path(__file__).parents[1] / "dbt"
NAME = "floe_demo"
SCHEMA = "demo"
"""What the schemas of all models begin with."""


def engine(artifacts: Artifacts | None, environment: Mapping[str, str] = os.environ) -> str:
    """Answer what runs the models: Trino is named by a variable, as no artifacts can name it."""
    said = artifacts.resolved_profiles.compute.type if artifacts else "duckdb"
    return environment.get("FLOE_COMPUTE_TYPE", said)


def raw_schema(artifacts: Artifacts | None) -> str:
    """Answer the schema in which the models find the shop's raw tables."""
    return catalog.namespace(artifacts, "ecommerce")


def database(settings: Settings, artifacts: Artifacts | None) -> Path:
    """Answer DuckDB's file: after the models others read from it, so that memory will not do."""
    said = artifacts.resolved_profiles.compute if artifacts else None
    path = said.properties.get("path") if said and said.type == "duckdb" else None
    return Path(path) if path and path != ":memory:" else settings.home.resolve() / "demo.duckdb"


def output(
    settings: Settings,
    artifacts: Artifacts | None,
    environment: Mapping[str, str] = os.environ,
) -> dict[str, Any]:
    """Answer how dbt reaches the engine.

    Raises:
        ValueError: there are no models for that engine.

    """
    kind = engine(artifacts, environment)
    compute = artifacts.resolved_profiles.compute if artifacts else None
    said = compute.properties if compute and compute.type == kind else {}
    if kind == "duckdb":
        return _duckdb(database(settings, artifacts), said)
    if kind == "trino":
        return _trino()
    if kind == "snowflake":
        return _snowflake(said)
    if kind == "bigquery":
        return _bigquery(said)
    msg = f"the demo's models run on duckdb, trino, snowflake and bigquery, not on {kind}"
    raise ValueError(msg)


def _duckdb(path: Path, said: Mapping[str, Any]) -> dict[str, Any]:
    limit = {"memory_limit": said["max_memory"]} if "max_memory" in said else {}
    return {
        "type": "duckdb",
        "path": str(path),
        "schema": SCHEMA,
        "threads": said.get("threads", 2),
        "settings": limit,
        "plugins": [{"module": "floe_demo.warehouse.plugin", "alias": "lake"}],
    }


def _trino() -> dict[str, Any]:
    return {
        "type": "trino",
        "method": "{{ 'ldap' if env_var('TRINO_PASSWORD', '') else 'none' }}",
        "host": _variable("TRINO_HOST"),
        "port": "{{ env_var('TRINO_PORT') | as_number }}",
        "http_scheme": "{{ env_var('TRINO_HTTP_SCHEME', 'https') }}",
        "user": _variable("TRINO_USER"),
        "password": "{{ env_var('TRINO_PASSWORD', '') }}",
        "cert": "{{ env_var('TRINO_CA', '') or none }}",
        "database": _variable("TRINO_CATALOG"),
        "schema": SCHEMA,
        "threads": 2,
    }


def _snowflake(said: Mapping[str, Any]) -> dict[str, Any]:
    told = {
        name: _variable(f"SNOWFLAKE_{name.upper()}", said.get(name))
        for name in ("account", "user", "role", "warehouse", "database")
    }
    password = {"password": _variable("SNOWFLAKE_PASSWORD")}
    return {"type": "snowflake", **told, **password, "schema": SCHEMA, "threads": 4}


def _bigquery(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "bigquery",
        "method": "oauth",  # whoever google-auth finds: the key's file, or the pod's identity
        "project": _variable("BIGQUERY_PROJECT", said.get("project")),
        "location": _variable("BIGQUERY_LOCATION", said.get("location", "US")),
        "dataset": SCHEMA,
        "threads": 4,
    }


def _variable(name: str, said: str | None = None) -> str:
    """Answer what dbt reads a variable by, or what is said where there is none."""
    default = f", {json.dumps(said)}" if said is not None else ""
    return "{{ env_var(" + json.dumps(name) + default + ") }}"


def written(
    settings: Settings,
    artifacts: Artifacts | None,
    environment: Mapping[str, str] = os.environ,
) -> Path:
    """Write `profiles.yml` into the demo's folder; answer the folder it is in."""
    folder = settings.home.resolve() / "profile"
    folder.mkdir(parents=True, exist_ok=True)
    target = engine(artifacts, environment)
    said = {NAME: {"target": target, "outputs": {target: output(settings, artifacts, environment)}}}
    text = json.dumps(said, indent=2) + "\n"  # JSON is YAML
    file = folder / "profiles.yml"
    # A disk that is full holds what it has; another one may write the same at the same time.
    if not file.exists() or file.read_text("utf-8") != text:
        new = folder / f"profiles.{os.getpid()}"
        new.write_text(text, "utf-8")
        new.replace(file)
    return folder


def variables(
    settings: Settings,
    artifacts: Artifacts | None,
    pins: Mapping[str, int],
    environment: Mapping[str, str] = os.environ,
) -> dict[str, str]:
    """Answer the environment that dbt runs in."""
    home = settings.home.resolve()
    return {
        **environment,
        "DBT_PROFILES_DIR": str(home / "profile"),
        "DBT_LOG_PATH": str(home / "logs"),
        "DBT_TARGET_PATH": str(home / "target"),
        "FLOE_DEMO_HOME": str(home),
        "FLOE_MODELS_RAW_SCHEMA": raw_schema(artifacts),
        "FLOE_MODELS_KEPT_DAYS": str(settings.kept_days(artifacts)),
        "FLOE_MODELS_PINS": json.dumps(pins, sort_keys=True),
    }
