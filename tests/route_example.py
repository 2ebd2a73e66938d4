"""Ways in of every kind."""

from floe_constructs.exposure.route import GrpcCalls, HttpRequests, Route
from floe_constructs.exposure.spec import (
    LoadBalancer,
    LoadBalancerTls,
    TcpListener,
    ViaGateway,
    ViaIngress,
)
from floe_constructs.kubernetes.labels import Labels

PODS = Labels(name="shop", instance="test", component="web")
INGRESS = ViaIngress(
    type="ingress", class_name="internal", tls=LoadBalancerTls(type="load-balancer")
)
GATEWAY = ViaGateway(type="gateway", name="internal")
LISTENER = TcpListener(type="gateway", name="internal", section_name="sql")
BALANCER = LoadBalancer(type="load-balancer", clients=("10.0.0.0/8",))
PAGES = HttpRequests(path="/")
CALLS = GrpcCalls(service="shop.v1.Shop", method="Buy")


def route(
    via: ViaIngress | ViaGateway | TcpListener | LoadBalancer,
    requests: HttpRequests | GrpcCalls | None = None,
) -> Route:
    hosts = ("shop.example.com",) if requests else ()
    return Route(
        name="shop", labels=PODS, via=via, pods=PODS, service="shop-web", port=80,
        hosts=hosts, requests=requests,
    )  # fmt: skip


ROUTES = (
    route(INGRESS, PAGES),
    route(GATEWAY, PAGES),
    route(GATEWAY, CALLS),
    route(LISTENER),
    route(BALANCER),
)
