"""What workloads talk to, and which of them talk to what."""

from dataclasses import dataclass, field
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.value import (
    AnyCidr,
    Cidr,
    DnsLabel,
    LabelKey,
    LabelValue,
)
from floe_constructs.spec import Spec, exactly_one

DEFAULT_PORTS = {"http": 80, "https": 443, "thrift": 9083}


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as cause:
        msg = f"it is not an address: {cause}"
        raise ValueError(msg) from cause
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        msg = "it has to be an address of the form http(s)://host[:port][/path]"
        raise ValueError(msg)
    if parts.username or parts.password:
        msg = "it holds a user name or password: give credentials as a reference to a Secret"
        raise ValueError(msg)
    if not port and parts.netloc.endswith(":"):
        msg = "it has a ':' but no port"
        raise ValueError(msg)
    return url


Url = Annotated[
    str,
    Field(max_length=2048, json_schema_extra={"format": "uri"}),
    AfterValidator(_checked_url),
]
"""An HTTP address without credentials in it."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A service outside the namespace, as network policies and preflight see it."""

    name: str
    """What it is to the platform: `postgres`, `storage`, `catalog`, `compute`."""

    host: str | None
    """Host name or address; None where only a Secret tells."""

    port: int
    """TCP port."""

    cidrs: tuple[str, ...] = ()
    """Its addresses; when they are not known, the port is open to any but link-local ones."""


def endpoint_of(name: str, url: str, cidrs: tuple[str, ...] = ()) -> Endpoint:
    """Answer where a URL leads."""
    parts = urlsplit(url)
    port = parts.port or DEFAULT_PORTS.get(parts.scheme, 443)
    return Endpoint(name=name, host=parts.hostname or "", port=port, cidrs=cidrs)


class Peer(Spec):
    """Who connects from outside of the namespace: pods of another one, or addresses."""

    namespace: DnsLabel | None = None
    """Namespace of the pods."""

    pods: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    """Labels of the pods; all pods of the namespace when silent."""

    cidrs: tuple[AnyCidr, ...] = ()
    """Addresses, where connections come from no pod: load balancers, nodes."""

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> Self:
        exactly_one(self, "namespace", "cidrs")
        if self.pods and self.cidrs:
            msg = "pods are labels within a namespace: addresses have none"
            raise ValueError(msg)
        return self


@dataclass(frozen=True, kw_only=True)
class Outside:
    """Who connects to workloads from outside of the namespace, as network policies see it."""

    name: str
    """What it is to the platform: `ingress`, `monitoring`."""

    peers: tuple[Peer, ...] = field(hash=False)
    """Where the connections come from, at least one."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One line of the map of who talks to whom; one of its ends is a workload."""

    source: Labels | Outside
    """Who opens the connection."""

    target: Labels | Endpoint
    """Who answers."""

    port: int
    """TCP port that the target's container listens on."""

    why: str
    """What is said over it, for readers of the picture and of the policies."""


class External(Spec):
    """A component that runs elsewhere."""

    external: Url
    """Its address, as pods of this environment reach it."""

    cidrs: tuple[Cidr, ...] = ()
    """Its addresses, for network policies; any but link-local ones when silent."""

    def endpoint(self, name: str) -> Endpoint:
        """Where it listens."""
        return endpoint_of(name, self.external, self.cidrs)
