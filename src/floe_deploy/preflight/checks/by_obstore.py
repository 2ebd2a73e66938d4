"""Asking an object store through obstore: no retries, every failure a fault or the store's no."""

import asyncio
import re
from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from obstore import list as listing
from obstore.exceptions import BaseError

from floe_deploy.preflight import layers
from floe_deploy.preflight.check import CONNECT_SECONDS, RESPONSE_SECONDS, Probe
from floe_deploy.preflight.checks.objects import Refusal
from floe_deploy.preflight.code import Fault, Stage
from floe_deploy.preflight.http import excerpt

if TYPE_CHECKING:
    from obstore.store import AzureStore, ClientConfig, RetryConfig, S3Store

    Store = S3Store | AzureStore

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


class StoredObjects:
    """Objects of a store."""

    def __init__(self, probe: Probe, store: "Store") -> None:
        self.probe, self.store = probe, store

    async def put(self, key: str, content: bytes) -> None:
        """Write one."""
        await _answered(self.probe, self.store.put_async(key, content, use_multipart=False))

    async def get(self, key: str) -> bytes:
        """Read one."""
        return await _answered(self.probe, self._content(key))

    async def delete(self, key: str) -> None:
        """Delete one."""
        await _answered(self.probe, self.store.delete_async(key))

    async def _content(self, key: str) -> bytes:
        return bytes(await (await self.store.get_async(key)).bytes_async())


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
