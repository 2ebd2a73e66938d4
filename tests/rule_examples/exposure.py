"""Cases of what leads in from outside."""

from typing import Any

from rule_cases import Cases, Change, add, put, thing

BACKEND = "spec rules 0 http paths 0 backend"


def backend(service: str, **port: Any) -> dict[str, Any]:
    return {"name": service, "port": port}


def leads(route: str, service: str, port: int = 4180, **more: str) -> tuple[Change, ...]:
    rules = [{"backendRefs": [{"kind": "Service", "name": service, "port": port} | more]}]
    api = "gateway.networking.k8s.io/v1"
    return (add("50-platform/a.yaml", thing(route, "a", api, spec={"rules": rules})),)


def made(kind: str, api: str, **spec: Any) -> tuple[Change, ...]:
    """Answer an object of another controller's kind."""
    return (add("50-platform/a.yaml", thing(kind, "a", api, spec=spec)),)


def routes(service: str) -> list[dict[str, Any]]:
    return [{"services": [{"name": service, "port": 3000}]}]


def destinations(host: str) -> list[dict[str, Any]]:
    return [{"route": [{"destination": {"host": host}}]}]


TRAEFIK, CONTOUR, ISTIO = "traefik.io/v1alpha1", "projectcontour.io/v1", "networking.istio.io/v1"

ROOM = (
    put("ResourceQuota/quota", "spec hard services.loadbalancers", "9"),
    put("ResourceQuota/quota", "spec hard services.nodeports", "9"),
)


def opened(service: str, kind: str) -> tuple[Change, ...]:
    return (put(f"Service/{service}", "spec type", kind), *ROOM)


def in_front(kind: str, **selector: str) -> tuple[Change, ...]:
    spec = {"type": kind, "selector": selector, "ports": [{"port": 3000}]}
    return (add("50-platform/a.yaml", thing("Service", "a", spec=spec)), *ROOM)


BROKEN: Cases = {
    "exposed-without-login": [
        (put("Ingress/jaeger", f"{BACKEND} service", backend("jaeger-query", number=16686)),),
        (put("Ingress/cube", "spec defaultBackend service", backend("marquez-web", name="http")),),
        leads("HTTPRoute", "dagster-webserver", 3000),
        leads("GRPCRoute", "jaeger-collector", 4317),
        leads("TCPRoute", "marquez-api", 5000),
        opened("dagster-webserver", "LoadBalancer"),
        opened("cube-store-router", "NodePort"),
        in_front("LoadBalancer", **{"app.kubernetes.io/component": "webserver"}),
        # Marquez, in every way that there is.
        (put("Ingress/marquez", f"{BACKEND} service", backend("marquez-web", number=3000)),),
        (put("Ingress/marquez", f"{BACKEND} service", backend("marquez-api", number=5000)),),
        leads("HTTPRoute", "marquez-web", 3000),
        leads("TLSRoute", "marquez-api", 5000),
        opened("marquez-web", "LoadBalancer"),
        opened("marquez-api", "NodePort"),
        (put("Service/marquez-api", "spec externalIPs", ["192.0.2.1"]),),
        in_front("NodePort", **{"app.kubernetes.io/component": "web"}),
        made("IngressRoute", TRAEFIK, routes=routes("marquez-web")),
        made("HTTPProxy", CONTOUR, routes=routes("marquez-api")),
        made("Route", "route.openshift.io/v1", to={"kind": "Service", "name": "marquez-web"}),
        made("VirtualService", ISTIO, http=destinations("marquez-api.data-prod.svc")),
    ],
    "route-service": [
        (put("Ingress/jaeger", f"{BACKEND} service name", "elsewhere"),),
        (put("Ingress/jaeger", f"{BACKEND} service port", {"name": "https"}),),
        (put("Ingress/jaeger", f"{BACKEND} service port", {"number": 80}),),
        leads("HTTPRoute", "elsewhere"),
        leads("TCPRoute", "login-jaeger", 80),
    ],
}

KEPT: Cases = {
    "exposed-without-login": [
        leads("HTTPRoute", "login-jaeger"),
        leads("ReferenceGrant", "jaeger-query"),
        opened("cube-api", "NodePort"),
        opened("dagster-webserver", "ClusterIP"),
        in_front("ClusterIP", **{"app.kubernetes.io/component": "webserver"}),
        made("IngressRoute", TRAEFIK, routes=routes("login-marquez")),
        made("VirtualService", ISTIO, tcp=destinations("cube-api")),
    ],
    "route-service": [
        (put("Ingress/jaeger", f"{BACKEND} service port", {"name": "http"}),),
        leads("ReferenceGrant", "elsewhere"),
        leads("HTTPRoute", "elsewhere", namespace="shop"),
        leads("HTTPRoute", "elsewhere", kind="Bucket"),
    ],
}
