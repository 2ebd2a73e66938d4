"""Trying checks, once or until what time may mend is mended, with a sign of life on terminals."""

import sys
import threading
import time
from collections.abc import Sequence

import typer

from floe_deploy.preflight import report, runner, text
from floe_deploy.preflight.asked import Asked
from floe_deploy.preflight.check import Check
from floe_deploy.preflight.checks import checks
from floe_deploy.preflight.finding import Finding
from floe_deploy.preflight.preparing import Prepared

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 15.0
_WIDE = 79
"""Columns that every terminal has: a line that wraps could not be wiped out."""

_stopping = threading.Event()


def stop(*_: object) -> None:
    """End with the run that goes on: a handler of SIGTERM, which ends no program that is PID 1.

    A run takes less than the half minute that Kubernetes gives a pod, and leaves nothing behind.
    """
    _stopping.set()


def found(asked: Asked, ready: Prepared) -> list[Finding]:
    """Run the checks; with `wait` again, until all is well, or trying is of no use, or too late."""
    end = time.monotonic() + asked.deadline + asked.wait
    ids, pause = {check.id for check in ready.checks}, _FIRST_PAUSE
    while True:
        left = end - time.monotonic()
        findings = runner.run(
            [check for check in checks(ready.config) if check.id in ids],
            ready.credentials,
            seconds=asked.timeout,
            deadline=min(asked.deadline, left),
            thresholds=ready.config.warnings,
            watch=_progress() if sys.stderr and sys.stderr.isatty() else None,
        )
        failures = report.failing(report.ignoring(findings, asked.ignore), strict=asked.strict)
        hopeless = any(one.definitive or one.code == "UNEXPECTED" for one in failures)
        too_late = time.monotonic() + pause >= end - 1
        if not (failures and asked.wait) or hopeless or too_late or _stopping.is_set():
            return findings
        typer.echo(f"again in {pause:g} s: {text.line(failures[0])}", err=True)
        if _stopping.wait(pause):
            return findings
        pause = min(pause * 2, _LONGEST_PAUSE)


def _progress() -> runner.Watcher:
    """Answer what tells on a terminal whom is waited for, from the first second on."""
    began, shown = time.monotonic(), ""

    def watch(waiting: Sequence[Check], total: int) -> None:
        nonlocal shown
        seconds, ids = time.monotonic() - began, {check.id for check in waiting}
        first = ", ".join(check.id for check in waiting if check.requires not in ids)
        told = f"{total - len(waiting)} of {total}, {seconds:.0f} s; waiting for {first}"[:_WIDE]
        told = told if waiting and seconds > 1 else ""
        if told != shown:
            typer.echo(f"\r\x1b[2K{told}", nl=False, err=True)
        shown = told

    return watch
