"""The report of a run, as programs read it."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, RootModel

from floe_deploy.preflight.check import Service
from floe_deploy.preflight.finding import Finding, Status

SCHEMA_VERSION: Literal["1.0"] = "1.0"
"""Version of the documents below: a reader of 1.x takes each later 1.y."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ReportedCheck(_Document):
    """What one check has found; a check with several warnings is there for each."""

    id: str
    """Stable name of the check: `postgres.dagster.rights`."""

    service: Service
    """Service that was asked."""

    status: Status
    """How it ended."""

    code: str
    """Stable code of the fault, `OK` without one; the reference has a heading for each."""

    stage: Literal["config", "dns", "tcp", "tls", "auth", "authz", "operation"] | None
    """Layer of the fault; null without one."""

    message: str
    """What was seen."""

    remediation: str | None
    """What to do; null when all is well."""

    definitive: bool
    """Whether another try is of no use before somebody changes something."""

    duration_ms: int = Field(ge=0)
    """Milliseconds that the check took."""

    details: dict[str, JsonValue]
    """More that was seen, as each check has it."""


class Report(_Document):
    """What a run has found."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    """Version of this document."""

    timestamp: datetime
    """When the run ended."""

    environment: str | None
    """Name of the environment; null where the configuration has none."""

    overall_status: Literal["pass", "fail"]
    """`fail` goes with exit code 1, or 78 in a gate."""

    duration_ms: int = Field(ge=0)
    """Milliseconds that all took together."""

    checks: list[ReportedCheck]
    """Every check, in the order of services."""


class ConfigurationFault(_Document):
    """One thing that is wrong with the configuration."""

    where: str
    """Setting, variable or file."""

    message: str
    """What is wrong with it, and what to do."""

    service: Service | None = None
    """Service that needs it, where something is missing."""

    code: str | None = None
    """Code of the fault, where it has one: `SECRET_UNRESOLVED`."""


class ConfigurationError(_Document):
    """What is printed instead of a report when nothing could be checked: exit code 2."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    """Version of this document."""

    error: Literal["config_not_found", "config_invalid", "missing_credentials"]
    """What kind of error it is."""

    message: str
    """All of it, in words."""

    details: list[ConfigurationFault]
    """One by one."""


class Printed(RootModel[Report | ConfigurationError]):
    """What `floe preflight --json` prints: one document, whatever happens."""


def report(
    findings: Sequence[Finding], *, environment: str | None, milliseconds: int, strict: bool
) -> Report:
    """Answer the report of a run; with `strict` a warning is enough to fail."""
    return Report(
        timestamp=datetime.now(UTC).replace(microsecond=0),
        environment=environment,
        overall_status="fail" if failing(findings, strict=strict) else "pass",
        duration_ms=milliseconds,
        checks=[
            ReportedCheck.model_validate(
                {
                    "id": found.id,
                    "service": found.service,
                    "status": found.status,
                    "code": found.code,
                    "stage": found.stage or None,
                    "message": found.message,
                    "remediation": found.remediation or None,
                    "definitive": found.definitive,
                    "duration_ms": found.duration_ms,
                    "details": found.details,
                }
            )
            for found in findings
        ],
    )


def ignoring(findings: Sequence[Finding], codes: Collection[str]) -> list[Finding]:
    """Answer the findings where faults of these codes count as well."""
    return [
        replace(
            found,
            status="ok",
            message=f"{found.message} (ignored)",
            remediation="",
            definitive=False,
        )
        if found.code in codes
        else found
        for found in findings
    ]


def failing(findings: Sequence[Finding], *, strict: bool) -> list[Finding]:
    """Answer the findings for which a run fails."""
    return [
        found for found in findings if found.status == "error" or (strict and found.status != "ok")
    ]


PASSED, FAILED, INVALID, DEFINITIVE = 0, 1, 2, 78
"""Exit codes; the last is a gate's, which is not tried again."""


def exit_code(findings: Sequence[Finding], *, strict: bool, gate: bool) -> int:
    """Answer how the process ends."""
    failures = failing(findings, strict=strict)
    if gate and any(found.definitive for found in failures):
        return DEFINITIVE
    return FAILED if failures else PASSED
