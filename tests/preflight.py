"""Running checks in the tests' own process, as `floe preflight` does in its own.

Run as a program, it checks what the JSON of its first argument says, with the credentials of the
second, and prints what it has found.
"""

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from floe_constructs.preflight.targets import PreflightConfig
from floe_deploy.preflight import runner, text
from floe_deploy.preflight.checks import checks
from floe_deploy.preflight.credentials import resolve
from floe_deploy.preflight.finding import Finding
from floe_deploy.preflight.junit import junit
from floe_deploy.preflight.report import report

PROGRAM = __file__
"""What checks in a process of its own."""

SHORTEST = 6
"""Characters of a credential from which on nothing else is likely to hold it."""


def preflight(
    config: Mapping[str, Any],
    variables: Mapping[str, str] | None = None,
    *,
    seconds: float = 15,
) -> list[Finding]:
    """Check what a configuration names; its credentials are all there, and none is ever shown."""
    unhurried = {"warnings": {"slow_ms": 60_000}}  # the machine may be busy
    read = PreflightConfig.model_validate(unhurried | dict(config))
    credentials, missing = resolve(read, variables or {})
    assert not missing
    findings = runner.run(
        checks(read), credentials, seconds=seconds, deadline=seconds, thresholds=read.warnings
    )
    assert_hidden(findings, list(credentials))
    return findings


def assert_hidden(findings: list[Finding], secrets: list[SecretStr]) -> None:
    """Hold every form of a report to showing none of the credentials that the run had."""
    told = [
        *text.table(findings, "run", 1, strict=False),
        *text.short(findings, 1, strict=False),
        junit(findings, "run", 1, strict=False),
        report(findings, environment=None, milliseconds=1, strict=False).model_dump_json(),
        str(findings),
    ]
    for secret in secrets:
        value = secret.get_secret_value()
        assert len(value) < SHORTEST or not [form for form in told if value in form]


def only(findings: list[Finding], id: str) -> Finding:
    """Answer the one finding of a check."""
    (found,) = [finding for finding in findings if finding.id == id]
    return found


def told(found: Finding) -> tuple[str, str, str, str]:
    """Answer what a report says of a fault."""
    return found.code, found.stage, found.message, found.remediation


if __name__ == "__main__":
    found = preflight(json.loads(sys.argv[1]), json.loads(sys.argv[2]))
    print(json.dumps([[it.code, it.stage, it.message] for it in found]), flush=True)  # noqa: T201
    os._exit(0)  # as the command does: a library's threads are not waited for
