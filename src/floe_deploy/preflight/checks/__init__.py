"""The checks of a configuration, one module for each kind of service."""

from collections.abc import Iterator

from floe_constructs.preflight.targets import (
    PreflightConfig,
    Target,
)
from floe_deploy.preflight import layers
from floe_deploy.preflight.check import Check
from floe_deploy.preflight.code import Code


def checks(config: PreflightConfig) -> list[Check]:
    """Answer the checks of a configuration, those that others build on first.

    Raises:
        Fault: what a target needs is not installed (EXTRA_MISSING).

    """
    return [check for _, target in _targets(config) for check in _of(target)]


def codes() -> list[Code]:
    """Answer every code that a check may find, those of the layers below all protocols first."""
    return [*layers.CODES]


def root(service: str, target: Target) -> str:
    """Answer the id that a target's checks begin with: `postgres.dagster`."""
    return f"{service}.{target.name}" if target.name else service


def _targets(config: PreflightConfig) -> Iterator[tuple[str, Target]]:
    for service in ("compute", "storage", "catalog", "postgres"):
        for target in getattr(config, service):
            yield service, target


def _of(target: Target) -> list[Check]:  # noqa: ARG001
    return []
