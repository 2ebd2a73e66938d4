"""What can be wrong with a service: a code, what it means, and what to do."""

from dataclasses import dataclass, field
from enum import StrEnum


class Stage(StrEnum):
    """The layers of a connection, in the order in which they are tried."""

    CONFIG = "config"
    DNS = "dns"
    TCP = "tcp"
    TLS = "tls"
    AUTH = "auth"
    AUTHZ = "authz"
    OPERATION = "operation"


@dataclass(frozen=True, kw_only=True)
class Code:
    """One way in which a service may not work. Called with values, it is a fault to raise."""

    id: str
    """Stable name: `PG_AUTH_FAILED`."""

    stage: Stage
    """Layer at which it shows."""

    message: str
    """What was seen, with `{names}` of values."""

    remediation: str
    """What to do, with `{names}` of values; one of them per sentence."""

    detection: str
    """How it is told from others, for the reference page: `SQLSTATE 28P01`."""

    definitive: bool = False
    """Whether it stays so until somebody changes something: a gate does not try again."""

    warning: bool = False
    """Whether the service works all the same."""

    source: str = ""
    """Documentation that the detection was checked against, where no real service could be asked;
    empty where a real one was."""

    def __call__(self, **values: object) -> "Fault":
        """Answer it as something to raise or to warn of."""
        return Fault(self, **values)


class Fault(Exception):  # noqa: N818  not every one is an error
    """A code and what was seen; `told` fills its sentences."""

    def __init__(self, code: Code, **values: object) -> None:
        super().__init__(code.id)
        self.code = code
        self.values = values

    @property
    def message(self) -> str:
        """What was seen."""
        return self.code.message.format(**self.values)

    @property
    def remediation(self) -> str:
        """What to do."""
        return self.code.remediation.format(**self.values)

    def __str__(self) -> str:
        """Both, for whoever meets it outside of a report."""
        return f"{self.code.id}: {self.message}. {self.remediation}"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a check has found out about a service that works."""

    message: str
    """In one line: `PostgreSQL 15.18, login as dagster`."""

    details: dict[str, object] = field(default_factory=dict)
    """More, for the JSON report: plain values, lists and mappings."""
