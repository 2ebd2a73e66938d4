"""One run of `floe preflight`: from what was asked to what is printed, and how the process ends."""

import faulthandler
import io
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import typer

from floe_constructs.preflight.targets import PreflightConfig
from floe_constructs.problem import Problem
from floe_deploy.errors import InputError
from floe_deploy.preflight import gate, reading, report, text, trying
from floe_deploy.preflight.asked import Asked
from floe_deploy.preflight.check import Check
from floe_deploy.preflight.finding import Finding
from floe_deploy.preflight.junit import junit
from floe_deploy.preflight.layers import CONFIG_MISSING
from floe_deploy.preflight.preparing import NothingCheckedError, prepared

_INTERRUPTED = 130
_GRACE = 5
"""Seconds beyond the time of a run, after which the process is ended from outside of Python."""


def configuration(
    env: str | None, config: Path | None, overlays: Path | None, files: Path, *, verify: bool
) -> PreflightConfig:
    """Answer what is to be checked: of an environment, or of a file or environment variables.

    `verify` asks for what an environment deploys, in place of what it deploys on.

    Raises:
        InputError: it is not valid, or both are asked for.

    """
    if env is None:
        return reading.read(config)
    if config:
        problem = Problem(where="--env, --config", found="both", allowed="one of them")
        raise InputError("An environment and a file are not checked together:", [problem])
    return of_environment(env, overlays, files, verify=verify)


def of_environment(
    name: str, overlays: Path | None, files: Path, *, verify: bool = False
) -> PreflightConfig:
    """Answer what an overlay deploys on, checked from here: precisely what its gate checks.

    With `verify` it is what the overlay deploys: precisely what its verification asks. `files` is
    the folder of what pods have as files below `/etc/floe/preflight`.

    Raises:
        InputError: there is no such environment, or it is not valid.

    """
    from floe_deploy import overlay, project, wiring  # a gate has no overlay

    settings = project.load(overlays)
    (folder,) = overlay.folders(settings.overlays, [name])
    wired = wiring.wire(overlay.load(folder, settings.environment))
    return wired.verify(str(files)) if verify else wired.preflight(str(files))


def end(asked: Asked, configuration: Callable[[], PreflightConfig]) -> NoReturn:
    """Check what is asked for, and end the process, whatever a library still does in it."""
    _let_all_be_written(asked)
    signal.signal(signal.SIGTERM, trying.stop)
    sys.unraisablehook = lambda _: None  # a library's, when it is left behind half done
    try:
        code = _checked(asked, _read(configuration))
    except NothingCheckedError as failure:
        code = _nothing_checked(asked, failure.error)
    except InputError as failure:
        code = _nothing_checked(asked, _refused(failure))
    except KeyboardInterrupt:
        code = _INTERRUPTED
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, AttributeError):  # whoever reads it may have left, or never was
            stream.flush()
    os._exit(code)


def _let_all_be_written(asked: Asked) -> None:
    """Let no letter that a terminal does not know keep a report from being printed."""
    encoding = "utf-8" if asked.format in {"json", "junit"} else None
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _read(configuration: Callable[[], PreflightConfig]) -> PreflightConfig:
    """Read what is to be checked.

    Raises:
        InputError: it is not valid, or may not be read.

    """
    try:
        return configuration()
    except OSError as failure:
        where, found = str(failure.filename or ""), (failure.strerror or repr(failure)).lower()
        raise InputError("It cannot be read:", [Problem(where=where, found=found)]) from failure


def _checked(asked: Asked, config: PreflightConfig) -> int:
    """Check what a configuration names, print what was found, and answer the exit code.

    Raises:
        NothingCheckedError: a credential or an extra is missing, or there is no such check.

    """
    began = time.monotonic()
    ready = prepared(asked, config)
    if asked.listing:
        _list(asked, ready.checks)
        return report.PASSED
    # Of a library that blocks the interpreter itself, no thread of Python's frees the process.
    last = asked.deadline + asked.wait + _GRACE
    faulthandler.dump_traceback_later(last, exit=True, file=Path(os.devnull).open("w"))  # noqa: SIM115
    found = report.ignoring(trying.found(asked, ready), asked.ignore)
    milliseconds = round((time.monotonic() - began) * 1000)
    _print(asked, config, found, milliseconds)
    code = report.exit_code(found, strict=asked.strict, gate=asked.gate)
    if asked.gate:
        short = text.short(found, milliseconds, strict=asked.strict)
        gate.last_words(short, code, verify=asked.verify)
    return code


def _list(asked: Asked, checks: list[Check]) -> None:
    """Print the checks; nobody is asked."""
    if asked.format == "json":
        keys = ("id", "service", "title", "hint", "requires")
        told = [{key: getattr(check, key) for key in keys} for check in checks]
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    wide = max(len(check.id) for check in checks)
    for check in checks:
        typer.echo(f"{check.id:<{wide}}  {check.title}, at {check.hint}")


def _nothing_checked(asked: Asked, error: report.ConfigurationError) -> int:
    """Print why nothing could be checked, and answer the exit code.

    A gate is tried again where a credential is missing: somebody may be about to make it.
    """
    with suppress(BrokenPipeError):
        if asked.format == "json":
            typer.echo(error.model_dump_json(indent=2))
        else:
            typer.echo(error.message, err=True)
    code = report.INVALID
    if asked.gate:
        again = error.error == "missing_credentials"
        code = report.FAILED if again else report.DEFINITIVE
        gate.last_words(error.message.splitlines(), code, verify=asked.verify)
    return code


def _refused(failure: InputError) -> report.ConfigurationError:
    """Answer what is printed for a configuration that cannot be read."""
    details = [
        report.ConfigurationFault(
            where=problem.where,
            message=str(problem),
            service=problem.service if isinstance(problem, reading.Unset) else None,
            code=CONFIG_MISSING.id if isinstance(problem, reading.Unset) else None,
        )
        for problem in failure.problems
    ]
    absent = isinstance(failure, reading.NoConfigurationError)
    return report.ConfigurationError(
        error="config_not_found" if absent else "config_invalid",
        message=str(failure),
        details=details,
    )


def _print(asked: Asked, config: PreflightConfig, found: list[Finding], milliseconds: int) -> None:
    title = f"preflight {config.environment}" if config.environment else "preflight"
    match asked.format:
        case "table":
            lines = text.table(found, title, milliseconds, strict=asked.strict)
        case "short":
            lines = text.short(found, milliseconds, strict=asked.strict)
        case "junit":
            lines = [junit(found, title, milliseconds, strict=asked.strict)]
        case "json":
            told = report.report(
                found,
                environment=config.environment,
                milliseconds=milliseconds,
                strict=asked.strict,
            )
            lines = [json.dumps(told.model_dump(mode="json"), indent=2, ensure_ascii=False)]
    with suppress(BrokenPipeError):  # whoever reads it has left; the exit code tells
        typer.echo("\n".join(lines), color=False if os.environ.get("NO_COLOR") else None)
