"""Where Jaeger is reached, and what it talks to."""

from floe_constructs.jaeger.config import OTLP_HTTP
from floe_constructs.jaeger.spec import JaegerSpec, SearchStorage
from floe_constructs.kubernetes.endpoint import Flow, endpoint_of
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.workload import Workload

COLLECTOR_SERVICE, QUERY_SERVICE = "jaeger-collector", "jaeger-query"
"""The Services: the same however traces are kept."""

COLLECTOR_URL = f"http://{COLLECTOR_SERVICE}:{OTLP_HTTP}"
"""Where spans are sent by OTLP over HTTP; a client adds `/v1/traces`."""


def labels(spec: JaegerSpec, component: str) -> Labels:
    """Labels of one role."""
    return Labels(name="jaeger", instance=spec.instance, component=component)


def collecting(spec: JaegerSpec) -> Labels:
    """The pods that receive spans."""
    return labels(spec, "all-in-one" if spec.all_in_one else "collector")


def answering(spec: JaegerSpec) -> Labels:
    """The pods that show the interface."""
    return labels(spec, "all-in-one" if spec.all_in_one else "query")


def workloads(spec: JaegerSpec) -> list[tuple[Labels, Workload]]:
    """Answer all pods, and what an environment says of them."""
    roles = {"all-in-one": spec.all_in_one, "collector": spec.collector, "query": spec.query}
    return [(labels(spec, role), settings) for role, settings in roles.items() if settings]


def flows(spec: JaegerSpec) -> list[Flow]:
    """What Jaeger's pods talk to."""
    if not isinstance(spec.storage, SearchStorage):
        return []
    endpoints = [endpoint_of("traces", url, spec.storage.cidrs) for url in spec.storage.urls]
    return [
        Flow(source=labels(spec, role), target=endpoint, port=endpoint.port, why=why)
        for role, why in (("collector", "write spans"), ("query", "read spans"))
        for endpoint in endpoints
    ]
