"""Naming what a catalog answers instead of what it was asked for.

Polaris, SeaweedFS and others say the same thing with other statuses and words.
"""

import re
from dataclasses import dataclass
from typing import Any

import httpx

from floe_constructs.preflight.targets import RestCatalog
from floe_deploy.preflight.checks.catalog import faults
from floe_deploy.preflight.connection import place_of
from floe_deploy.preflight.http import excerpt, kind_of, wrong_service

SERVICE = "an Iceberg REST catalog"

_GONE = frozenset({502, 503, 504})
_NO_REALM = re.compile(
    r"MissingOrInvalidRealm|(unknown|missing|invalid)[\w ]* realm|realm is not bootstrapped",
    re.IGNORECASE,
)
_NO_WAREHOUSE = re.compile(r"warehouse|catalog|table bucket", re.IGNORECASE)
_PRINCIPAL = re.compile(r"Principal '([^']+)'")


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is told of a catalog."""

    target: RestCatalog
    """The catalog, as it is configured."""

    uri: str
    """Its address."""

    scope: str
    """The scope that tokens are asked for."""

    @property
    def warehouse(self) -> str:
        """Which warehouse is asked for; where none is said, which catalog."""
        return self.target.warehouse or self.uri

    @property
    def client(self) -> str:
        """Who logs in, without showing what is kept as a credential."""
        given = self.target.client_id
        return given if isinstance(given, str) else f"({given.told})" if given else "nobody"

    @property
    def secret(self) -> str:
        """Where the secret is kept."""
        return self.target.client_secret.told if self.target.client_secret else "client_secret"


def json(answer: httpx.Response) -> dict[str, Any] | None:
    """Answer the JSON object that is in an answer; nothing, if there is none."""
    try:
        content = answer.json()
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def said(answer: httpx.Response) -> str:
    """Answer an error in the catalog's own words: its type and message."""
    error = (json(answer) or {}).get("error")
    if isinstance(error, dict):
        return f"{error.get('type', '')} {error.get('message', '')}".strip()
    return str(error or "")


def of_catalog(answer: httpx.Response) -> bool:
    """Tell whether it may be a catalog that has answered: errors are JSON, or without a body."""
    return json(answer) is not None or not answer.content


def refusal(answer: httpx.Response, told: Told, what: str) -> Exception:
    """Answer the fault that a catalog's answer to a request for `what` is."""
    if general := _general(answer, told):
        return general
    words = said(answer)
    match answer.status_code:
        case 401 | 403 if told.target.client_id is None:
            code = faults.CAT_NO_CLIENT
        case 400 if told.target.warehouse is None:
            code = faults.CAT_WAREHOUSE_UNSAID
        case 401:
            code = faults.CAT_TOKEN_REJECTED
        case 403:
            code = faults.CAT_FORBIDDEN
        case 404 if _NO_WAREHOUSE.search(words):
            code = faults.CAT_WAREHOUSE_MISSING
        case 404:
            code = faults.CAT_WRONG_PATH
        case _:
            code = faults.CAT_ERROR
    found = _PRINCIPAL.search(words)
    principal = found[1] if found else f"client {told.client}"
    return code(principal=principal, what=what, **_values(answer, told))


def token_refusal(answer: httpx.Response, told: Told) -> Exception:
    """Answer the fault that the answer of a token endpoint is."""
    if general := _general(answer, told):
        return general
    own = told.target.token_uri is None
    match answer.status_code, (json(answer) or {}).get("error"):
        case 400, "invalid_client" if own:
            code = faults.CAT_CLIENT_MISSING
        case _, "invalid_scope":
            code = faults.CAT_SCOPE
        case _, "unsupported_grant_type":
            code = faults.CAT_TOKEN_ENDPOINT
        case (401 | 403, _) | (_, "invalid_client" | "unauthorized_client" | "invalid_grant"):
            code = faults.CAT_CLIENT_REFUSED
        case _:
            code = faults.CAT_ERROR
    return code(**_values(answer, told) | {"uri": answer.request.url})


def _values(answer: httpx.Response, told: Told) -> dict[str, object]:
    """Answer all that a message may hold."""
    return {
        "host": place_of(str(answer.request.url)),
        "uri": told.uri,
        "client": told.client,
        "place": told.secret,
        "scope": told.scope,
        "warehouse": told.warehouse,
        "status": answer.status_code,
        "said": excerpt(said(answer)) or "no words",
    }


def _general(answer: httpx.Response, told: Told) -> Exception | None:
    """Answer what is wrong whatever was asked for."""
    status = answer.status_code
    if status in _GONE:
        return faults.CAT_NOT_READY(host=place_of(str(answer.request.url)), status=status)
    if _NO_REALM.search(said(answer)):
        realm = told.target.realm or "(none is configured)"
        return faults.CAT_REALM(realm=realm, host=place_of(str(answer.request.url)))
    if answer.is_redirect:
        seen = f"a redirect to {excerpt(answer.headers.get('location', 'nowhere'))}"
        return wrong_service(answer, SERVICE, seen)
    if of_catalog(answer):
        return None
    if status == httpx.codes.NOT_FOUND and "xml" not in kind_of(answer):
        return faults.CAT_WRONG_PATH(uri=told.uri)
    return wrong_service(answer, SERVICE)
