"""Asking an object store through obstore: no retries, every failure a fault or the store's no.

An object of the check's own is all that is ever written: its name is new each time, and nothing
else is deleted.
"""

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import httpx
from obstore import list as listing
from obstore.exceptions import BaseError

from floe_deploy.preflight import layers
from floe_deploy.preflight.check import CONNECT_SECONDS, RESPONSE_SECONDS, Check, Probe
from floe_deploy.preflight.code import Answer, Code, Fault, Stage
from floe_deploy.preflight.http import excerpt

if TYPE_CHECKING:
    from obstore.store import AzureStore, ClientConfig, RetryConfig, S3Store

    Store = S3Store | AzureStore

PROBE_LEFT = Code(
    id="PROBE_LEFT",
    stage=Stage.OPERATION,
    message="the object {key} may still be in {store}: time was up before it was deleted",
    remediation="Remove it by hand if it is there; nothing else has its name",
    detection="the object was to be written, and no answer said that it was deleted",
    warning=True,
)

PROBE_DIFFERS = Code(
    id="PROBE_DIFFERS",
    stage=Stage.OPERATION,
    message="what was read from {store} is not what was written to it",
    remediation="Look at what is between here and the store: a cache, a gateway, a proxy",
    detection="the bytes of the object",
)

CODES = (PROBE_LEFT, PROBE_DIFFERS)

CONTENT = (
    b"floe preflight wrote this, read it back and should have deleted it. It may be deleted.\n"
)
"""What is written."""

NO_RETRIES: "RetryConfig" = {
    "max_retries": 0,
    "retry_timeout": timedelta(seconds=RESPONSE_SECONDS),
}
"""What obstore is told about trying again."""

_STATUS = re.compile(
    r"non-2xx status code: (\d{3})[^:\n]*:? ?(.*?)(?:\n\nDebug source:|\Z)", re.DOTALL
)

# Azure deletes in bulk, and the answer's parts are told in words of their own.
_DELETED = re.compile(
    r"Bulk delete request failed for key [^:]*: (.*?) \(code: (\d{3})\)", re.DOTALL
)

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Refusal(Exception):  # noqa: N818  the store's own no
    """What a store has answered instead of doing what it was asked."""

    status: int
    """HTTP status; 200 for an answer that could not be understood."""

    code: str
    """The store's own name for it; empty when it gave none."""

    said: str
    """The beginning of what it said."""

    region: str = ""
    """Region that S3 says the bucket is in."""


Named = Callable[[Probe, str, Refusal], Fault]
"""Names the fault of a refused `list`, `write` or `read`, or warns of a refused `delete`."""


def pair(
    id: str,
    hint: str,
    listed: Callable[[Probe], Awaitable[Answer]],
    written: Callable[[Probe], Awaitable[Answer]],
) -> list[Check]:
    """Answer a store's two checks: it can be listed, and objects come and go."""
    may_list, may_write = "may list objects", "may write, read back and delete an object"
    return [
        Check(id=id, service="storage", title=may_list, hint=hint, run=listed),
        Check(
            id=f"{id}.write",
            service="storage",
            title=may_write,
            hint=hint,
            run=written,
            requires=id,
        ),
    ]


def by_status(status: int, *, busy: Code, unavailable: Code, denied: Code, refused: Code) -> Code:
    """Answer what an HTTP status means, where a store's own name for it says no more."""
    if status in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE):
        return busy
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return unavailable
    return denied if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN) else refused


def new_key(prefix: str | None) -> str:
    """Answer a name that no object has."""
    folder = f"{prefix.strip('/')}/" if prefix else ""
    return f"{folder}_floe_preflight/{uuid.uuid4()}"


def client_options(ca_file: str | None) -> "ClientConfig":
    """Answer what obstore is told about connections."""
    options: ClientConfig = {
        "allow_http": True,
        "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
        "timeout": timedelta(seconds=RESPONSE_SECONDS),
        "user_agent": "floe-preflight",
    }
    if ca_file:
        options["root_certificate"] = Path(ca_file).read_bytes()
    return options


async def list_objects(probe: Probe, store: "Store", prefix: str | None) -> None:
    """List the first objects.

    Raises:
        Refusal: the store says no.
        Fault: it says nothing, or no store is there.

    """
    await _answered(probe, anext(listing(store, prefix, chunk_size=1), None))


async def write_read_delete(
    probe: Probe, store: "Store", name: str, key: str, named: Named
) -> Answer:
    """Write an object, read it back and delete it.

    Raises:
        Fault: one of the three does not work.

    """
    left = PROBE_LEFT(key=key, store=name)
    probe.warn(left)  # until it is gone
    try:
        await _answered(probe, store.put_async(key, CONTENT, use_multipart=False))
    except Refusal as refusal:
        probe.warnings.remove(left)
        raise named(probe, "write", refusal) from refusal
    refused: Refusal | None = None
    try:
        same = await _answered(probe, _content(store, key)) == CONTENT
    except Refusal as refusal:
        refused, same = refusal, False
    try:
        await _answered(probe, store.delete_async(key))
    except Refusal as refusal:
        probe.warn(named(probe, "delete", refusal))
    probe.warnings.remove(left)
    if refused:
        raise named(probe, "read", refused) from refused
    if not same:
        raise PROBE_DIFFERS(store=name)
    return Answer(message=f"{name}: wrote, read back and deleted an object")


async def _content(store: "Store", key: str) -> bytes:
    return bytes(await (await store.get_async(key)).bytes_async())


async def _answered(probe: Probe, asked: Awaitable[T]) -> T:
    probe.at(Stage.OPERATION)
    try:
        async with asyncio.timeout(RESPONSE_SECONDS):
            return await asked
    except TimeoutError:
        raise layers.RESPONSE_TIMEOUT(host=probe.waits_for, seconds=RESPONSE_SECONDS) from None
    except (BaseError, OSError, ValueError) as failure:
        raise _named(probe, str(failure)) from failure


def _named(probe: Probe, text: str) -> Exception:
    """Answer what a failure of obstore means, which tells it in its words alone."""
    if found := _STATUS.search(text):
        return refusal_of(int(found[1]), found[2])
    if found := _DELETED.search(text):
        return Refusal(status=int(found[2]), code="", said=excerpt(found[1]))
    if "redirect without LOCATION" in text:
        return Refusal(status=301, code="PermanentRedirect", said="")
    if "error sending request" not in text:
        return Refusal(status=200, code="", said=excerpt(text.partition("\n\nDebug source:")[0]))
    return _unsent(text, *probe.waits_for.rsplit(":", 1))


def _unsent(text: str, host: str, port: str) -> Fault:
    if "kind: Timeout" in text or "TimedOut" in text:
        return layers.RESPONSE_TIMEOUT(host=f"{host}:{port}", seconds=RESPONSE_SECONDS)
    if "proxy authorization required" in text or "ProxyAuthRequired" in text:
        return layers.PROXY_REQUIRED(host=host)
    if "invalid peer certificate" in text:
        issuer = "obstore has other authorities than Python"
        return layers.TLS_UNTRUSTED(host=host, port=port, issuer=issuer)
    return layers.CONN_CLOSED(host=f"{host}:{port}")


def refusal_of(status: int, body: str) -> Refusal:
    """Answer what a store's answer says, from its XML."""
    code, said, region = (
        found[1] if (found := re.search(rf"<{name}>([^<]*)</{name}>", body)) else ""
        for name in ("Code", "Message", "Region")
    )
    return Refusal(status=status, code=code, said=excerpt(said or body), region=region)
