"""What the artifacts say, as targets of preflight: storage, catalog and compute engine."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from pydantic import ValidationError

from floe_constructs.artifacts import CompiledArtifacts
from floe_constructs.artifacts.catalog import Catalog
from floe_constructs.artifacts.compute import PORTS, Compute
from floe_constructs.artifacts.contract import Service
from floe_constructs.artifacts.credentials import Credential, of_service
from floe_constructs.artifacts.part import SecretReference
from floe_constructs.artifacts.storage import Storage
from floe_constructs.kubernetes.endpoint import endpoint_of
from floe_constructs.preflight.targets import (
    S3,
    Adls,
    BigQuery,
    DuckDb,
    Gcs,
    IdentityKind,
    Kept,
    Other,
    PreflightConfig,
    RestCatalog,
    Snowflake,
    Target,
)
from floe_constructs.problem import Problem, problems_of
from floe_constructs.variables import VARIABLES

Keep = Callable[[Credential], Kept]
"""Says where a credential of the artifacts is, for the process that checks: in a variable, or in a
file where its `file` is true."""

_IDENTITIES: dict[type[Target], tuple[str, ...]] = {
    S3: ("aws-irsa", "aws-pod-identity"),
    Gcs: ("gcp",),
    BigQuery: ("gcp",),
    Adls: ("azure",),
}
"""Who a cloud may take a process for without a key."""

_KEYS = ("access_key_id", "profile", "account_key", "sas", "credentials_file")
"""Settings that make an identity needless."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """How the process that checks logs in."""

    keep: Keep
    """Where the credentials are that the artifacts refer to."""

    identity: IdentityKind | None = None
    """Whom its cloud takes it for, where there is no key."""

    known: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """What it has for services whose login the artifacts do not say: settings by kind of target."""


def derive(artifacts: CompiledArtifacts, login: Login) -> tuple[PreflightConfig, list[Problem]]:
    """Answer what can be checked, and what the artifacts lack for the rest.

    A bucket or catalog of several layers is one target; where there is more than one, they are
    called after their layer: `storage.bronze`.
    """
    problems: list[Problem] = []
    found: dict[str, dict[Target, list[str]]] = {"storage": {}, "catalog": {}, "compute": {}}
    for where, service in artifacts.services():
        if target := _target(where, service, login, problems):
            names = found[type(service).__name__.lower()].setdefault(target, [])
            layer = re.fullmatch(r"resolved_layers\.(.+)\.\w+", where)
            names += [layer[1]] if layer else []
    named = {kind: tuple(_named(targets)) for kind, targets in found.items()}
    return PreflightConfig.model_validate(named), problems


def _named(found: Mapping[Target, list[str]]) -> Iterator[Target]:
    for target, layers in found.items():
        label = re.sub(r"[^a-z0-9]+", "-", layers[0].lower()).strip("-") if layers else None
        yield target.model_copy(update={"name": label if len(found) > 1 else None})


def _target(where: str, service: Service, login: Login, problems: list[Problem]) -> Target | None:
    """Answer the target that a service is; none for a folder, and for what is not said enough."""
    match service:
        case Storage():
            kind, said = _storage(service)
        case Catalog():
            kind, said = _catalog(service)
        case Compute():
            kind, said = _compute(service)
    if kind is None:
        return None
    said |= dict(_login(where, service, str(said["type"]), login))
    if not said.keys() & _KEYS:
        identity = "aws-irsa" if service.credentials.role_arn else login.identity
        if identity in _IDENTITIES.get(kind, ()):
            said["identity"] = identity
    try:
        return kind.model_validate({name: it for name, it in said.items() if it is not None})
    except ValidationError as error:
        place = f"{where}.properties" if isinstance(service, Compute) else where
        problems += [
            replace(problem, where=f"{place}.{problem.where}".rstrip("."))
            for problem in problems_of(error, kind)
        ]
    return None


def _login(where: str, service: Service, kind: str, login: Login) -> Iterator[tuple[str, object]]:
    said = service.credentials
    known = login.known.get(kind, {})
    if said.secret_ref is None and said.client_secret is None:
        yield from known.items()
    elif "session_token" in known:  # what makes a key pair a session's is no part of a bundle
        yield "session_token", known["session_token"]
    settings = {variable: setting for setting, variable in VARIABLES.get(kind, {}).items()}
    for item in of_service(where, service):
        setting, kept = item.where.rpartition(".")[2], login.keep(item)
        if item.file and item.variable in settings:
            yield "credentials_file", kept.file
            yield "secret", kept.secret
        elif setting != "secret_ref" or item.variable in settings:
            yield settings.get(item.variable, setting), kept


def _storage(storage: Storage) -> tuple[type[Target] | None, dict[str, object]]:
    url = storage.endpoint if isinstance(storage.endpoint, str) else None
    match storage.type:
        case "local":
            return None, {}
        case "s3":
            return S3, {
                "type": "s3",
                "bucket": storage.bucket,
                "region": storage.region,
                "endpoint": url,
                "path_style": storage.path_style_access,
            }
        case "gcs":
            return Gcs, {"type": "gcs", "bucket": storage.bucket, "endpoint": url}
    return Adls, {"type": "adls", "container": storage.bucket, **account_of(url)}


def account_of(url: str | None) -> dict[str, object]:
    """Answer Azure's account by an address, and the address where it is not the account's own."""
    parts = urlsplit(url or "")
    account, _, rest = (parts.hostname or "").partition(".")
    if rest in {"dfs.core.windows.net", "blob.core.windows.net"}:
        return {"account": account}
    if rest.startswith(("dfs.", "blob.")):
        return {"account": account, "endpoint": url}
    # An emulator's, where the account is the beginning of the path.
    return {"account": parts.path.strip("/").partition("/")[0] or None, "endpoint": url}


def _catalog(catalog: Catalog) -> tuple[type[Target], dict[str, object]]:
    uri = catalog.uri if isinstance(catalog.uri, str) else None
    if catalog.type in {"polaris", "rest"}:
        client = catalog.credentials.client_id
        return RestCatalog, {
            "type": catalog.type,
            "uri": uri,
            "warehouse": catalog.warehouse,
            "client_id": None if isinstance(client, SecretReference) else client,
            "scope": catalog.credentials.scope,
        }
    if uri is None:
        return Other, {"type": "other", "kind": catalog.type}
    endpoint = endpoint_of("catalog", uri)
    tls = urlsplit(uri).scheme == "https"
    return Other, _other(catalog.type, endpoint.host, endpoint.port, tls=tls)


def _compute(compute: Compute) -> tuple[type[Target], dict[str, object]]:
    said = compute.properties
    match compute.type:
        case "duckdb":
            extensions = said.get("extensions")
            named = extensions if isinstance(extensions, list) else []
            return DuckDb, {
                "type": "duckdb",
                "path": said.get("path"),
                "extensions": tuple(name for name in named if isinstance(name, str)),
            }
        case "snowflake":
            names = ("account", "user", "role", "warehouse", "database", "schema")
            return Snowflake, {"type": "snowflake"} | {name: said.get(name) for name in names}
        case "bigquery":
            return BigQuery, {
                "type": "bigquery",
                "project": said.get("project"),
                "dataset": said.get("dataset") or said.get("schema"),
                "location": said.get("location"),
            }
    port = said.get("port") or PORTS[compute.type]
    port = int(port) if isinstance(port, str) and port.isdigit() else port
    # PostgreSQL's protocol begins in the clear, and so does Spark's Thrift.
    return Other, _other(compute.type, said.get("host"), port, tls=compute.type == "databricks")


def _other(kind: str, host: object, port: object, *, tls: bool) -> dict[str, object]:
    return {"type": "other", "kind": kind, "host": host, "port": port, "tls": tls}
