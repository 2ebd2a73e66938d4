"""Writing, reading back and deleting an object, however a store is asked.

An object of the check's own is all that is ever written: its name is new each time, and nothing
else is deleted.
"""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import httpx

from floe_deploy.preflight.check import Check, Probe
from floe_deploy.preflight.code import Answer, Code, Fault, Stage

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


@dataclass(kw_only=True, eq=False)
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


class Objects(Protocol):
    """Objects of a bucket or container; each raises a `Refusal` when the store says no."""

    async def put(self, key: str, content: bytes) -> None:
        """Write one."""

    async def get(self, key: str) -> bytes:
        """Read one."""

    async def delete(self, key: str) -> None:
        """Delete one."""


async def write_read_delete(
    probe: Probe, objects: Objects, name: str, key: str, named: Named
) -> Answer:
    """Write an object, read it back and delete it.

    Raises:
        Fault: one of the three does not work.

    """
    left = PROBE_LEFT(key=key, store=name)
    probe.warn(left)  # until it is gone
    try:
        await objects.put(key, CONTENT)
    except Refusal as refusal:
        probe.warnings.remove(left)
        raise named(probe, "write", refusal) from refusal
    try:
        same = await objects.get(key) == CONTENT
    except Refusal as refusal:
        raise named(probe, "read", refusal) from refusal
    finally:
        await _removed(probe, objects, key, named, left)
    if not same:
        raise PROBE_DIFFERS(store=name)
    return Answer(message=f"{name}: wrote, read back and deleted an object")


async def _removed(probe: Probe, objects: Objects, key: str, named: Named, left: Fault) -> None:
    try:
        await objects.delete(key)
    except Refusal as refusal:
        probe.warn(named(probe, "delete", refusal))
    probe.warnings.remove(left)
