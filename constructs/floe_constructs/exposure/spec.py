"""What an environment decides about who reaches it from outside, and on which way."""

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from floe_constructs.kubernetes.value import Cidr, DnsLabel, DnsName, LabelKey
from floe_constructs.login.spec import Group, LoginSettings
from floe_constructs.spec import Spec

CLASS = "kubernetes.io/ingress.class"
"""The annotation from before there were classes; GKE's own controller looks at nothing else."""

GKE = frozenset({"gce", "gce-internal"})
"""What GKE's own controller is called there."""

Annotations = dict[LabelKey, Annotated[str, StringConstraints(max_length=4096)]]
"""Annotations of an object: what a controller takes beside the fields that all have."""


class CertManager(Spec):
    """A certificate of cert-manager, in a Secret for each Ingress."""

    type: Literal["cert-manager"]
    """Where the certificate comes from."""

    issuer: DnsName
    """Name of the issuer."""

    kind: Literal["ClusterIssuer", "Issuer"] = "ClusterIssuer"
    """Whether it serves the cluster or the namespace."""


class TlsSecret(Spec):
    """A certificate in a Secret that somebody else keeps in the namespace."""

    type: Literal["secret"]
    """Where the certificate comes from."""

    name: DnsName
    """Name of the Secret; its certificate is for all hosts."""


class LoadBalancerTls(Spec):
    """A certificate that the load balancer has by itself, as from ACM; annotations say which."""

    type: Literal["load-balancer"]
    """Where the certificate comes from."""


class ViaIngress(Spec):
    """Through an ingress controller."""

    type: Literal["ingress"]
    """What lets requests in."""

    class_name: DnsName
    """Name of the IngressClass, or `gce` or `gce-internal` for GKE's own controller."""

    tls: Annotated[CertManager | TlsSecret | LoadBalancerTls, Field(discriminator="type")]
    """Where certificates come from: nothing is exposed without encryption."""

    annotations: Annotations = Field(default_factory=dict)
    """Annotations of every Ingress."""

    service_annotations: Annotations = Field(default_factory=dict)
    """Annotations of every Service that an Ingress leads to."""

    @model_validator(mode="after")
    def _class_is_said_once(self) -> Self:
        if CLASS in self.annotations:
            msg = f"class_name says the class, for GKE too: leave out the annotation {CLASS}"
            raise ValueError(msg)
        return self


class ViaGateway(Spec):
    """Through a Gateway, whose listener ends TLS."""

    type: Literal["gateway"]
    """What lets requests in."""

    name: DnsName
    """Name of the Gateway; it has to allow routes of this namespace."""

    namespace: DnsLabel | None = None
    """Its namespace; this one when silent."""

    section_name: DnsName | None = None
    """Name of the listener; all that fit when silent."""

    annotations: Annotations = Field(default_factory=dict)
    """Annotations of every route."""

    service_annotations: Annotations = Field(default_factory=dict)
    """Annotations of every Service that a route leads to."""


Via = Annotated[ViaIngress | ViaGateway, Field(discriminator="type")]
"""What lets HTTP requests in."""

Statement = Annotated[
    str,
    Field(
        min_length=10,
        max_length=500,
        json_schema_extra={"rule": "who in front of it authenticates and how, in words"},
    ),
]
"""What somebody vouches for."""


class RouteSettings(Spec):
    """A way in for programs that present credentials of their own."""

    hosts: tuple[DnsName, ...] = Field(min_length=1)
    """Names under which it is reached; each leads to one thing only."""

    annotations: Annotations = Field(default_factory=dict)
    """Annotations beside those of `via`; these win."""

    via: Via | None = None
    """What lets requests in, where it is not what lets in all others."""


class InterfaceSettings(RouteSettings):
    """An interface for people, which has no login of its own."""

    authenticated_by: Statement | None = None
    """Who authenticates in place of `login`, which then stands not in front of it."""

    groups: tuple[Group, ...] | None = None
    """Groups that are let in, where they are not those of `login`."""

    @model_validator(mode="after")
    def _login_is_there_for_groups(self) -> Self:
        if self.groups is not None and self.authenticated_by:
            msg = "groups are what `login` lets in: with authenticated_by there is none"
            raise ValueError(msg)
        return self


class OpenRouteSettings(RouteSettings):
    """A way in for programs to what asks nobody for credentials."""

    authenticated_by: Statement
    """Who authenticates programs in front of it, which a login for people cannot."""


class LoadBalancer(Spec):
    """A load balancer of its own, by a Service."""

    type: Literal["load-balancer"]
    """What lets connections in."""

    clients: tuple[Cidr, ...] = Field(min_length=1)
    """Addresses that connections come from, as the load balancer and the pods see them."""

    class_name: LabelKey | None = None
    """Class of the load balancer, `service.k8s.aws/nlb`; the cluster's own when silent."""

    annotations: Annotations = Field(default_factory=dict)
    """Annotations of the Service; most clouds make a public load balancer without one."""


class TcpListener(Spec):
    """A TCP listener of a Gateway."""

    type: Literal["gateway"]
    """What lets connections in."""

    name: DnsName
    """Name of the Gateway; it has to allow routes of this namespace."""

    namespace: DnsLabel | None = None
    """Its namespace; this one when silent."""

    section_name: DnsName
    """Name of the listener: TCP has no hosts by which one could be found."""

    annotations: Annotations = Field(default_factory=dict)
    """Annotations of the route."""


class Exposure(Spec):
    """What is reached from outside of the namespace. What is not named here is not."""

    via: Via
    """What lets requests in."""

    login: LoginSettings | None = None
    """The login before interfaces, unless `authenticated_by` says who else does it."""

    dagster: InterfaceSettings | None = None
    """Dagster's interface, its GraphQL included."""

    dagster_read_only: InterfaceSettings | None = None
    """Dagster's interface in which nothing can be changed (`dagster.webserver_read_only`)."""

    marquez: InterfaceSettings | None = None
    """Marquez' interface."""

    jaeger: InterfaceSettings | None = None
    """Jaeger's interface."""

    cube: RouteSettings | None = None
    """Cube's REST and GraphQL, below `/cubejs-api`; they ask for tokens."""

    cube_sql: Annotated[LoadBalancer | TcpListener, Field(discriminator="type")] | None = None
    """Cube's SQL API, which asks for a password, and encrypts nothing: not for public networks."""

    openlineage: OpenRouteSettings | None = None
    """Marquez' receiver of lineage: `POST /api/v1/lineage`."""

    otlp: OpenRouteSettings | None = None
    """Jaeger's receiver of spans by OTLP over HTTP: `POST /v1/traces`."""

    otlp_grpc: OpenRouteSettings | None = None
    """Jaeger's receiver of spans by OTLP over gRPC."""

    @property
    def routes(self) -> dict[str, RouteSettings]:
        """What is reached by HTTP, by setting."""
        return {name: value for name, value in self if isinstance(value, RouteSettings)}

    @property
    def vouched(self) -> dict[str, str]:
        """Who authenticates in front of what does not do it, by the object that leads there."""
        found = {}
        for name, route in self.routes.items():
            if isinstance(route, InterfaceSettings | OpenRouteSettings) and route.authenticated_by:
                gateway = "GRPCRoute" if name == "otlp_grpc" else "HTTPRoute"
                kind = "Ingress" if isinstance(route.via or self.via, ViaIngress) else gateway
                found[f"{kind}/{name.replace('_', '-')}"] = route.authenticated_by
        return found

    @model_validator(mode="after")
    def _a_host_leads_to_one_thing(self) -> Self:
        hosts = Counter(host for route in self.routes.values() for host in route.hosts)
        if twice := sorted(host for host, count in hosts.items() if count > 1):
            msg = (
                f"each interface needs hosts of its own; used more than once: {', '.join(twice)}. "
                "What programs use would otherwise be a way past the login for people"
            )
            raise ValueError(msg)
        return self
