"""Making what has to be in Polaris: catalogs, clients, their roles and rights."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from urllib.parse import quote

import httpx

from floe_constructs.services.config.polaris import Client, Setup
from floe_deploy.errors import NotPreparedError

_SECONDS = 20
_PAUSE_SECONDS, _PATIENCE_SECONDS = 2, 600
_RIGHT = "CATALOG_MANAGE_CONTENT"
_CONTENT = "content"
"""Role within a catalog that may do anything with what is in it."""

_TOKEN = "/api/catalog/v1/oauth/tokens"  # noqa: S105  where one is
_MANAGEMENT = "/api/management/v1"


class Polaris:
    """A Polaris, as its root sees it."""

    def __init__(self, http: httpx.Client, variables: Mapping[str, str]) -> None:
        self._http, self._variables = http, variables

    def log_in(
        self, patience: float = _PATIENCE_SECONDS, pause: Callable[[float], None] = time.sleep
    ) -> None:
        """Log in as root, as soon as the server answers and its realm is bootstrapped.

        Raises:
            NotPreparedError: it does not, or root's credentials are others.

        """
        login = self.variable("ROOT_CLIENT_ID"), self.variable("ROOT_CLIENT_SECRET")
        until = time.monotonic() + patience
        while True:
            seen = self._try(*login)
            if not seen:
                return
            if time.monotonic() > until:
                raise NotPreparedError(f"Polaris is not ready: {seen}")
            pause(_PAUSE_SECONDS)

    def _try(self, name: str, secret: str) -> str:
        """Try to log in; answer what was seen where time may mend it."""
        try:
            answer = self._token(name, secret)
        except httpx.HTTPError as failure:
            return f"{failure or type(failure).__name__}"
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            msg = (
                "Polaris does not know its root: its realm was bootstrapped with other credentials "
                "than are in Secret polaris-root, which may have been made anew since. Bring the "
                "old one back, or purge the realm"
            )
            raise NotPreparedError(msg)
        if not answer.is_success:
            return f"HTTP {answer.status_code} {answer.text[:200]}"
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return ""

    def knows(self, name: str, secret: str) -> bool:
        """Tell whether a client with these credentials may log in."""
        return self._sent(lambda: self._token(name, secret)).is_success

    def _token(self, name: str, secret: str) -> httpx.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": name,
            "client_secret": secret,
            "scope": "PRINCIPAL_ROLE:ALL",
        }
        return self._http.post(_TOKEN, data=form, headers={"Authorization": ""})

    def variable(self, name: str) -> str:
        """Answer a variable of the environment.

        Raises:
            NotPreparedError: it is not set.

        """
        if not (value := self._variables.get(name, "")):
            raise NotPreparedError(f"the variable {name} is not set")
        return value

    def ask(
        self, method: str, *path: str, body: object = None, conflict: bool = False
    ) -> httpx.Response:
        """Ask the management API.

        Raises:
            NotPreparedError: it refuses; that something is there already is none with `conflict`.

        """
        at = "/".join(quote(part, safe="") for part in path)
        answer = self._sent(lambda: self._http.request(method, f"{_MANAGEMENT}/{at}", json=body))
        if answer.is_success or (conflict and answer.status_code == HTTPStatus.CONFLICT):
            return answer
        said = answer.text[:500]
        raise NotPreparedError(f"Polaris refuses {method} {at}: HTTP {answer.status_code} {said}")

    def _sent(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        try:
            return send()
        except httpx.HTTPError as failure:
            msg = f"Polaris does not answer: {failure or type(failure).__name__}"
            raise NotPreparedError(msg) from failure


@contextmanager
def opened(setup: Setup, variables: Mapping[str, str] = os.environ) -> Iterator[Polaris]:
    """Answer a Polaris that nobody has logged in to yet; credentials are in variables."""
    realm = {"Polaris-Realm": setup.realm}
    with httpx.Client(base_url=setup.url, headers=realm, timeout=_SECONDS, trust_env=False) as http:
        yield Polaris(http, variables)


def make(setup: Setup, polaris: Polaris) -> Iterator[str]:
    """Make what is missing, and answer a line of each catalog and client; none holds a secret.

    Raises:
        NotPreparedError: something is refused, or is there and is not what it has to be.

    """
    for name, places in setup.catalogs.items():
        yield f"catalog {name}: {_catalog(polaris, setup, name, places)}"
    for client in setup.clients:
        yield f"client {client.name}: {_client(polaris, client)}"


def _catalog(polaris: Polaris, setup: Setup, name: str, places: Sequence[str]) -> str:
    storage = {
        "storageType": "S3",
        "allowedLocations": list(places),
        "endpoint": setup.endpoint,
        "region": setup.region,
        "pathStyleAccess": True,
        "stsUnavailable": True,  # the store has none: clients bring keys of their own
    }
    said = {
        "type": "INTERNAL",
        "name": name,
        "readOnly": False,
        "properties": {"default-base-location": places[0]},
        "storageConfigInfo": storage,
    }
    body = {"catalog": said}
    made = polaris.ask("POST", "catalogs", body=body, conflict=True).is_success
    there = polaris.ask("GET", "catalogs", name).json()
    said_there = there.get("storageConfigInfo", {}).get("allowedLocations", ())
    kept = {place.rstrip("/") for place in said_there}
    if not kept >= set(places):
        msg = (
            f"catalog {name} is there with places {', '.join(sorted(kept))}, and not with "
            f"{', '.join(places)}: add them to it (PUT catalogs/{name} of the management API)"
        )
        raise NotPreparedError(msg)
    role = {"catalogRole": {"name": _CONTENT}}
    polaris.ask("POST", "catalogs", name, "catalog-roles", body=role, conflict=True)
    at = ("catalogs", name, "catalog-roles", _CONTENT, "grants")
    grants = polaris.ask("GET", *at).json().get("grants", ())
    if not any(grant.get("privilege") == _RIGHT for grant in grants):
        polaris.ask("PUT", *at, body={"grant": {"type": "catalog", "privilege": _RIGHT}})
    return _said(made=made)


def _client(polaris: Polaris, client: Client) -> str:
    """Make a client, and let it be known by the credentials that there are, now or again."""
    name = client.id or polaris.variable(client.id_variable or "")
    secret = polaris.variable(client.secret_variable)
    principal = {"principal": {"name": client.name}, "credentialRotationRequired": False}
    made = polaris.ask("POST", "principals", body=principal, conflict=True).is_success
    if not polaris.knows(name, secret):
        login = {"clientId": name, "clientSecret": secret}
        polaris.ask("POST", "principals", client.name, "reset", body=login)
    role = {"principalRole": {"name": client.role}}
    polaris.ask("POST", "principal-roles", body=role, conflict=True)
    _assign(polaris, ("principals", client.name, "principal-roles"), client.role, role)
    for catalog in client.catalogs:
        content = {"catalogRole": {"name": _CONTENT}}
        at = ("principal-roles", client.role, "catalog-roles", catalog)
        _assign(polaris, at, _CONTENT, content)
    return _said(made=made)


def _assign(polaris: Polaris, at: tuple[str, ...], role: str, body: object) -> None:
    roles = polaris.ask("GET", *at).json().get("roles", ())
    if not any(one.get("name") == role for one in roles):
        polaris.ask("PUT", *at, body=body)


def _said(*, made: bool) -> str:
    return "made" if made else "there"
