"""Making Secrets in the cluster: at random, where they are not there yet, and changing none."""

import base64
import os
import re
import secrets
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol

import httpx

from floe_constructs.kubernetes.secret import OPAQUE
from floe_constructs.services.config.secrets import REFERENCE, MadeSecret, MadeSecrets
from floe_deploy.errors import NotPreparedError

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds whom it is to the API server, and whom that is verified by."""

_SECONDS = 20
_LABELS = {
    "app.kubernetes.io/part-of": "floe",
    "app.kubernetes.io/managed-by": "floe-prepare",
}

Values = Mapping[str, str]


class Place(Protocol):
    """Where Secrets are."""

    def read(self, name: str) -> Values | None:
        """Answer the values of a Secret; None where it is not there."""

    def make(self, name: str, values: Values) -> bool:
        """Make a Secret; answer False where somebody else has just made it."""


class Namespace:
    """The Secrets of a namespace of a cluster."""

    def __init__(self, http: httpx.Client, name: str) -> None:
        self._http, self._name = http, name

    def read(self, name: str) -> Values | None:
        """Answer the values of a Secret; None where it is not there."""
        answer = self._ask("GET", f"/{name}")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        data = _checked(answer, f"read Secret {name}").json().get("data") or {}
        return {key: base64.b64decode(value).decode() for key, value in data.items()}

    def make(self, name: str, values: Values) -> bool:
        """Make a Secret; answer False where somebody else has just made it."""
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "labels": _LABELS},
            "type": OPAQUE,
            "stringData": dict(values),
        }
        answer = self._ask("POST", "", json=body)
        if answer.status_code == HTTPStatus.CONFLICT:
            return False
        _checked(answer, f"make Secret {name}")
        return True

    def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            return self._http.request(
                method, f"/api/v1/namespaces/{self._name}/secrets{path}", **request
            )
        except httpx.HTTPError as failure:
            msg = f"the API server does not answer: {failure or type(failure).__name__}"
            raise NotPreparedError(msg) from failure


@contextmanager
def own(account: Path = ACCOUNT) -> Iterator[Namespace]:
    """Answer the pod's own namespace, as its account.

    Raises:
        NotPreparedError: it runs in no pod, or the pod has no token.

    """
    host, port = (os.environ.get(f"KUBERNETES_SERVICE_{what}") for what in ("HOST", "PORT"))
    if not host or not (account / "token").is_file():
        msg = "no API server: this runs in a pod whose ServiceAccount has a token"
        raise NotPreparedError(msg)
    name, token = ((account / file).read_text("utf-8").strip() for file in ("namespace", "token"))
    with httpx.Client(
        base_url=f"https://{f'[{host}]' if ':' in host else host}:{port or 443}",
        headers={"Authorization": f"Bearer {token}"},
        verify=ssl.create_default_context(cafile=str(account / "ca.crt")),
        timeout=_SECONDS,
        trust_env=False,
    ) as http:
        yield Namespace(http, name)


def make(wanted: MadeSecrets, there: Place) -> Iterator[str]:
    """Make what is missing, and answer a line of each Secret; no line holds a value.

    Raises:
        NotPreparedError: one is there, and is not what it has to be.

    """
    known: dict[str, Values] = {}
    for secret in wanted.secrets:
        values = there.read(secret.name)
        made = False
        if values is None:
            new = _values(secret, known, random=lambda length: secrets.token_hex(length)[:length])
            made = there.make(secret.name, new)
            values = new if made else there.read(secret.name) or {}
        _hold(secret, values, known)
        known[secret.name] = values
        yield f"Secret {secret.name}: {'made' if made else 'there'}"


def _values(
    secret: MadeSecret, known: Mapping[str, Values], random: Callable[[int], str]
) -> dict[str, str]:
    """Answer the values of a new Secret."""
    values = {key: random(length) for key, length in secret.random.items()}
    return values | _composed(secret, {**known, secret.name: values})


def _composed(secret: MadeSecret, known: Mapping[str, Values]) -> dict[str, str]:
    def value(found: re.Match[str]) -> str:
        return known[found[1]][found[2]]

    return {key: REFERENCE.sub(value, text) for key, text in secret.composed.items()}


def _hold(secret: MadeSecret, values: Values, known: Mapping[str, Values]) -> None:
    """Refuse a Secret that lacks a key, or that is composed of what is no more.

    Raises:
        NotPreparedError: it is so.

    """
    lacking = sorted({*secret.random, *secret.composed} - values.keys())
    fix = "delete it, and this Job: both are made again"
    if lacking:
        msg = f"Secret {secret.name} is there without {', '.join(lacking)}: add it, or {fix}"
        raise NotPreparedError(msg)
    for key, text in _composed(secret, {**known, secret.name: values}).items():
        if values[key] != text:
            msg = (
                f"Secret {secret.name}, key {key}, was made of other values than there are now, "
                f"or by somebody else: {fix}; then restart the pods that read it"
            )
            raise NotPreparedError(msg)


def _checked(answer: httpx.Response, what: str) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        said = str(answer.json().get("message", ""))
    except ValueError:
        said = ""
    msg = f"the API server refuses to {what}: HTTP {answer.status_code} {said}".strip()
    raise NotPreparedError(msg)
