"""A token for an Iceberg REST catalog, by OAuth2 client credentials."""

import httpx

from floe_deploy.preflight.check import Probe
from floe_deploy.preflight.checks.catalog import faults
from floe_deploy.preflight.checks.catalog.refusal import (
    SERVICE,
    Told,
    json,
    of_catalog,
    refusal,
    said,
    token_refusal,
)
from floe_deploy.preflight.code import Stage
from floe_deploy.preflight.connection import address_of
from floe_deploy.preflight.http import ask, client, json_of, wrong_service

_SHORT_SECONDS = 300
_NO_ENDPOINT = frozenset({404, 405, 501})


async def token(probe: Probe, http: httpx.AsyncClient, told: Told, headers: dict[str, str]) -> str:
    """Answer a token; the secret is in the body of the request, never in an address.

    Raises:
        Fault: there is none.

    """
    target = told.target
    elsewhere = target.token_uri
    if elsewhere:
        http = await client(probe, elsewhere, target.ca_file)
    form = {
        "grant_type": "client_credentials",
        "client_id": probe.text(target.client_id or ""),
        "client_secret": probe.text(target.client_secret or ""),
    }
    if target.scope or not elsewhere:
        form["scope"] = told.scope
    probe.at(Stage.AUTH)
    where, own = elsewhere or "v1/oauth/tokens", {} if elsewhere else headers
    answer = await ask(probe, http, "POST", where, data=form, headers=own)
    if answer.is_success:
        return _handed_out(probe, answer)
    if answer.status_code in _NO_ENDPOINT:
        if not elsewhere:
            await _has_catalog(probe, http, told, headers)
        raise faults.CAT_TOKEN_ENDPOINT(uri=answer.request.url)
    raise token_refusal(answer, told)


def _handed_out(probe: Probe, answer: httpx.Response) -> str:
    content = json_of(answer, "a token endpoint")
    found = content.get("access_token")
    if not isinstance(found, str) or not found:
        raise wrong_service(answer, "a token endpoint", "JSON without access_token")
    probe.redactor.hide(found)
    seconds = content.get("expires_in")
    if isinstance(seconds, int) and seconds < _SHORT_SECONDS:
        host = ":".join(map(str, address_of(str(answer.request.url))))
        probe.warn(faults.CAT_TOKEN_SHORT(host=host, seconds=seconds))
    return found


async def _has_catalog(
    probe: Probe, http: httpx.AsyncClient, told: Told, headers: dict[str, str]
) -> None:
    """Make sure that a catalog is there at all, where it has no token endpoint.

    Raises:
        Fault: there is none.

    """
    probe.at(Stage.OPERATION)
    answer = await ask(probe, http, "GET", "v1/config", headers=headers)
    if answer.is_success and "overrides" not in (json(answer) or {}):
        raise wrong_service(answer, SERVICE, f"HTTP {answer.status_code} without a configuration")
    wants_login = answer.status_code in {401, 403} and of_catalog(answer)
    if not answer.is_success and not wants_login and "warehouse" not in said(answer).lower():
        raise refusal(answer, told, "")
