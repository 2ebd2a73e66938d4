"""Every way in as a construct."""

from constructs import Construct

from floe_constructs.exposure.gateway import GatewayRoute
from floe_constructs.exposure.ingress import Ingress
from floe_constructs.exposure.load_balancer import LoadBalancerService
from floe_constructs.exposure.route import Route
from floe_constructs.exposure.spec import LoadBalancer, ViaIngress


def expose(scope: Construct, id: str, route: Route) -> Construct:
    """Add the object of one way in."""
    match route.via:
        case ViaIngress() as via:
            return Ingress(scope, id, route, via)
        case LoadBalancer() as via:
            return LoadBalancerService(scope, id, route, via)
        case via:
            return GatewayRoute(scope, id, route, via)
