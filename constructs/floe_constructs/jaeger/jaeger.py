"""Jaeger as one thing: its roles and the Services in front of them."""

from constructs import Construct

from floe_constructs.jaeger.flows import (
    COLLECTOR_SERVICE,
    QUERY_SERVICE,
    answering,
    collecting,
)
from floe_constructs.jaeger.role import COLLECTOR_PORTS, QUERY_PORTS, JaegerRole
from floe_constructs.jaeger.spec import JaegerSpec
from floe_constructs.kubernetes.service import service


class Jaeger(Construct):
    """Jaeger v2 in one pod, or as collector and query apart.

    The Services are the same either way, so that clients do not see how traces are kept.

    Objects: Service/jaeger-collector (OTLP), Service/jaeger-query (interface), and those of each
    `JaegerRole`.
    Needs: what its roles need.
    """

    def __init__(self, scope: Construct, id: str, spec: JaegerSpec) -> None:
        super().__init__(scope, id)
        roles = {
            "all-in-one": spec.all_in_one,
            "collector": spec.collector,
            "query": spec.query,
        }
        for component, settings in roles.items():
            if settings:
                JaegerRole(self, component, spec, component, settings)
        service(self, collecting(spec), COLLECTOR_PORTS, name=COLLECTOR_SERVICE)
        service(self, answering(spec), QUERY_PORTS, name=QUERY_SERVICE)
