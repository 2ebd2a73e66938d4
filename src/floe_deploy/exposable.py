"""What there is to be exposed: pods, ports, and the requests that they are for."""

from collections.abc import Iterator
from dataclasses import dataclass

from floe_constructs.cube import flows as cube_flows
from floe_constructs.cube.spec import CubeSpec
from floe_constructs.cube.sql_api import HTTP as CUBE
from floe_constructs.dagster import flows as dagster_flows
from floe_constructs.dagster.config import HTTP as DAGSTER
from floe_constructs.dagster.spec import READ_ONLY, WEBSERVER, DagsterSpec
from floe_constructs.exposure.route import GrpcCalls, HttpRequests
from floe_constructs.jaeger import flows as jaeger_flows
from floe_constructs.jaeger.pipeline import OTLP_GRPC, OTLP_HTTP, QUERY
from floe_constructs.jaeger.spec import JaegerSpec
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.marquez import flows as marquez_flows
from floe_constructs.marquez.config import HTTP as MARQUEZ
from floe_constructs.marquez.config import WEB as MARQUEZ_WEB
from floe_constructs.marquez.spec import MarquezSpec

_SPANS = GrpcCalls(service="opentelemetry.proto.collector.trace.v1.TraceService", method="Export")


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a setting of `exposure` leads to."""

    pods: Labels
    port: int
    why: str
    requests: HttpRequests | GrpcCalls | None = None
    in_front: str | None = None

    @property
    def service(self) -> str:
        """Service in front of the pods; mostly it is called like them."""
        return self.in_front or self.pods.object_name


def targets(
    dagster: DagsterSpec | None,
    cube: CubeSpec | None,
    marquez: MarquezSpec | None,
    jaeger: JaegerSpec | None,
) -> Iterator[tuple[str, Target]]:
    """Answer what there is to be exposed, by the setting that does it."""
    look, everything = "use the interface", HttpRequests(path="/")
    if dagster:
        names = {WEBSERVER: "dagster", READ_ONLY: "dagster_read_only"}
        for component, webserver in dagster.webservers.items():
            pods = dagster_flows.labels(dagster, component)
            requests = HttpRequests(path=webserver.path_prefix or "/")
            target = Target(pods=pods, port=DAGSTER, requests=requests, why=look)
            yield names[component], target
    if cube:
        pods, requests = cube_flows.labels(cube, "api"), HttpRequests(path="/cubejs-api")
        yield "cube", Target(pods=pods, port=CUBE, requests=requests, why="query over HTTP")
        if cube.sql_api:
            sql, port = cube_flows.SQL, cube.sql_api.port
            yield "cube_sql", Target(pods=pods, in_front=sql, port=port, why="query by SQL")
    if marquez:
        if marquez.web:
            pods = marquez_flows.labels(marquez, "web")
            yield "marquez", Target(pods=pods, port=MARQUEZ_WEB, requests=everything, why=look)
        pods = marquez_flows.labels(marquez, "api")
        requests = HttpRequests(path="/api/v1/lineage", method="POST", exact=True)
        yield (
            "openlineage",
            Target(pods=pods, port=MARQUEZ, requests=requests, why="report lineage"),
        )
    if jaeger:
        pods, service = jaeger_flows.answering(jaeger), jaeger_flows.QUERY_SERVICE
        requests = HttpRequests(path=jaeger.base_path or "/")
        yield (
            "jaeger",
            Target(pods=pods, in_front=service, port=QUERY, requests=requests, why=look),
        )
        pods, service = jaeger_flows.collecting(jaeger), jaeger_flows.COLLECTOR_SERVICE
        requests = HttpRequests(path="/v1/traces", method="POST", exact=True)
        for name, port, let_in in (("otlp", OTLP_HTTP, requests), ("otlp_grpc", OTLP_GRPC, _SPANS)):
            yield (
                name,
                Target(pods=pods, in_front=service, port=port, requests=let_in, why="send spans"),
            )
