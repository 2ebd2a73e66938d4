"""One target of preflight's, and what the pods that check it need."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from floe_constructs.kubernetes.authority import Authority
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.preflight.spec import FOLDER, Account
from floe_constructs.preflight.targets import Kept, Other, Target, TargetService


@dataclass(frozen=True, kw_only=True)
class Derived:
    """A target, derived from what the workloads use."""

    service: TargetService
    """List of the configuration that it is in."""

    target: Target
    """What is checked."""

    endpoints: tuple[Endpoint, ...]
    """Where it listens, and where its login does."""

    authorities: Mapping[str, Authority] = field(default_factory=dict, hash=False)
    """Certificates that it is verified by: by the path of the file that the target names."""

    account: Account | None = None
    """Whom it is checked as, where it takes a cloud's identity instead of a secret."""


def kept(value: str | SecretKey, variable: str) -> str | Kept:
    """Answer a text, or the variable that it is kept in."""
    return value if isinstance(value, str) else Kept(env=variable, secret=value)


def secret(key: SecretKey | None, variable: str) -> Kept | None:
    """Answer the variable that a credential is kept in, if there is one."""
    return Kept(env=variable, secret=key) if key else None


def file(name: str) -> str:
    """Answer where the pods that check find a file."""
    return f"{FOLDER}/{name}"


def verified(ca: Authority | None, name: str) -> tuple[str | None, dict[str, Authority]]:
    """Answer the file of authorities that a target names, and where its text is kept."""
    if ca is None:
        return None, {}
    path = file(f"{name}-ca.crt")
    return path, {path: ca}


def reached(  # noqa: PLR0913  a service has that many independent parts
    service: TargetService,
    kind: str,
    name: str,
    endpoint: Endpoint,
    *,
    tls: bool = True,
    ca: Authority | None = None,
) -> list[Derived]:
    """Answer what has no check of its own as one of which name, TCP and TLS are looked at.

    Nothing, where a Secret alone tells its host.
    """
    if endpoint.host is None:
        return []
    ca_file, authorities = verified(ca, name)
    target = Other(
        type="other",
        name=name,
        kind=kind,
        host=endpoint.host,
        port=endpoint.port,
        tls=tls,
        ca_file=ca_file,
    )
    return [Derived(service=service, target=target, endpoints=(endpoint,), authorities=authorities)]
