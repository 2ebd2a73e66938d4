"""A check, as data, and what it is given when it runs."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Literal

from floe_constructs.preflight.targets import Kept, Warnings
from floe_deploy.preflight.code import Answer, Fault, Stage
from floe_deploy.preflight.credentials import Credentials
from floe_deploy.preflight.redaction import Redactor

Service = Literal["compute", "storage", "catalog", "postgres", "platform", "cluster"]
"""What reports sort by."""

CONNECT_SECONDS = 2.0
"""How long a TCP connection may take; the handshake of TLS as long again."""

RESPONSE_SECONDS = 4.0
"""How long a service may take for one answer, however little of it."""


@dataclass(kw_only=True)
class Probe:
    """One run of one check: what it may use, and where it says how far it is."""

    credentials: Credentials
    """Every credential of the configuration, by where it is kept."""

    redactor: Redactor
    """What hides credentials in reports; a token that a service hands out is given to `hide`."""

    resources: AsyncExitStack
    """What is open, closed after the last check."""

    thresholds: Warnings = field(default_factory=Warnings)
    """From where on something is worth a warning."""

    seconds: float
    """How long the check may take."""

    stage: Stage = Stage.CONFIG
    """The layer that is being tried: if time is up, it is the one that did not answer."""

    waits_for: str = ""
    """Whom it waits for, `host:port`."""

    warnings: list[Fault] = field(default_factory=list)
    """What works, but is not as it should be."""

    details: dict[str, object] = field(default_factory=dict)
    """What has been found out so far; reported with a fault too."""

    def at(self, stage: Stage, waits_for: str = "") -> None:
        """Say that the next layer is tried."""
        self.stage = stage
        self.waits_for = waits_for or self.waits_for

    def warn(self, fault: Fault) -> None:
        """Say that something works, but is not as it should be."""
        self.warnings.append(fault)

    def text(self, value: str | Kept) -> str:
        """Answer a text, from wherever it is kept."""
        return value if isinstance(value, str) else self.credentials[value]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One question to a service."""

    id: str
    """Stable name, by which it is chosen or left out: `postgres.dagster.rights`."""

    service: Service
    """What reports sort it by."""

    title: str
    """What it asks, for `--list`: `may make tables`."""

    hint: str
    """Where it asks: the address, without credentials."""

    run: Callable[[Probe], Awaitable[Answer]]
    """Answers when all is well, and raises a fault otherwise."""

    requires: str = ""
    """Id of the check without whose success this one has no meaning."""
