"""Ways in from outside: an overlay's exposure, wired with what it leads to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from floe_constructs.exposure.route import HttpRequests, Route
from floe_constructs.exposure.spec import (
    Exposure,
    InterfaceSettings,
    LoadBalancer,
    RouteSettings,
    ViaGateway,
    ViaIngress,
)
from floe_constructs.kubernetes.endpoint import Flow, Outside, Peer
from floe_constructs.login import flows as login_flows
from floe_constructs.login.config import HTTP as LOGIN
from floe_constructs.login.spec import LoginSpec
from floe_deploy.environment import Environment
from floe_deploy.exposable import Target
from floe_deploy.manifests import Manifest


@dataclass(frozen=True, kw_only=True)
class Exposed:
    """All ways in."""

    routes: tuple[Route, ...] = ()
    """The ways."""

    logins: tuple[LoginSpec, ...] = ()
    """The logins that stand in some of them."""

    flows: tuple[Flow, ...] = ()
    """Who comes in, and what the logins talk to."""


def expose(environment: Environment, targets: Mapping[str, Target]) -> Exposed:
    """Answer every way in; `conflicts` has seen to it that what it leads to is there."""
    exposure = environment.exposure
    if exposure is None:
        return Exposed()
    routes, logins, flows = [], [], []
    ingress = Outside(name="ingress", peers=environment.cluster.ingress)
    for name, settings in exposure.routes.items():
        target = targets[name]
        login = _login(exposure, name, settings, target, environment.cluster.ingress)
        route = _route(exposure, name, settings, target, login)
        routes.append(route)
        flows.append(Flow(source=ingress, target=route.pods, port=route.port, why=target.why))
        if login:
            logins.append(login)
            why = "hand on requests of who has logged in"
            flows.append(Flow(source=route.pods, target=target.pods, port=target.port, why=why))
            flows += login_flows.flows(login)
    if via := exposure.cube_sql:
        target = targets["cube_sql"]
        routes.append(
            Route(
                name="cube-sql",
                labels=target.pods,
                via=via,
                pods=target.pods,
                service=target.service,
                port=target.port,
                annotations=via.annotations,
            )
        )
        clients = (
            Outside(name="sql-clients", peers=(Peer(cidrs=via.clients),))
            if isinstance(via, LoadBalancer)
            else ingress
        )
        flows.append(Flow(source=clients, target=target.pods, port=target.port, why=target.why))
    return Exposed(routes=tuple(routes), logins=tuple(logins), flows=tuple(flows))


def _login(
    exposure: Exposure,
    name: str,
    settings: RouteSettings,
    target: Target,
    ingress: tuple[Peer, ...],
) -> LoginSpec | None:
    if not isinstance(settings, InterfaceSettings) or settings.authenticated_by:
        return None
    assert exposure.login is not None  # noqa: S101  `conflicts` has refused it
    given = dict(exposure.login)
    if settings.groups is not None:
        given["groups"] = settings.groups
    return LoginSpec(
        **given,
        instance=target.pods.instance,
        interface=name.replace("_", "-"),
        upstream=f"http://{target.service}:{target.port}",
        hosts=settings.hosts,
        trusted=_trusted(ingress),
    )


def _trusted(peers: tuple[Peer, ...]) -> tuple[str, ...]:
    """Answer who may say where a request came from, if the addresses of all are known."""
    known = all(peer.cidrs for peer in peers)
    return tuple(cidr for peer in peers for cidr in peer.cidrs) if known else ()


def _route(
    exposure: Exposure,
    name: str,
    settings: RouteSettings,
    target: Target,
    login: LoginSpec | None,
) -> Route:
    via = settings.via or exposure.via
    pods = login_flows.labels(login) if login else target.pods
    return Route(
        name=name.replace("_", "-"),
        labels=target.pods,
        via=via,
        pods=pods,
        service=pods.object_name if login else target.service,
        port=LOGIN if login else target.port,
        hosts=settings.hosts,
        # A login has paths of its own beside those of what is behind it.
        requests=HttpRequests(path="/") if login else target.requests,
        annotations=via.annotations | settings.annotations,
    )


def annotated(manifest: Manifest, routes: Iterable[Route]) -> Manifest:
    """Answer a Service with the annotations that those want who lead to it."""
    if manifest["kind"] != "Service":
        return manifest
    metadata = manifest["metadata"]
    annotations = dict(metadata.get("annotations", {}))
    for route in routes:
        if isinstance(route.via, ViaIngress | ViaGateway) and route.service == metadata["name"]:
            annotations |= route.via.service_annotations
    return manifest | {"metadata": metadata | ({"annotations": annotations} if annotations else {})}
