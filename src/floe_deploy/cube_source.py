"""What the artifacts say of Cube, in the terms of its specs: its database, who sees which rows."""

from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from floe_constructs.artifacts import CompiledArtifacts
from floe_constructs.artifacts.consumption import Consumption
from floe_constructs.artifacts.credentials import credentials, cube_credentials
from floe_constructs.cube.security import RowLevelSecurity
from floe_constructs.cube.source import Source, TrinoSource
from floe_constructs.cube.spec import CubeSettings
from floe_constructs.variables import VARIABLES
from floe_deploy.environment import Environment


def found(environment: Environment, artifacts: CompiledArtifacts) -> Source | None:
    """Answer the database that Cube asks, where overlay and artifacts together say enough of it."""
    if trino := environment.compute:
        return TrinoSource.model_validate(trino.model_dump(by_alias=True))
    said = _said_of_source(environment, artifacts)
    return _valid(_SOURCE, said) if said else None


def unusable(environment: Environment, artifacts: CompiledArtifacts) -> list[str]:
    """Answer what the artifacts' engine lacks for Cube, or says otherwise than Cube takes it."""
    said = _said_of_source(environment, artifacts)
    if said is None:
        return []
    try:
        _SOURCE.validate_python(said)
    except ValidationError as error:
        places = [fault["loc"][1:] for fault in error.errors(include_url=False)]
        return sorted({str(place[0]) if place else "a login" for place in places})
    return []


def _said_of_source(
    environment: Environment, artifacts: CompiledArtifacts
) -> dict[str, object] | None:
    """Answer what the artifacts say of an engine that Cube can ask too, in a source's terms."""
    compute = artifacts.compute
    if compute is None or compute.type not in _SOURCES:
        return None
    names = _SOURCES[compute.type]
    given: dict[str, object] = {
        ours: compute.properties.get(theirs) for ours, theirs in names.items()
    }
    for item in credentials(artifacts):
        if item.reference == compute.credentials.secret_ref and item.variable in _LOGINS:
            field = _LOGINS[item.variable]
            secret = environment.secrets.resolve(item.reference, item.variable, item.key)
            given[field] = secret.model_dump()
    said = {name: value for name, value in given.items() if value}
    return {"type": compute.type, "cidrs": list(environment.addresses.compute), **said}


def row_level_security(
    cube: CubeSettings, consumption: Consumption | None
) -> RowLevelSecurity | None:
    """Answer by what Cube tells rows apart, as the overlay says, or else the artifacts."""
    given = cube.row_level_security
    if given is not None:
        return None if given == "by-model" else given
    if consumption and consumption.security.row_level:
        return RowLevelSecurity(column=consumption.security.filter_column)
    return None


_T = TypeVar("_T")


def _valid(adapter: TypeAdapter[_T], data: object) -> _T | None:
    try:
        return adapter.validate_python(data)
    except ValidationError:
        return None


_SOURCES: dict[str, dict[str, str]] = {
    "snowflake": {name: name for name in ("account", "warehouse", "database", "role", "user")},
    "bigquery": {"project": "project", "location": "location"},
    "postgres": {name: name for name in ("host", "port", "user", "sslmode")}
    | {"database": "dbname"},
}
"""Engines that Cube can ask too: its settings by the properties of dbt's profile."""

_LOGINS = {
    VARIABLES["snowflake"]["user"]: "user",
    VARIABLES["snowflake"]["password"]: "password",
    "POSTGRES_USER": "user",
    "POSTGRES_PASSWORD": "password",
    VARIABLES["bigquery"]["credentials_file"]: "credentials",
}
"""Settings of a source by the variables of user code that hold the same."""

_SOURCE: TypeAdapter[Source] = TypeAdapter(Source)


def exporting(
    environment: Environment, artifacts: CompiledArtifacts, source: Source
) -> Source | None:
    """Answer a database with the bucket that the artifacts have for its large results.

    None where what they say is not enough, or not for this kind of database.
    """
    consumption = artifacts.consumption
    bucket = consumption.pre_aggregations.export_bucket if consumption else None
    if bucket is None or source.bucket:
        return source
    kind = bucket.bucket_type or "s3"
    keys = [
        environment.secrets.resolve(item.reference, item.variable, item.key).model_dump()
        for item in cube_credentials(artifacts)
        if item.service == "export-bucket"
    ]
    given: dict[str, object] = {"type": kind, "cidrs": list(environment.addresses.storage)}
    if kind == "azure":
        host, _, given["container"] = str(bucket.name).partition("/")
        given["account"] = host.partition(".")[0]
    else:
        given["bucket"] = bucket.name
    if kind == "s3":
        names = ("access_key_id", "secret_access_key")
        given["region"] = bucket.region
        given["credentials"] = dict(zip(names, keys, strict=False))
    elif source.type != "bigquery":  # which has a login of its own
        given["credentials"] = next(iter(keys), None)
    if source.type == "snowflake":
        given["integration"] = bucket.integration
    said = {name: value for name, value in given.items() if value}
    return _valid(_SOURCE, source.model_dump(by_alias=True) | {"export_bucket": said})
