"""What all targets have, and those of which nothing more is known."""

from typing import Literal, get_args

from floe_constructs.kubernetes.value import DnsLabel, Port
from floe_constructs.preflight.targets.kept import Host, Path, Text
from floe_constructs.spec import Spec

TargetService = Literal["compute", "storage", "catalog", "postgres", "platform"]
"""What services are sorted by: the lists of a configuration."""

SERVICES: tuple[TargetService, ...] = get_args(TargetService)
"""All of them, in the order in which they are told."""

IdentityKind = Literal["aws-irsa", "aws-pod-identity", "gcp", "azure"]
"""Whom the cloud takes the process for, without a key: only these ask a token of it."""


def together(spec: Spec, *names: str) -> None:
    """Refuse a half of what makes sense only as a whole."""
    lacking = [name for name in names if getattr(spec, name) is None]
    if lacking and len(lacking) < len(names):
        msg = f"give {' and '.join(names)} together: {', '.join(lacking)} is not there"
        raise ValueError(msg)


class Target(Spec):
    """One service that is checked."""

    name: DnsLabel | None = None
    """What tells it from others of its kind; ids of checks carry it: `postgres.dagster`."""

    def root(self, service: str) -> str:
        """Answer what the ids of its checks begin with: `postgres.dagster`."""
        return f"{service}.{self.name}" if self.name else service


class Other(Target):
    """A service without a check of its own: DNS, TCP and TLS are looked at, and it says so."""

    type: Literal["other"]
    """Tells it from those that have one."""

    kind: Text
    """What it is: `spark`, `databricks`, `opensearch`."""

    host: Host
    """Host."""

    port: Port
    """TCP port."""

    tls: bool = True
    """Whether it is reached by TLS."""

    ca_file: Path | None = None
    """Certificates of the authorities that its own is verified by."""
