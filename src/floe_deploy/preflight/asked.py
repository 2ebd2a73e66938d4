"""What the command line of `floe preflight` says."""

from dataclasses import dataclass
from typing import Literal

from floe_deploy.preflight.check import Service

Format = Literal["table", "short", "json", "junit"]
"""How the report is printed."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line says."""

    services: tuple[Service, ...] = ()
    """Services to check; all when empty."""

    only: tuple[str, ...] = ()
    """Ids of checks to run; all when empty."""

    skip: tuple[str, ...] = ()
    """Ids of checks to leave out."""

    ignore: tuple[str, ...] = ()
    """Codes that count as well."""

    timeout: int = 30
    """Seconds of each check."""

    deadline: int = 25
    """Seconds of the run."""

    wait: int = 0
    """Seconds more, in which checks are tried again."""

    strict: bool = False
    """Whether a warning is enough to fail."""

    format: Format = "table"
    """How the report is printed."""

    listing: bool = False
    """Whether to list the checks instead."""

    verify: bool = False
    """Whether it is asked after a release: the platform's own services alone."""

    gate: bool = False
    """Whether the process is a gate's: its exit codes and its last words."""
