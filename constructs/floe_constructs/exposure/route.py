"""One way in, as its object says it: from hosts and paths to a port of a Service."""

from dataclasses import dataclass, field

from floe_constructs.exposure.spec import (
    LoadBalancer,
    TcpListener,
    ViaGateway,
    ViaIngress,
)
from floe_constructs.kubernetes.labels import Labels


@dataclass(frozen=True, kw_only=True)
class HttpRequests:
    """HTTP requests that are let through."""

    path: str
    """Path, and what is below it."""

    method: str | None = None
    """The one method, where others would do harm; an Ingress cannot tell methods apart."""

    exact: bool = False
    """Whether nothing below the path is meant."""


@dataclass(frozen=True, kw_only=True)
class GrpcCalls:
    """gRPC calls that are let through: one method."""

    service: str
    """Name of the service, with its package."""

    method: str
    """Name of the method."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """A way in."""

    name: str
    """Name of its object."""

    labels: Labels
    """The workload that it is for."""

    via: ViaIngress | ViaGateway | LoadBalancer | TcpListener = field(hash=False)
    """What lets requests in."""

    pods: Labels
    """Who answers first: the workload, or its login."""

    service: str
    """Service in front of them."""

    port: int
    """Port of the Service and of their container."""

    hosts: tuple[str, ...] = ()
    """Names under which it is reached; none with TCP alone."""

    requests: HttpRequests | GrpcCalls | None = None
    """What is let through; with TCP alone all."""

    annotations: dict[str, str] = field(default_factory=dict, hash=False)
    """All annotations of the object."""

    @property
    def kind(self) -> str:
        """Kind of its object."""
        match self.via:
            case ViaIngress():
                return "Ingress"
            case LoadBalancer():
                return "Service"
            case TcpListener():
                return "TCPRoute"
            case ViaGateway():
                return "GRPCRoute" if isinstance(self.requests, GrpcCalls) else "HTTPRoute"
