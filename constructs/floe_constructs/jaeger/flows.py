"""Where Jaeger is reached, and what it talks to."""

from collections.abc import Iterator

from floe_constructs.jaeger import pipeline
from floe_constructs.jaeger.pipeline import OTLP_HTTP
from floe_constructs.jaeger.spec import JaegerSpec
from floe_constructs.jaeger.storage import SearchStorage
from floe_constructs.kubernetes.endpoint import Flow, Outside, endpoint_of
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.workload import Workload

COLLECTOR_SERVICE, QUERY_SERVICE = "jaeger-collector", "jaeger-query"
"""The Services: the same however traces are kept."""


COLLECTOR_URL = f"http://{COLLECTOR_SERVICE}:{OTLP_HTTP}"
"""Where spans are sent by OTLP over HTTP, unless by TLS; a client adds `/v1/traces`."""


def collector_url(spec: JaegerSpec) -> str:
    """Answer where spans are sent by OTLP over HTTP."""
    return COLLECTOR_URL.replace("http:", "https:") if spec.receiver_tls else COLLECTOR_URL


def sender_files(spec: JaegerSpec) -> dict[str, SecretKey]:
    """Answer what senders need as files, by the variables in which SDKs look for their paths."""
    if not (tls := spec.receiver_tls):
        return {}
    found = {"OTEL_EXPORTER_OTLP_CERTIFICATE": tls.ca}
    if tls.clients:
        found["OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"] = tls.clients.certificate
        found["OTEL_EXPORTER_OTLP_CLIENT_KEY"] = tls.clients.key
    return found


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
    found: dict[str, Workload] = dict(spec.roles)
    if spec.index_cleaner:
        found["index-cleaner"] = spec.index_cleaner
    return [(labels(spec, role), settings) for role, settings in found.items()]


def flows(spec: JaegerSpec) -> list[Flow]:
    """What Jaeger's pods talk to, and who talks to them from elsewhere."""
    return [*_clients(spec), *_storage(spec), *_performance(spec)]


def _clients(spec: JaegerSpec) -> Iterator[Flow]:
    if not spec.clients:
        return
    source = Outside(name="clients", peers=spec.clients)
    for name, port in pipeline.ports(spec).items():
        why = "ask which traces to begin" if name.startswith("sampling") else "send spans"
        yield Flow(source=source, target=collecting(spec), port=port, why=why)


def _storage(spec: JaegerSpec) -> Iterator[Flow]:
    if not isinstance(spec.storage, SearchStorage):
        return
    whys = {
        "all-in-one": "write and read spans",
        "collector": "write spans",
        "query": "read spans",
    }
    endpoints = [endpoint_of("traces", url, spec.storage.cidrs) for url in spec.storage.urls]
    for role in spec.roles:
        for endpoint in endpoints:
            source = labels(spec, role)
            yield Flow(source=source, target=endpoint, port=endpoint.port, why=whys[role])
    if spec.index_cleaner:
        source, endpoint = labels(spec, "index-cleaner"), endpoints[0]
        yield Flow(source=source, target=endpoint, port=endpoint.port, why="delete old indices")


def _performance(spec: JaegerSpec) -> Iterator[Flow]:
    if given := spec.performance:
        target = endpoint_of("prometheus", given.prometheus, given.cidrs)
        why = "read rates and durations"
        yield Flow(source=answering(spec), target=target, port=target.port, why=why)
