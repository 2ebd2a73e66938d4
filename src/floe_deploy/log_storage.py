"""Where compute logs are kept, and what user code writes them with."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from floe_constructs.artifacts import CompiledArtifacts
from floe_constructs.artifacts.credentials import BUNDLES
from floe_constructs.artifacts.storage import Storage
from floe_constructs.dagster.azure_logs import AzureComputeLogs
from floe_constructs.dagster.compute_logs import (
    AWS_VARIABLE,
    GOOGLE_VARIABLE,
    ArtifactsComputeLogs,
    GcsComputeLogs,
    S3ComputeLogs,
    StoredLogs,
)
from floe_constructs.dagster.spec import DagsterSettings
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.variables import VARIABLES
from floe_deploy import derivation
from floe_deploy.environment import Environment

LOGINS = {"aws": AWS_VARIABLE, "gcp": GOOGLE_VARIABLE, "azure": "AZURE_CLIENT_SECRET"}
"""The variable that tells that a process has a login of its own, by cloud."""


@dataclass(frozen=True)
class Handed:
    """What user code is given that has no login of its own to write logs with."""

    variables: dict[str, str | SecretKey] = field(default_factory=dict)
    files: dict[str, SecretKey] = field(default_factory=dict)


def resolved(environment: Environment, artifacts: CompiledArtifacts) -> StoredLogs | None:
    """Answer where logs are kept, with what the artifacts say of it.

    Raises:
        ValueError: they do not say enough, or what cannot be followed.

    """
    dagster = environment.dagster
    logs = dagster.compute_logs if isinstance(dagster, DagsterSettings) else None
    if not isinstance(logs, ArtifactsComputeLogs):
        return logs
    storage = artifacts.storage
    if storage is None or storage.type == "local":
        msg = "the artifacts name no object storage"
        raise ValueError(msg)
    try:
        found = _of(environment, artifacts, storage, logs)
        DagsterSettings.model_validate(dict(environment.dagster or ()) | {"compute_logs": found})
    except ValidationError as failure:
        told = (
            f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}".removeprefix(": ")
            for detail in failure.errors()
        )
        raise ValueError("; ".join(told).replace("Value error, ", "")) from failure
    return found


def _of(
    environment: Environment,
    artifacts: CompiledArtifacts,
    storage: Storage,
    logs: ArtifactsComputeLogs,
) -> StoredLogs:
    asked = artifacts.compute_logs
    bucket = logs.bucket or (asked and asked.bucket) or storage.bucket
    keys = {} if logs.identity else _keys(environment, storage)
    given: dict[str, Any] = {
        "type": storage.type,
        "prefix": logs.prefix,
        "cidrs": environment.addresses.storage,
        "identity": logs.identity,
    }
    match storage.type:
        case "s3":
            given |= {"bucket": bucket, "region": storage.region, "endpoint": _url(storage)}
            if keys:
                given["credentials"] = keys
            elif not logs.identity:
                given["identity"] = derivation.code_identity(environment, artifacts)
            return S3ComputeLogs.model_validate(given)
        case "gcs":
            given |= {"bucket": bucket, "credentials": next(iter(keys.values()), None)}
            return GcsComputeLogs.model_validate(given)
    key = next(iter(keys.values()), None)
    given |= {"container": bucket, "access_key_or_sas_token": key}
    return AzureComputeLogs.model_validate(given | _account(storage))


_NAMES = {VARIABLES["s3"][name]: name for name in ("access_key_id", "secret_access_key")}


def _keys(environment: Environment, storage: Storage) -> dict[str, SecretKey]:
    """Answer the login to the storage, where it is a bundle."""
    reference = storage.credentials.secret_ref
    if reference is None:
        return {}
    return {
        _NAMES.get(entry.variable, entry.variable): environment.secrets.resolve(
            reference, entry.variable, entry.key or entry.variable
        )
        for entry in BUNDLES["storage", storage.type]
    }


def _url(storage: Storage) -> str | None:
    if storage.endpoint is None or isinstance(storage.endpoint, str):
        return storage.endpoint
    msg = "the address of the storage is in a Secret, which Dagster cannot be told for logs"
    raise ValueError(msg)


def _account(storage: Storage) -> dict[str, str]:
    """Answer Azure's account and what follows it: `https://ACCOUNT.dfs.core.windows.net`."""
    account, _, rest = (urlsplit(_url(storage) or "").hostname or "").partition(".")
    service, _, suffix = rest.partition(".")
    if service not in {"dfs", "blob"}:
        msg = "the storage's endpoint is not https://ACCOUNT.dfs.SUFFIX or https://ACCOUNT.blob.…"
        raise ValueError(msg)
    return {"storage_account": account, "endpoint_suffix": suffix}


def handed(
    environment: Environment, artifacts: CompiledArtifacts, logs: StoredLogs | None
) -> Handed:
    """Answer what user code gets of the logs' login: nothing, if any of it has one of its own.

    A key would win over an identity, and two over one another.
    """
    dagster = environment.dagster
    if logs is None or not logs.cloud or not isinstance(dagster, DagsterSettings):
        return Handed()
    if owners(environment, artifacts, logs.cloud):
        return Handed()
    return Handed(logs.variables, logs.files)


def owners(environment: Environment, artifacts: CompiledArtifacts, cloud: str) -> set[str]:
    """Answer the code locations that log in to a cloud as somebody already."""
    dagster = environment.dagster
    if not isinstance(dagster, DagsterSettings):
        return set()
    login = LOGINS[cloud]
    said = {item.variable for item in derivation.user_credentials(environment, artifacts)}
    everybody = derivation.code_identity(environment, artifacts)
    found = set()
    for location in dagster.deployed:
        identity = dagster.runs_as(location, everybody)
        if login in said | location.runs.env.keys() or (identity and identity.cloud == cloud):
            found.add(location.name)
    return found
