"""What a run has found out, one line of a report each."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from floe_deploy.preflight.check import Check, Service
from floe_deploy.preflight.code import Answer, Fault
from floe_deploy.preflight.redaction import Redactor

_MOST_CHARACTERS = 500
"""Of one text that a report shows; servers may say more."""

_NOT_SHOWN = dict.fromkeys(
    {*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)} - {ord("\t"), ord("\n")},
    "\N{REPLACEMENT CHARACTER}",
)
"""What steers terminals, or cannot be written as UTF-8; servers may say that too."""

Status = Literal["ok", "warning", "error"]
"""How a check ended, in the contract's words."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line."""

    id: str
    """Id of the check."""

    service: Service
    """Service that was asked."""

    title: str
    """What was asked."""

    status: Status
    """How it ended."""

    message: str
    """What was seen."""

    remediation: str = ""
    """What to do; empty when all is well."""

    code: str = "OK"
    """Code of the fault."""

    stage: str = ""
    """Layer of the fault."""

    definitive: bool = False
    """Whether another try is of no use."""

    duration_ms: int = 0
    """Milliseconds that the check took."""

    details: dict[str, object] = field(default_factory=dict)
    """More, for programs."""


def good(check: Check, answer: Answer, milliseconds: int, details: dict[str, object]) -> Finding:
    """Answer that a check has ended well."""
    return Finding(
        id=check.id,
        service=check.service,
        title=check.title,
        status="ok",
        message=answer.message,
        duration_ms=milliseconds,
        details=details | answer.details,
    )


def bad(  # noqa: PLR0913  a finding has that many independent parts
    check: Check,
    fault: Fault,
    milliseconds: int = 0,
    details: dict[str, object] | None = None,
    *,
    stage: str = "",
    warning: bool = False,
) -> Finding:
    """Answer that a check has found a fault; `warning` if the service works all the same."""
    return Finding(
        id=check.id,
        service=check.service,
        title=check.title,
        status="warning" if warning or fault.code.warning else "error",
        message=fault.message,
        remediation=fault.remediation,
        code=fault.code.id,
        stage=stage or fault.code.stage,
        definitive=fault.code.definitive,
        duration_ms=milliseconds,
        details=details or {},
    )


def redacted(finding: Finding, redactor: Redactor) -> Finding:
    """Answer a finding without credentials, whatever servers and libraries have said at length."""
    return replace(
        finding,
        message=_short(redactor.text(finding.message)),
        remediation=_short(redactor.text(finding.remediation)),
        details=_short(redactor.value(finding.details)),
    )


def _short(value: Any) -> Any:
    if isinstance(value, str):
        value = value.translate(_NOT_SHOWN)
        return value if len(value) <= _MOST_CHARACTERS else f"{value[:_MOST_CHARACTERS]}…"
    if isinstance(value, dict):
        return {_short(key): _short(inner) for key, inner in value.items()}
    return [_short(inner) for inner in value] if isinstance(value, list) else value
