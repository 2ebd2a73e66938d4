"""The report of a run, as people read it."""

from collections.abc import Sequence

import typer

from floe_deploy.preflight.finding import Finding, Status
from floe_deploy.preflight.layers import SKIPPED
from floe_deploy.preflight.report import failing

_SIGNS: dict[Status, tuple[str, str]] = {
    "ok": ("ok", typer.colors.GREEN),
    "warning": ("warning", typer.colors.YELLOW),
    "error": ("error", typer.colors.RED),
}


def table(findings: Sequence[Finding], title: str, milliseconds: int, *, strict: bool) -> list[str]:
    """Answer a line for each finding, then what to do about those that are not well."""
    wide = max((len(found.id) for found in findings), default=0)
    lines = [typer.style(title, bold=True)]
    for found in findings:
        sign, colour = _SIGNS[found.status]
        time = f"{found.duration_ms:>6} ms" if found.duration_ms else " " * 9
        text = found.message if found.code == "OK" else f"{found.code}: {found.message}"
        lines.append(
            f"  {typer.style(f'{sign:<7}', fg=colour)}  {found.id:<{wide}}  {time}  {text}"
        )
    told = [line(found) for found in findings if _needs_a_hand(found)]
    return [*lines, *(["", *told] if told else []), "", summary(findings, milliseconds, strict)]


def short(findings: Sequence[Finding], milliseconds: int, *, strict: bool) -> list[str]:
    """Answer a line for each finding that is not well, errors first, and how it ended."""
    told = sorted(filter(_needs_a_hand, findings), key=_weight)
    return [*map(line, told), summary(findings, milliseconds, strict)]


def _needs_a_hand(found: Finding) -> bool:
    """Tell whether there is something to do; what was skipped waits for another's mending."""
    return bool(found.remediation) and found.code != SKIPPED.id


def _weight(found: Finding) -> int:
    return ("error", "warning", "ok").index(found.status)


def line(found: Finding) -> str:
    """Answer a fault in one line: `[POSTGRES] ERROR: …. Remediation: …`."""
    service, status = found.service.upper(), found.status.upper()
    told = f"[{service}] {status}: {found.id}: {found.message} ({found.code})."
    return f"{told} Remediation: {found.remediation}" if found.remediation else told


def summary(findings: Sequence[Finding], milliseconds: int, strict: bool) -> str:  # noqa: FBT001
    """Answer how a run ended, in one line."""
    ids = {found.id for found in findings}
    skipped = {found.id for found in findings if found.code == SKIPPED.id}
    errors = {found.id for found in findings if found.status == "error"}
    warnings = {found.id for found in findings if found.status == "warning"} - skipped
    told = [f"{len(errors)} error{'s' * (len(errors) > 1)}"] if errors else []
    told += [f"{len(warnings)} warning{'s' * (len(warnings) > 1)}"] if warnings else []
    told += [f"{len(skipped)} skipped"] if skipped else []
    result = "failed" if failing(findings, strict=strict) else "passed"
    checks = f"{len(ids)} check" + "s" * (len(ids) != 1)
    return f"preflight {result}: {', '.join([checks, *told])} in {milliseconds / 1000:.1f} s"
