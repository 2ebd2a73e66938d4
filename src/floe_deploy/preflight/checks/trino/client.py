"""Asking Trino over plain HTTP: what is not ours to follow is not followed."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import urlsplit

import httpx

from floe_constructs.preflight.targets import Trino
from floe_deploy.preflight.check import Probe
from floe_deploy.preflight.checks.trino import faults
from floe_deploy.preflight.connection import address_of, host_of
from floe_deploy.preflight.http import ask, client, excerpt, json_of, wrong_service

_LEAVING_SECONDS = 1.0
_QUICK, _POLITE = 0.02, 0.5  # seconds between polls; Trino holds each back for a second anyway
_QUICK_POLLS = 20

_NOT_READY = {502, 503, 504}
_ODD = {404, 405}
_NOT_ACCEPTABLE = 406


class StatementError(Exception):
    """A statement that Trino has not run, in Trino's words."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(name)
        self.name = name
        self.message = message


@dataclass(kw_only=True)
class Session:
    """A coordinator that is reached, and who asks it."""

    http: httpx.AsyncClient
    host: str
    port: int
    user: str
    encrypted: bool
    credential: str
    headers: Mapping[str, str]
    handed_out: set[str] = field(default_factory=set)

    @property
    def told(self) -> dict[str, Any]:
        """What messages name."""
        return {"host": self.host, "port": self.port, "user": self.user}

    async def version(self, probe: Probe) -> str:
        """Answer the coordinator's version, which needs no login; nothing where a proxy hides it.

        Raises:
            Fault: it is none, or not ready.

        """
        answer = await ask(probe, self.http, "GET", "/v1/info")
        if answer.status_code != httpx.codes.OK:
            if answer.status_code in _NOT_READY or answer.is_redirect:
                self._refuse(answer)
            return ""
        info = json_of(answer, "Trino")
        if "nodeVersion" not in info:
            raise wrong_service(answer, "Trino", "JSON of something else")
        if info.get("starting"):
            raise faults.TRINO_STARTING(**self.told, seen="it says that it is starting")
        if info.get("coordinator") is False:
            raise wrong_service(answer, "Trino's coordinator", "a worker")
        return str(info["nodeVersion"].get("version", ""))

    async def rows(self, probe: Probe, statement: str, end: float) -> list[list[Any]]:
        """Answer the rows of a statement; it is cancelled if it has not ended by then.

        Raises:
            StatementError: it was not run.
            Fault: it did not end, or there is no answer.

        """
        began, polls, following = time.monotonic(), 0, ""
        found: list[list[Any]] = []
        page = await self._page(probe, "POST", "/v1/statement", content=statement)
        try:
            while True:
                found += page.get("data") or []
                following = self._own(page.get("nextUri") or "")
                if failure := page.get("error"):
                    name = str(failure.get("errorName", ""))
                    raise StatementError(name, excerpt(failure.get("message", "")))
                if not following:
                    return found
                if time.monotonic() > end:
                    seconds = round(time.monotonic() - began)
                    state = page["stats"].get("state", "not done")
                    raise faults.TRINO_QUEUED(state=state, seconds=seconds)
                polls += 1
                await asyncio.sleep(_QUICK if polls < _QUICK_POLLS else _POLITE)
                page = await self._page(probe, "GET", following)
        finally:
            if following:
                await self._leave(following)

    async def _leave(self, following: str) -> None:
        with suppress(httpx.HTTPError, TimeoutError):
            async with asyncio.timeout(_LEAVING_SECONDS):
                await self.http.delete(following, headers=self.headers)

    def _own(self, following: str) -> str:
        """Answer the path of the next page: another host gets no credential of ours."""
        parts = urlsplit(following)
        if parts.netloc and (parts.scheme, *address_of(following)) != self._place:
            self.handed_out.add(f"{parts.scheme}://{parts.netloc}")
        return parts.path + (f"?{parts.query}" if parts.query else "")

    @property
    def _place(self) -> tuple[str, str, int]:
        return "https" if self.encrypted else "http", self.host.lower(), self.port

    async def _page(self, probe: Probe, method: str, path: str, **request: Any) -> dict[str, Any]:
        answer = await ask(probe, self.http, method, path, headers=self.headers, **request)
        if answer.status_code != httpx.codes.OK:
            self._refuse(answer)
        page = json_of(answer, "Trino")
        if "id" not in page or not isinstance(page.get("stats"), dict):
            raise wrong_service(answer, "Trino", "JSON of something else")
        return page

    def _refuse(self, answer: httpx.Response) -> NoReturn:
        status, seen = answer.status_code, excerpt(answer.text)
        values = self.told | {"seen": seen or f"HTTP {status}", "credential": self.credential}
        values["scheme"] = answer.headers.get("www-authenticate", "no scheme").split(" ")[0]
        if status == httpx.codes.UNAUTHORIZED:
            code = faults.TRINO_AUTH_FAILED if self.credential else faults.TRINO_AUTH_REQUIRED
        elif status == httpx.codes.FORBIDDEN:
            code = faults.TRINO_FORBIDDEN if self.encrypted else faults.TRINO_TLS_REQUIRED
        elif status == _NOT_ACCEPTABLE and "forwarded" in seen.lower():
            code = faults.TRINO_FORWARDED
        elif status in _NOT_READY:
            code = faults.TRINO_STARTING
        elif answer.is_redirect:
            where = answer.headers.get("location", "nowhere")
            raise wrong_service(answer, "Trino", f"HTTP {status} to {excerpt(where)}")
        elif status in _ODD:
            raise wrong_service(answer, "Trino", f"HTTP {status}")
        else:
            code = faults.TRINO_REFUSED
        raise code(**values)


async def session(probe: Probe, target: Trino) -> Session:
    """Try the layers below Trino.

    Raises:
        Fault: one of them does not work.

    """
    host, user = host_of(probe, target.host), probe.text(target.user)
    if not (user.isascii() and user.isprintable()):
        raise faults.TRINO_USER_MALFORMED(host=host, port=target.port)
    if target.password and not target.tls:
        raise faults.TRINO_PLAIN_PASSWORD(host=host, port=target.port)
    url = f"{'https' if target.tls else 'http'}://{bracketed(host)}:{target.port}"
    http = await client(probe, url, target.ca_file)
    if target.password:
        http.auth = httpx.BasicAuth(user, probe.text(target.password))
    return Session(
        http=http,
        host=host,
        port=target.port,
        user=user,
        encrypted=target.tls,
        credential=target.password.told if target.password else "",
        headers={"X-Trino-User": user, "X-Trino-Source": "floe-preflight"},
    )


def bracketed(host: str) -> str:
    """Answer a host as it is written in a URL."""
    return f"[{host}]" if ":" in host else host
