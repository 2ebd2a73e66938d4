"""What the artifacts say, in the terms of our specs: endpoints, identities, variables."""

from collections.abc import Iterator, Mapping

from floe_constructs.artifacts import CompiledArtifacts
from floe_constructs.artifacts.catalog import Catalog
from floe_constructs.artifacts.compute import PORTS, Compute
from floe_constructs.artifacts.credentials import (
    Credential,
    credentials,
)
from floe_constructs.artifacts.part import SecretReference
from floe_constructs.artifacts.storage import Storage
from floe_constructs.kubernetes.authority import Authority
from floe_constructs.kubernetes.cloud_identity import IrsaIdentity
from floe_constructs.kubernetes.endpoint import Endpoint, endpoint_of
from floe_constructs.kubernetes.s3 import s3_endpoint
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.variables import COMPUTE_TYPE, VARIABLES
from floe_deploy.environment import Environment

HTTPS = 443
_CLOUD_HOSTS = {"gcs": "storage.googleapis.com", "bigquery": "bigquery.googleapis.com"}


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
        else PORTS[compute.type],
        cidrs=cidrs,
    )


def catalog_endpoint(environment: Environment, catalog: Catalog) -> Endpoint:
    """Answer where the Iceberg catalog listens."""
    cidrs = environment.addresses.catalog
    if isinstance(catalog.uri, SecretReference):
        return Endpoint(name="catalog", host=None, port=HTTPS, cidrs=cidrs)
    return endpoint_of("catalog", catalog.uri, cidrs)


def service_endpoints(
    environment: Environment, artifacts: CompiledArtifacts
) -> Iterator[tuple[str, Endpoint]]:
    """Answer what user code does with services of the lakehouse, each layer's too, and where."""
    if compute := compute_endpoint(environment, artifacts.compute):
        yield "run queries", compute
    for _, service in artifacts.services():
        match service:
            case Storage():
                if storage := storage_endpoint(environment, service):
                    yield "read and write tables", storage
            case Catalog():
                yield "find tables", catalog_endpoint(environment, service)


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
    return {VARIABLES["trino"]["ca_file"]: trino.ca} if trino and trino.ca else {}


def trino_variables(environment: Environment) -> dict[str, str | SecretKey]:
    """Answer how user code learns of Trino, which the artifacts cannot name."""
    trino = environment.compute
    if trino is None:
        return {}
    told: Mapping[str, str | SecretKey | None] = {
        "host": trino.host,
        "port": str(trino.port),
        "tls": "https" if trino.tls else "http",
        "user": trino.user,
        "password": trino.password,
        "catalog": trino.catalog,
        "schema": trino.db_schema,
    }
    names = VARIABLES["trino"]
    given = {names[setting]: value for setting, value in told.items() if value is not None}
    return {COMPUTE_TYPE: "trino", **given}


def host_of(url: str | None) -> str:
    """Answer host and port of an address, to compare addresses by."""
    endpoint = endpoint_of("", url or "")
    return f"{endpoint.host}:{endpoint.port}"
