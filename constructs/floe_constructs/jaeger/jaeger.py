"""Jaeger as one thing: its roles and the Services in front of them."""

from constructs import Construct

from floe_constructs.jaeger import pipeline
from floe_constructs.jaeger.flows import (
    COLLECTOR_SERVICE,
    QUERY_SERVICE,
    answering,
    collecting,
)
from floe_constructs.jaeger.index_cleaner import JaegerIndexCleaner
from floe_constructs.jaeger.role import QUERY_PORTS, JaegerRole
from floe_constructs.jaeger.spec import JaegerSpec
from floe_constructs.jaeger.storage import SearchStorage
from floe_constructs.kubernetes.service import service


class Jaeger(Construct):
    """Jaeger v2 as all in one, or as collector and query apart.

    The Services are the same either way, so that clients do not see how traces are kept.

    Objects: Service/jaeger-collector (OTLP), Service/jaeger-query (interface), and those of each
    `JaegerRole` and of `JaegerIndexCleaner`.
    Needs: what its roles need.
    """

    def __init__(self, scope: Construct, id: str, spec: JaegerSpec) -> None:
        super().__init__(scope, id)
        for component, settings in spec.roles.items():
            JaegerRole(self, component, spec, component, settings)
        if spec.index_cleaner and isinstance(spec.storage, SearchStorage):
            JaegerIndexCleaner(self, "index-cleaner", spec, spec.storage, spec.index_cleaner)
        service(self, collecting(spec), pipeline.ports(spec), name=COLLECTOR_SERVICE)
        service(self, answering(spec), QUERY_PORTS, name=QUERY_SERVICE)
