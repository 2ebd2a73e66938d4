"""Running checks: all services at once, each in its time, and an end whatever a library does."""

import asyncio
import os
import threading
import time
import traceback
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field

from floe_constructs.preflight.targets import Warnings
from floe_deploy.preflight import layers
from floe_deploy.preflight.check import Check, Probe
from floe_deploy.preflight.code import Fault, Stage
from floe_deploy.preflight.credentials import Credentials
from floe_deploy.preflight.finding import Finding, bad, good, redacted
from floe_deploy.preflight.redaction import Redactor

_THREADS = 32
"""Names that can be looked for at once; a name server that is silent holds each for long."""

_CLOSING_SECONDS = 1.0
"""How long connections may take to close, after the last check."""

Watcher = Callable[[Sequence[Check], int], None]
"""Told which checks still run, and of how many; at the end that none does."""


@dataclass(kw_only=True)
class _Running:
    """What is known of a check while it runs, read from another thread when time is up."""

    check: Check
    probe: Probe
    began: float = 0.0
    findings: list[Finding] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def milliseconds(self) -> int:
        return round((time.monotonic() - self.began) * 1000) if self.began else 0

    @property
    def failed(self) -> bool:
        return any(found.status == "error" or found.code == "SKIPPED" for found in self.findings)


def run(  # noqa: PLR0913  a run has that many independent parts
    checks: Sequence[Check],
    credentials: Credentials,
    *,
    seconds: float,
    deadline: float,
    thresholds: Warnings | None = None,
    watch: Watcher | None = None,
) -> list[Finding]:
    """Run checks at once, those that build on another after it; answer what they found, in order.

    No credential is in what it answers.

    `seconds` is the time of each check, `deadline` that of all together. It returns by then even if
    a library blocks: the checks run in a thread that is left behind. Whoever ends the process then
    does so with `os._exit`, or waits for that thread.
    """
    resources, redactor = AsyncExitStack(), Redactor(credentials)
    running = {
        check.id: _Running(
            check=check,
            probe=Probe(
                credentials=credentials,
                redactor=redactor,
                resources=resources,
                thresholds=thresholds or Warnings(),
                seconds=min(seconds, deadline),
            ),
        )
        for check in checks
    }
    over = threading.Event()
    end = time.monotonic() + deadline
    work = _all(running, resources, over)
    threading.Thread(target=_in_loop, args=(work, over), daemon=True).start()
    while not over.wait(min(0.1, max(end - time.monotonic(), 0))):
        if watch:
            watch([it.check for it in running.values() if not it.findings], len(running))
        if time.monotonic() >= end:
            break
    if watch:
        watch([], len(running))
    late = [it.findings or [_late(it, deadline), *_warnings(it)] for it in running.values()]
    found = [one for of_check in late for one in of_check]
    # What was skipped says nothing but the id of another check.
    return [one if one.code == layers.SKIPPED.id else redacted(one, redactor) for one in found]


def _in_loop(work: Coroutine[None, None, None], over: threading.Event) -> None:
    try:
        asyncio.run(work)
    finally:
        over.set()


async def _all(
    running: dict[str, _Running], resources: AsyncExitStack, over: threading.Event
) -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="preflight"))
    # What a library leaves behind is logged with all that a server has said.
    loop.set_exception_handler(lambda *_: None)
    await asyncio.gather(*(_one(it, running) for it in running.values()))
    with suppress(Exception):  # what does not close is of no interest any more
        async with asyncio.timeout(_CLOSING_SECONDS):
            await resources.aclose()
    over.set()


async def _one(it: _Running, running: dict[str, _Running]) -> None:
    needed = running.get(it.check.requires)
    if needed:
        await needed.done.wait()
    if needed and needed.failed:
        it.findings = [bad(it.check, layers.SKIPPED(check=needed.check.id))]
    else:
        it.findings = await _found(it)
    it.done.set()


async def _found(it: _Running) -> list[Finding]:
    it.began, probe = time.monotonic(), it.probe
    try:
        async with asyncio.timeout(probe.seconds):
            answer = await it.check.run(probe)
    except Fault as fault:
        stage = "" if fault.code.stage != Stage.OPERATION else probe.stage
        return [bad(it.check, fault, it.milliseconds, probe.details, stage=stage), *_warnings(it)]
    except TimeoutError:
        return [_late(it, probe.seconds), *_warnings(it)]
    except Exception as failure:  # noqa: BLE001  a program error of ours is no failed service
        return [_unexpected(it, failure), *_warnings(it)]
    limit = probe.thresholds.slow_ms
    if it.milliseconds > limit:
        probe.warn(layers.SLOW_RESPONSE(milliseconds=it.milliseconds, limit=limit))
    return _warnings(it) or [good(it.check, answer, it.milliseconds, probe.details)]


def _warnings(it: _Running) -> list[Finding]:
    found = {fault.message: fault for fault in it.probe.warnings}
    details = it.probe.details
    return [
        bad(it.check, fault, it.milliseconds, details, warning=True) for fault in found.values()
    ]


def _late(it: _Running, seconds: float) -> Finding:
    """Name the layer that has not answered when time is up."""
    where = it.probe.waits_for
    host, _, port = where.rpartition(":")
    match it.probe.stage:
        case Stage.CONFIG:
            fault = layers.DEADLINE(seconds=seconds)
        case Stage.DNS:
            fault = layers.DNS_TIMEOUT(host=host, seconds=seconds)
        case Stage.TCP:
            fault = layers.CONN_TIMEOUT(host=host, port=port, seconds=seconds)
        case _:
            fault = layers.RESPONSE_TIMEOUT(host=where, seconds=seconds)
    return bad(it.check, fault, it.milliseconds, it.probe.details, stage=it.probe.stage)


def _unexpected(it: _Running, failure: Exception) -> Finding:
    if os.environ.get("FLOE_TRACEBACK"):
        it.probe.details["traceback"] = traceback.format_exception(failure)
    fault = layers.UNEXPECTED(error=type(failure).__name__)
    return bad(it.check, fault, it.milliseconds, it.probe.details, stage=it.probe.stage)
