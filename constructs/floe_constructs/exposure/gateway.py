"""A way in through a Gateway."""

from typing import Any

from cdk8s import ApiObject, ApiObjectMetadata, JsonPatch
from constructs import Construct

from floe_constructs.exposure.route import GrpcCalls, HttpRequests, Route
from floe_constructs.exposure.spec import TcpListener, ViaGateway

_GROUP = "gateway.networking.k8s.io"


class GatewayRoute(Construct):
    """One route of the Gateway API, by kind of what it lets through.

    What the API server would fill in is written out: Argo CD takes it for a difference otherwise.

    Objects: HTTPRoute/NAME, GRPCRoute/NAME or TCPRoute/NAME.
    Needs: the Gateway, with a listener that allows routes of this namespace, and the Service.
    """

    def __init__(
        self, scope: Construct, id: str, route: Route, via: ViaGateway | TcpListener
    ) -> None:
        super().__init__(scope, id)
        metadata = ApiObjectMetadata(
            name=route.name, labels=route.labels.all, annotations=route.annotations or None
        )
        made = ApiObject(
            self, "route", api_version=f"{_GROUP}/v1", kind=route.kind, metadata=metadata
        )
        body: dict[str, Any] = {"parentRefs": [_gateway(via)]}
        if route.hosts:
            body["hostnames"] = list(route.hosts)
        service = {
            "group": "",
            "kind": "Service",
            "name": route.service,
            "port": route.port,
            "weight": 1,
        }
        body["rules"] = [_matches(route) | {"backendRefs": [service]}]
        made.add_json_patch(JsonPatch.add("/spec", body))


def _gateway(via: ViaGateway | TcpListener) -> dict[str, Any]:
    reference: dict[str, Any] = {"group": _GROUP, "kind": "Gateway", "name": via.name}
    if via.namespace:
        reference["namespace"] = via.namespace
    if via.section_name:
        reference["sectionName"] = via.section_name
    return reference


def _matches(route: Route) -> dict[str, Any]:
    match route.requests:
        case None:
            return {}
        case GrpcCalls(service=service, method=method):
            return {
                "matches": [{"method": {"type": "Exact", "service": service, "method": method}}]
            }
        case HttpRequests(path=path, method=method, exact=exact):
            found: dict[str, Any] = {
                "path": {"type": "Exact" if exact else "PathPrefix", "value": path}
            }
            return {"matches": [found | ({"method": method} if method else {})]}
