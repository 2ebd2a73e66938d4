"""Logins with a token of the cloud's, made as `dagster_postgres.auth` makes them."""

import os
from importlib.util import find_spec
from urllib.parse import urlsplit

from floe_constructs.preflight.targets import Postgres
from floe_deploy.preflight import layers
from floe_deploy.preflight.check import Probe
from floe_deploy.preflight.identity import aws, azure, gcp

_AZURE = "https://ossrdbms-aad.database.{domain}/.default"
_AZURE_DOMAINS = {
    "login.microsoftonline.us": "usgovcloudapi.net",
    "login.chinacloudapi.cn": "chinacloudapi.cn",
    "login.partner.microsoftonline.cn": "chinacloudapi.cn",
}
_GCP = "https://www.googleapis.com/auth/cloud-platform"
_SECONDS = 900  # that RDS accepts a token for


def needs(target: Postgres) -> None:
    """Say so if what signs tokens is not installed.

    Raises:
        Fault: it is not (EXTRA_MISSING).

    """
    wants_aws = (target.identity or "").startswith("aws")
    if wants_aws and find_spec("botocore") is None:
        raise layers.EXTRA_MISSING(service="PostgreSQL with an identity of AWS", extra="aws")


async def token(probe: Probe, target: Postgres, host: str, user: str) -> str:
    """Answer a token of the identity, which reports hide.

    Raises:
        Fault: there is no such identity, or the cloud does not accept it.

    """
    match target.identity:
        case "gcp":
            return await gcp.token(probe, _GCP)
        case "azure":
            return await azure.token(probe, azure_scope())
        case "aws-irsa" | "aws-pod-identity":
            region = target.region or ""
            keys = await aws.keys(probe, target.identity, region)
            found = signed(keys, region, f"{host}:{target.port}", user)
            probe.redactor.hide(found)
            return found
    raise AssertionError  # it is asked for with an identity alone


def azure_scope() -> str:
    """Answer what a token is for, in the cloud that the webhook has named."""
    authority = urlsplit(os.environ.get("AZURE_AUTHORITY_HOST", "")).hostname or ""
    return _AZURE.format(domain=_AZURE_DOMAINS.get(authority, "windows.net"))


def signed(keys: aws.Keys, region: str, place: str, user: str) -> str:
    """Answer what RDS takes for a password: an address that AWS' signature is in."""
    from botocore.auth import SigV4QueryAuth  # type: ignore[import-untyped]
    from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
    from botocore.credentials import Credentials  # type: ignore[import-untyped]

    known = Credentials(keys.access_key_id, keys.secret_access_key, keys.session_token)
    query = {"Action": "connect", "DBUser": user}
    request = AWSRequest(method="GET", url=f"https://{place}/", params=query)
    SigV4QueryAuth(known, "rds-db", region, expires=_SECONDS).add_auth(request)
    return str(request.url).removeprefix("https://")
