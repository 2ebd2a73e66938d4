"""What leads in from outside leads somewhere, and to something that asks who is there."""

from collections.abc import Iterator

from floe_deploy.rules.objects import Object
from floe_deploy.rules.rule import Breach, Rule
from floe_deploy.rules.shape import entries, inside, mapping, text
from floe_deploy.rules.workloads import Workload, selected

_NAME, _COMPONENT = "app.kubernetes.io/name", "app.kubernetes.io/component"
_OPEN = frozenset({"dagster", "jaeger", "marquez"})
_OTHERS = {
    "HTTPProxy": ("routes services name",),
    "IngressRoute": ("routes services name",),
    "IngressRouteTCP": ("routes services name",),
    "Route": ("to name", "alternateBackends name"),
    "VirtualService": tuple(f"{by} route destination host" for by in ("http", "tcp", "tls")),
}
"""Where what is made of other controllers' kinds (Contour, Traefik, OpenShift, Istio) names a
Service."""

_ROUTES = frozenset({"GRPCRoute", "HTTPRoute", "TCPRoute", "TLSRoute", "UDPRoute"})


def _backends(it: Object) -> Iterator[tuple[str, str]]:
    """Answer the Services of the namespace that an object leads to, and which port of each."""
    if it.kind == "Ingress":
        yield from _of_ingress(it.spec.get("defaultBackend"))
        for rule in entries(it.spec.get("rules")):
            for path in entries(inside(rule, "http").get("paths")):
                yield from _of_ingress(path.get("backend"))
    elif it.kind in _ROUTES:
        for rule in entries(it.spec.get("rules")):
            for said in entries(rule.get("backendRefs")):
                if said.get("kind", "Service") == "Service" and "namespace" not in said:
                    yield text(said.get("name")), str(said.get("port"))


def _of_ingress(value: object) -> Iterator[tuple[str, str]]:
    service = inside(value, "service")
    if name := text(service.get("name")):
        port = mapping(service.get("port"))
        yield name, str(port.get("number", port.get("name")))


def _named(value: object, path: list[str]) -> Iterator[str]:
    """Answer the texts at a path; what is a list on the way is gone through."""
    if isinstance(value, list):
        for inner in value:
            yield from _named(inner, path)
    elif path:
        yield from _named(mapping(value).get(path[0]), path[1:])
    elif name := text(value):
        yield name.partition(".")[0]


def _resolved(it: Object) -> Iterator[Breach]:
    for service, port in dict.fromkeys(_backends(it)):
        behind = it.among.find("Service", service)
        if behind is None:
            yield Breach(found=f"a way to Service/{service}, which is not there")
            continue
        ports = entries(behind.spec.get("ports"))
        known = [str(said[key]) for said in ports for key in ("port", "name") if key in said]
        if port not in known:
            allowed = ", ".join(known)
            yield Breach(found=f"a way to port {port} of Service/{service}", allowed=allowed)


def _without_login(it: Object) -> Iterator[Breach]:
    services = [service for service, _ in _backends(it)]
    for path in _OTHERS.get(it.kind, ()):
        services += _named(it.spec, path.split())
    opened = text(it.spec.get("type")) in {"LoadBalancer", "NodePort"} or it.spec.get("externalIPs")
    if it.kind == "Service" and opened:
        services.append(it.name)
    for service in dict.fromkeys(services):
        behind = it.among.find("Service", service)
        selector = mapping(behind.spec.get("selector")) if behind else {}
        pods = selected(it.among, {"matchLabels": selector}) if selector else []
        if open_to_all := sorted({str(one) for one in pods if _lets_everybody_in(one)}):
            yield Breach(
                found=f"Service/{service}, behind which {open_to_all[0]} asks for no login"
            )


def _lets_everybody_in(pods: Workload) -> bool:
    name, component = text(pods.labels.get(_NAME)), text(pods.labels.get(_COMPONENT))
    return name in _OPEN or (name == "cube" and component.startswith("store-"))


RULES = (
    Rule(
        id="exposed-without-login",
        summary="What leads in from outside leads to something that asks who is there.",
        why="Dagster, Marquez, Jaeger and Cube Store let in whoever reaches them: to launch runs, "
        "to delete lineage, to read all that is kept.",
        remedy="put `exposure.login` of the overlay in front of it, or say who else authenticates "
        "in `authenticated_by`",
        check=_without_login,
    ),
    Rule(
        id="route-service",
        summary="Every Service and port that a route or an Ingress leads to is there.",
        why="Whoever comes that way would get an error of the controller, and nothing else.",
        remedy="correct name or port, or add the Service",
        check=_resolved,
    ),
)
