"""What the artifacts say, in the terms of our specs: endpoints, identities, Cube's source."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from floe_constructs.artifacts import CompiledArtifacts
from floe_constructs.artifacts.compute import Compute
from floe_constructs.artifacts.consumption import Consumption
from floe_constructs.artifacts.credentials import (
    Credential,
    credentials,
    cube_credentials,
)
from floe_constructs.artifacts.part import SecretReference
from floe_constructs.artifacts.storage import Storage
from floe_constructs.cube.security import RowLevelSecurity
from floe_constructs.cube.source import Source, TrinoSource
from floe_constructs.cube.spec import CubeSettings
from floe_constructs.kubernetes.authority import Authority
from floe_constructs.kubernetes.cloud_identity import IrsaIdentity
from floe_constructs.kubernetes.endpoint import Endpoint, endpoint_of
from floe_constructs.kubernetes.s3 import s3_endpoint
from floe_constructs.kubernetes.secret import SecretKey
from floe_deploy.environment import Environment

HTTPS = 443
_CLOUD_HOSTS = {"gcs": "storage.googleapis.com", "bigquery": "bigquery.googleapis.com"}
_COMPUTE_PORTS = {"redshift": 5439, "postgres": 5432, "databricks": HTTPS, "spark": 10000}


def storage_endpoint(environment: Environment, storage: Storage) -> Endpoint | None:
    """Answer where object storage listens; none for a folder."""
    cidrs, url = environment.addresses.storage, storage.endpoint
    if isinstance(url, SecretReference):
        return Endpoint(name="storage", host=None, port=HTTPS, cidrs=cidrs)
    match storage.type:
        case "local":
            return None
        case "s3":
            return s3_endpoint("storage", storage.region, url, cidrs)
    if url:
        return endpoint_of("storage", url, cidrs)
    return Endpoint(name="storage", host=_CLOUD_HOSTS.get(storage.type), port=HTTPS, cidrs=cidrs)


def compute_endpoint(environment: Environment, compute: Compute | None) -> Endpoint | None:
    """Answer where the compute engine listens; none for one within the user's own processes."""
    cidrs = environment.addresses.compute
    if trino := environment.compute:
        return Endpoint(
            name="compute", host=trino.host, port=trino.port, cidrs=trino.cidrs or cidrs
        )
    if compute is None or compute.type == "duckdb":
        return None
    properties = compute.properties
    if compute.type == "snowflake":
        host = f"{str(properties.get('account', '')).lower()}.snowflakecomputing.com"
        return Endpoint(name="compute", host=host, port=HTTPS, cidrs=cidrs)
    if host_of_cloud := _CLOUD_HOSTS.get(compute.type):
        return Endpoint(name="compute", host=host_of_cloud, port=HTTPS, cidrs=cidrs)
    given, port = properties.get("host"), properties.get("port")
    return Endpoint(
        name="compute",
        host=str(given) if given else None,
        port=int(port)
        if isinstance(port, int | str) and str(port).isdigit()
        else _COMPUTE_PORTS[compute.type],
        cidrs=cidrs,
    )


def service_endpoints(
    environment: Environment, artifacts: CompiledArtifacts
) -> dict[str, Endpoint]:
    """Answer the services of the lakehouse that user code talks to, and what for."""
    found: dict[str, Endpoint | None] = {
        "run queries": compute_endpoint(environment, artifacts.compute)
    }
    if storage := artifacts.storage:
        found["read and write tables"] = storage_endpoint(environment, storage)
    if catalog := artifacts.catalog:
        cidrs = environment.addresses.catalog
        found["find tables"] = (
            Endpoint(name="catalog", host=None, port=HTTPS, cidrs=cidrs)
            if isinstance(catalog.uri, SecretReference)
            else endpoint_of("catalog", catalog.uri, cidrs)
        )
    return {why: endpoint for why, endpoint in found.items() if endpoint}


def user_credentials(environment: Environment, artifacts: CompiledArtifacts) -> list[Credential]:
    """Answer the credentials that user code needs; the artifacts' engine counts if it is used."""
    found = credentials(artifacts)
    return [item for item in found if not (environment.compute and item.service == "compute")]


def code_identity(environment: Environment, artifacts: CompiledArtifacts) -> IrsaIdentity | None:
    """Answer the cloud identity of user code: the role that the storage is reached with."""
    roles = sorted(set(artifacts.role_arns.values()))
    cidrs = environment.addresses.identity
    return IrsaIdentity(type="aws-irsa", role_arn=roles[0], cidrs=cidrs) if roles else None


def trino_files(environment: Environment) -> dict[str, Authority]:
    """Answer the certificates that user code verifies Trino's by, by the variable of their path."""
    trino = environment.compute
    return {"TRINO_CA": trino.ca} if trino and trino.ca else {}


def trino_variables(environment: Environment) -> dict[str, str | SecretKey]:
    """Answer how user code learns of Trino, which the artifacts cannot name."""
    trino = environment.compute
    if trino is None:
        return {}
    named: Mapping[str, str | SecretKey | None] = {
        "FLOE_COMPUTE_TYPE": "trino",
        "TRINO_HOST": trino.host,
        "TRINO_PORT": str(trino.port),
        "TRINO_HTTP_SCHEME": "https" if trino.tls else "http",
        "TRINO_USER": trino.user,
        "TRINO_PASSWORD": trino.password,
        "TRINO_CATALOG": trino.catalog,
        "TRINO_SCHEMA": trino.db_schema,
    }
    return {name: value for name, value in named.items() if value is not None}


def cube_source(environment: Environment, artifacts: CompiledArtifacts) -> Source | None:
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
    "SNOWFLAKE_USER": "user",
    "SNOWFLAKE_PASSWORD": "password",
    "POSTGRES_USER": "user",
    "POSTGRES_PASSWORD": "password",
    "GOOGLE_APPLICATION_CREDENTIALS": "credentials",
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
    if bucket is None or getattr(source, "export_bucket", None):
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


def host_of(url: str | None) -> str:
    """Answer host and port of an address, to compare addresses by."""
    endpoint = endpoint_of("", url or "")
    return f"{endpoint.host}:{endpoint.port}"
