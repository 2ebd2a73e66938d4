"""The checks of a configuration, one module for each kind of service."""

from floe_constructs.preflight.targets import (
    S3,
    Adls,
    BigQuery,
    Cube,
    Dagster,
    DuckDb,
    Gcs,
    Jaeger,
    Login,
    Marquez,
    MarquezWeb,
    Other,
    Otlp,
    Postgres,
    PreflightConfig,
    RestCatalog,
    Snowflake,
    Target,
    Trino,
)
from floe_deploy.preflight.check import Check
from floe_deploy.preflight.code import Fault


def checks(config: PreflightConfig) -> list[Check]:
    """Answer the checks of a configuration, those that others build on first.

    Raises:
        Fault: what a target needs is not installed (EXTRA_MISSING).

    """
    found, faults = made(config)
    if faults:
        raise faults[0]
    return found


def made(config: PreflightConfig) -> tuple[list[Check], list[Fault]]:
    """Answer the checks of a configuration, and why others cannot be made here."""
    found: list[Check] = []
    faults: list[Fault] = []
    for service, target in config.by_service:
        try:
            found += _of(service, target)
        except Fault as fault:
            faults.append(fault)
    if config.secrets:
        from floe_deploy.preflight.checks import secrets

        found += secrets.checks(config.secrets)
    if config.cluster:
        from floe_deploy.preflight.checks import cluster

        found += cluster.checks(config.cluster)
    return found, faults


def _of(service: str, target: Target) -> list[Check]:  # noqa: C901, PLR0911  one for each kind
    # What a check imports is paid for by those alone who run it.
    match target:
        case S3():
            from floe_deploy.preflight.checks import s3

            return s3.checks(target)
        case Adls():
            from floe_deploy.preflight.checks import adls

            return adls.checks(target)
        case Gcs():
            from floe_deploy.preflight.checks import gcs

            return gcs.checks(target)
        case BigQuery():
            from floe_deploy.preflight.checks import bigquery

            return bigquery.checks(target)
        case Postgres():
            from floe_deploy.preflight.checks import postgres

            return postgres.checks(target)
        case Trino():
            from floe_deploy.preflight.checks import trino

            return trino.checks(target)
        case DuckDb():
            from floe_deploy.preflight.checks import duckdb

            return duckdb.checks(target)
        case Snowflake():
            from floe_deploy.preflight.checks import snowflake

            return snowflake.checks(target)
        case RestCatalog():
            from floe_deploy.preflight.checks import catalog

            return catalog.checks(target)
        case Other():
            from floe_deploy.preflight.checks import other

            return other.checks(service, target)
    return _of_platform(target)


def _of_platform(target: Target) -> list[Check]:
    match target:
        case Dagster():
            from floe_deploy.preflight.checks import dagster

            return dagster.checks(target)
        case Cube():
            from floe_deploy.preflight.checks import cube

            return cube.checks(target)
        case Jaeger() | Otlp():
            from floe_deploy.preflight.checks import jaeger

            return jaeger.checks(target)
        case Marquez() | MarquezWeb():
            from floe_deploy.preflight.checks import marquez

            return marquez.checks(target)
        case Login():
            from floe_deploy.preflight.checks import login

            return login.checks(target)
    return []
