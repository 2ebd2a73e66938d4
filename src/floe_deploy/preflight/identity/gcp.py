"""Tokens of a Google identity: the metadata server's, or a key file's."""

import json
import os
import time
from pathlib import Path
from typing import Any

import httpx

from floe_constructs.preflight.targets import Kept
from floe_deploy.preflight import layers
from floe_deploy.preflight.check import Probe
from floe_deploy.preflight.code import Code, Fault, Stage
from floe_deploy.preflight.http import ask, client, excerpt, json_of

GCP_NO_IDENTITY = Code(
    id="GCP_NO_IDENTITY",
    stage=Stage.AUTH,
    message="no Google identity here: {reason}",
    remediation="The node pool needs the GKE metadata server, which a new pod may wait for some "
    "seconds, and the NetworkPolicy its addresses (169.254.169.254:80, 169.254.169.252:988); "
    "outside of GKE give a key file",
    detection="the metadata server, which is asked where `identity: gcp` says so, does not answer",
)

GCP_IDENTITY_REFUSED = Code(
    id="GCP_IDENTITY_REFUSED",
    stage=Stage.AUTH,
    message="the metadata server gives no token: {error}",
    remediation="Compare the ServiceAccount's annotation iam.gke.io/gcp-service-account with the "
    "Google one, which needs roles/iam.workloadIdentityUser for this namespace and ServiceAccount",
    detection="any other HTTP status than 200 of the metadata server",
    source="https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity",
)

GCP_KEY_FILE = Code(
    id="GCP_KEY_FILE",
    stage=Stage.CONFIG,
    message="no key of a service account in {place}: {reason}",
    remediation="Check the Secret's key and its mount; the file is the JSON that Google made",
    detection="the file, before the first connection",
)

GCP_TOKEN_EXCHANGE = Code(
    id="GCP_TOKEN_EXCHANGE",
    stage=Stage.AUTH,
    message="login as {account} refused: {error}",
    remediation="The key is revoked, the account is disabled or deleted, or this machine's clock "
    "is off: make another key",
    detection="invalid_grant or another error of the token endpoint",
    definitive=True,
    source="https://developers.google.com/identity/protocols/oauth2/service-account",
)

GCP_LOGIN_FAILED = Code(
    id="GCP_LOGIN_FAILED",
    stage=Stage.AUTH,
    message="{host} gives no token: {error}",
    remediation="Try again; check token_uri in the key file, and what is between here and there",
    detection="HTTP status 429 or 5xx of the token endpoint, or an answer without a token",
)

CODES = (
    GCP_NO_IDENTITY,
    GCP_IDENTITY_REFUSED,
    GCP_KEY_FILE,
    GCP_TOKEN_EXCHANGE,
    GCP_LOGIN_FAILED,
)

_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105  an address
_HOUR = 3600


async def token(probe: Probe, scope: str) -> str:
    """Answer an access token of the process's identity, which reports hide.

    Scopes are addresses: `https://www.googleapis.com/auth/devstorage.read_write`.

    Raises:
        Fault: there is no metadata server, or it gives none.

    """
    host = os.environ.get("GCE_METADATA_HOST") or "metadata.google.internal"
    path = "/computeMetadata/v1/instance/service-accounts/default/token"
    try:
        http = await client(probe, f"http://{host}")
        probe.at(Stage.AUTH)
        flavor = {"Metadata-Flavor": "Google"}
        answer = await ask(probe, http, "GET", path, params={"scopes": scope}, headers=flavor)
    except Fault as fault:
        raise GCP_NO_IDENTITY(reason=fault.message) from fault
    if answer.status_code != httpx.codes.OK:
        probe.details["answer"] = excerpt(answer.text)
        raise GCP_IDENTITY_REFUSED(error=f"HTTP {answer.status_code}")
    return _token_of(probe, json_of(answer, "Google's metadata server"), host)


async def token_by_key(probe: Probe, kept: Kept, scope: str) -> str:
    """Answer an access token of a service account's key file, or of a user's own login.

    Raises:
        Fault: the file is none, or Google does not accept it.

    """
    told = _read(probe, kept)
    account = str(told.get("client_email") or "the user of the file")
    url = str(told.get("token_uri") or _TOKEN_URI)
    form = _assertion(told, kept.told, url, scope)
    http = await client(probe, url)
    probe.at(Stage.AUTH)
    answer = await ask(probe, http, "POST", url, data=form)
    if answer.is_client_error and answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
        said = json_of(answer, "Google's token endpoint")
        probe.details["answer"] = excerpt(said.get("error_description") or "")
        raise GCP_TOKEN_EXCHANGE(account=account, error=excerpt(said.get("error") or "no reason"))
    if answer.status_code != httpx.codes.OK:
        raise GCP_LOGIN_FAILED(host=http.base_url.host, error=f"HTTP {answer.status_code}")
    return _token_of(probe, json_of(answer, "Google's token endpoint"), http.base_url.host)


def needs_google_auth(service: str) -> None:
    """Say so if what signs for a key file is not installed.

    Raises:
        Fault: it is not (EXTRA_MISSING).

    """
    from importlib.util import find_spec

    if find_spec("google") is None or find_spec("google.auth") is None:
        raise layers.EXTRA_MISSING(service=service, extra="gcp")


def _read(probe: Probe, kept: Kept) -> dict[str, Any]:
    try:
        told = json.loads(Path(kept.file or "").read_bytes())
    except OSError as failure:
        reason = (failure.strerror or "unreadable").lower()
        raise GCP_KEY_FILE(place=kept.told, reason=reason) from failure
    except ValueError as failure:
        raise GCP_KEY_FILE(place=kept.told, reason="no JSON") from failure
    if not isinstance(told, dict):
        raise GCP_KEY_FILE(place=kept.told, reason="no JSON object")
    for name in ("private_key", "client_secret", "refresh_token"):
        if isinstance(told.get(name), str):
            probe.redactor.hide(told[name])
    return told


def _assertion(told: dict[str, Any], place: str, url: str, scope: str) -> dict[str, str]:
    """Answer the form that a token is asked for by."""
    kind = told.get("type")
    needed: tuple[str, ...] = ("client_email", "private_key")
    if kind == "authorized_user":
        needed = ("client_id", "client_secret", "refresh_token")
    elif kind != "service_account":
        raise GCP_KEY_FILE(place=place, reason=f"its type is {excerpt(kind or 'missing')}")
    missing = [name for name in needed if not isinstance(told.get(name), str)]
    if missing:
        raise GCP_KEY_FILE(place=place, reason=f"it has no {missing[0]}")
    if kind == "authorized_user":
        return {"grant_type": "refresh_token"} | {name: told[name] for name in needed}
    from google.auth import crypt, jwt

    now = int(time.time())
    claims = {"iss": told["client_email"], "scope": scope, "aud": url, "iat": now}
    try:
        signer = crypt.RSASigner.from_service_account_info(told)  # type: ignore[no-untyped-call]
    except ValueError as failure:
        raise GCP_KEY_FILE(place=place, reason="its private_key cannot be read") from failure
    claims |= {"exp": now + _HOUR}
    signed: bytes = jwt.encode(signer, claims)  # type: ignore[no-untyped-call]
    kind = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    return {"grant_type": kind, "assertion": signed.decode()}


def _token_of(probe: Probe, told: dict[str, Any], host: str) -> str:
    access = told.get("access_token")
    if not isinstance(access, str) or not access:
        raise GCP_LOGIN_FAILED(host=host, error="an answer without a token")
    # What the metadata server hands out is padded with dots, of which services take no notice.
    probe.redactor.hide(access.rstrip("."))
    return access
