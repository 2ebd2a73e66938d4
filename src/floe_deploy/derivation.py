"""What the artifacts say, in the terms of our specs: endpoints, identities, Cube's source."""

from collections.abc import Mapping

from pydantic import TypeAdapter, ValidationError

from floe_constructs.artifacts import CompiledArtifacts
from floe_constructs.artifacts.compute import Compute
from floe_constructs.artifacts.credentials import (
    Credential,
    credentials,
    cube_credentials,
)
from floe_constructs.artifacts.part import SecretReference
from floe_constructs.artifacts.storage import Storage
from floe_constructs.cube.source import Source
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
        return trino
    compute = artifacts.compute
    if compute is None or compute.type != "snowflake" or not compute.credentials.secret_ref:
        return None
    names = ("account", "warehouse", "database", "role", "user")
    given = {name: compute.properties.get(name) for name in names}
    reference = compute.credentials.secret_ref
    for key, variable in (("user", "SNOWFLAKE_USER"), ("password", "SNOWFLAKE_PASSWORD")):
        if not given.get(key):
            secret = environment.secrets.resolve(reference, variable, variable)
            given[key] = secret.model_dump()
    cidrs = list(environment.addresses.compute)
    return _source({"type": "snowflake", "cidrs": cidrs} | {k: v for k, v in given.items() if v})


def _source(data: object) -> Source | None:
    try:
        return _SOURCE.validate_python(data)
    except ValidationError:
        return None


_SOURCE: TypeAdapter[Source] = TypeAdapter(Source)


def export_variables(
    environment: Environment, artifacts: CompiledArtifacts, source: Source
) -> dict[str, str | SecretKey]:
    """Answer what Cube is told of the bucket through which its database hands over large results.

    Cube calls Google's `gcp` in front of BigQuery and `gcs` in front of all others.
    """
    consumption = artifacts.consumption
    bucket = consumption.pre_aggregations.export_bucket if consumption else None
    if bucket is None:
        return {}
    kind = bucket.bucket_type or "s3"
    prefix = "CUBEJS_DB_EXPORT"
    named = {
        f"{prefix}_BUCKET_TYPE": "gcp" if (kind, source.type) == ("gcs", "bigquery") else kind,
        f"{prefix}_BUCKET": bucket.name,
        f"{prefix}_BUCKET_AWS_REGION": bucket.region if kind == "s3" else None,
        f"{prefix}_INTEGRATION": bucket.integration,
    }
    found: dict[str, str | SecretKey] = {name: text for name, text in named.items() if text}
    for item in cube_credentials(artifacts):
        if item.service == "export-bucket":
            secret = environment.secrets.resolve(item.reference, item.variable, item.key)
            found[item.variable] = secret
    return found


def export_endpoint(environment: Environment, artifacts: CompiledArtifacts) -> Endpoint | None:
    """Answer where Cube fetches the results that its database has put into a bucket."""
    consumption = artifacts.consumption
    bucket = consumption.pre_aggregations.export_bucket if consumption else None
    if bucket is None:
        return None
    cidrs = environment.addresses.storage
    if (bucket.bucket_type or "s3") == "s3":
        return s3_endpoint("export-bucket", bucket.region or "us-east-1", None, cidrs)
    host = _CLOUD_HOSTS.get(str(bucket.bucket_type))
    return Endpoint(name="export-bucket", host=host, port=HTTPS, cidrs=cidrs)


def host_of(url: str | None) -> str:
    """Answer host and port of an address, to compare addresses by."""
    endpoint = endpoint_of("", url or "")
    return f"{endpoint.host}:{endpoint.port}"
