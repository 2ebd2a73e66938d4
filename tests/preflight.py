"""Running checks in the tests' own process, as `floe preflight` does in its own."""

from collections.abc import Mapping
from typing import Any

from floe_constructs.preflight.targets import PreflightConfig
from floe_deploy.preflight import runner
from floe_deploy.preflight.checks import checks
from floe_deploy.preflight.credentials import resolve
from floe_deploy.preflight.finding import Finding


def preflight(
    config: Mapping[str, Any],
    variables: Mapping[str, str] | None = None,
    *,
    seconds: float = 15,
) -> list[Finding]:
    """Check what a configuration names; its credentials are all there."""
    unhurried = {"warnings": {"slow_ms": 60_000}}  # the machine may be busy
    read = PreflightConfig.model_validate(unhurried | dict(config))
    credentials, missing = resolve(read, variables or {})
    assert not missing
    return runner.run(
        checks(read), credentials, seconds=seconds, deadline=seconds, thresholds=read.warnings
    )


def only(findings: list[Finding], id: str) -> Finding:
    """Answer the one finding of a check."""
    (found,) = [finding for finding in findings if finding.id == id]
    return found
