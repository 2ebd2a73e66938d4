"""What environment variables alone say to be checked."""

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from floe_constructs.preflight.targets import SERVICES
from floe_constructs.problem import Problem, nearest, shown
from floe_constructs.variables import COMPUTE_TYPE, STORAGE_URL, VARIABLES
from floe_deploy.preflight.reading.said import Said, told

ENGINES = ("trino", "snowflake", "bigquery", "duckdb")
"""Compute engines that variables can say."""

_SHARED = frozenset({"credentials_file"})
"""Settings whose variables do not say that there is an engine."""

_URLS = "s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or abfss://CONTAINER@ACCOUNT/PREFIX"


def said(
    variables: Mapping[str, str],
    services: Collection[str] = SERVICES,
) -> Said:
    """Answer what the variables say of these services; nothing, where none of them is set."""
    found = Said()
    if "compute" in services:
        _compute(variables, found)
    if "storage" in services:
        _storage(variables, found)
    if "catalog" in services and (catalog := told("polaris", variables)):
        found.add("catalog", "polaris", {"type": "polaris"} | catalog, {})
    if "postgres" in services and (database := told("dagster", variables)):
        found.add("postgres", "dagster", {"migrations": "dagster"} | database, {})
    return found


def login(kind: str, variables: Mapping[str, str]) -> dict[str, Any]:
    """Answer who variables say that one is to a kind of service."""
    found = {name: it for name, it in told(kind, variables).items() if name in LOGINS[kind]}
    if "access_key_id" in found:  # as for the provider's own programs
        found.pop("profile", None)
    identities = ((mark, identity) for mark, of, identity in _IDENTITIES if of == kind)
    there = [identity for mark, identity in identities if variables.get(mark)]
    return found or ({"identity": there[0]} if there else {})


LOGINS = {
    "snowflake": ("user", "password", "private_key", "private_key_passphrase"),
    "bigquery": ("credentials_file",),
    "s3": ("access_key_id", "secret_access_key", "session_token", "profile"),
    "gcs": ("credentials_file",),
    "adls": ("account_key", "sas"),
    "polaris": ("client_id", "client_secret"),
}
"""Settings that say who logs in, by kind of service."""

_IDENTITIES = (
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "s3", "aws-irsa"),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "s3", "aws-pod-identity"),
    ("AZURE_FEDERATED_TOKEN_FILE", "adls", "azure"),
)
"""What a cloud's cluster tells pods that are somebody to it."""


def _compute(variables: Mapping[str, str], found: Said) -> None:
    given = {engine: told(engine, variables) for engine in ENGINES}
    there = [engine for engine, it in given.items() if it.keys() - _SHARED]
    wanted = variables.get(COMPUTE_TYPE)
    if wanted and wanted not in ENGINES:
        found.problems.append(
            Problem(
                where=COMPUTE_TYPE,
                found=shown(wanted),
                allowed=" or ".join(ENGINES),
                fix=nearest(wanted, ENGINES) or "write others into a file, as `compute:`",
            )
        )
    elif wanted or len(there) == 1:
        (engine,) = [wanted] if wanted else there
        target = {"type": engine} | given[engine]
        found.add("compute", engine, target, {"type": COMPUTE_TYPE})
    elif there:
        names = " and ".join(_first(engine, variables) for engine in there)
        found.problems.append(
            Problem(
                where=COMPUTE_TYPE,
                found=f"nothing, while {names} are set",
                allowed=" or ".join(there),
                fix="say which engine is meant",
            )
        )


def _first(engine: str, variables: Mapping[str, str]) -> str:
    return next(name for name in VARIABLES[engine].values() if variables.get(name))


def _storage(variables: Mapping[str, str], found: Said) -> None:
    url = variables.get(STORAGE_URL)
    if not url:
        return
    parts = _parts(url)
    kinds = {"s3": "s3", "gs": "gcs", "abfss": "adls"}
    kind = kinds.get(parts["scheme"]) if parts else None
    if parts is None or kind is None or (kind == "adls") != bool(parts["container"]):
        seen = shown(url.partition("?")[0])  # what comes after may be a signature
        found.problems.append(Problem(where=STORAGE_URL, found=seen, allowed=_URLS))
        return
    target = storage(kind, variables)
    names = dict.fromkeys(("bucket", "container", "account", "prefix"), STORAGE_URL)
    if parts["prefix"]:
        target["prefix"] = parts["prefix"]
    if kind == "adls":
        account, _, domain = parts["host"].partition(".")
        target |= {"account": account, "container": parts["container"]}
        if domain and not re.fullmatch(r"(dfs|blob)\.core\.windows\.net", domain):
            target["endpoint"] = f"https://{parts['host']}"
    else:
        target["bucket"] = parts["host"]
    found.add("storage", kind, target, names)


def storage(kind: str, variables: Mapping[str, str]) -> dict[str, Any]:
    """Answer what variables say of a kind of storage."""
    given = {name: it for name, it in told(kind, variables).items() if name not in LOGINS[kind]}
    return {"type": kind, **given, **login(kind, variables)}


def _parts(url: str) -> dict[str, str] | None:
    """Answer the parts of an address that is no HTTP one; none where it has others."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.query or parts.fragment or parts.password or not parts.hostname:
        return None
    container, _, host = parts.netloc.rpartition("@")
    prefix = parts.path.strip("/")
    return {"scheme": parts.scheme, "container": container, "host": host, "prefix": prefix}
