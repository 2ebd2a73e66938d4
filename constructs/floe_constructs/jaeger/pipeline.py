"""What happens to spans from where they come in: receivers, processors, exporters."""

from typing import Any

from floe_constructs.jaeger import sampling
from floe_constructs.jaeger.backend import CERTIFICATE, KEY, RELOAD
from floe_constructs.jaeger.spec import JaegerSpec
from floe_constructs.kubernetes.authority import CA_FILE
from floe_constructs.kubernetes.secret import SecretKey

OTLP_GRPC, OTLP_HTTP, QUERY, QUERY_GRPC, HEALTH, METRICS = 4317, 4318, 16686, 16685, 13133, 8888
SAMPLING_HTTP, SAMPLING_GRPC, COUNTED = 5778, 5779, 8889
JAEGER_GRPC, JAEGER_HTTP, ZIPKIN = 14250, 14268, 9411

TLS = "/etc/jaeger-receiver"
"""Folder of what the receivers show, and verify clients by."""

_SPREAD = {"keepalive": {"server_parameters": {"max_connection_age": "5m"}}}
"""A gRPC client stays with the pod that it has found; so it looks again, and finds new ones."""


def ports(spec: JaegerSpec) -> dict[str, int]:
    """Answer the ports that clients of the collecting pods reach, by name."""
    found = {"otlp-grpc": OTLP_GRPC, "otlp-http": OTLP_HTTP}
    if spec.remote_sampling:
        found |= {"sampling-http": SAMPLING_HTTP, "sampling-grpc": SAMPLING_GRPC}
    if "jaeger" in spec.legacy_receivers:
        found |= {"jaeger-grpc": JAEGER_GRPC, "jaeger-http": JAEGER_HTTP}
    if "zipkin" in spec.legacy_receivers:
        found |= {"zipkin": ZIPKIN}
    return found


def tls_files(spec: JaegerSpec) -> dict[str, SecretKey]:
    """Answer the files of `TLS`, and where each is kept."""
    if not (tls := spec.receiver_tls):
        return {}
    clients = {CA_FILE: tls.clients.ca} if tls.clients else {}
    return {CERTIFICATE: tls.certificate, KEY: tls.key} | clients


def idle() -> dict[str, Any]:
    """Answer a pipeline that does nothing."""
    nothing: dict[str, Any] = {"receivers": ["nop"], "exporters": ["nop"]}
    return {"pipelines": {"traces": nothing}, "receivers": {"nop": {}}, "exporters": {"nop": {}}}


def collecting(spec: JaegerSpec) -> dict[str, Any]:
    """Answer the pipelines from receivers to the storage, and all that they are made of."""
    receivers = _receivers(spec)
    processors: dict[str, Any] = {
        "memory_limiter": {
            "check_interval": "1s",
            "limit_percentage": 80,
            "spike_limit_percentage": 20,
        },
        "batch": {},
    }
    exporters: dict[str, Any] = {"jaeger_storage_exporter": {"trace_storage": "main"}}
    connectors: dict[str, Any] = {}
    kept = ["batch"]
    if spec.tail_sampling:
        processors["tail_sampling"] = sampling.processor(spec.tail_sampling)
        kept = ["tail_sampling", "batch"]
    if spec.performance:
        exporters["prometheus"] = {"endpoint": f"0.0.0.0:{COUNTED}"}
        connectors["spanmetrics"] = {"metrics_flush_interval": "15s"}
    names, limit, stored = list(receivers), ["memory_limiter"], ["jaeger_storage_exporter"]
    counted = ["spanmetrics"] if spec.performance else []
    pipelines: dict[str, Any] = {}
    if spec.tail_sampling and counted:  # what is not kept is counted as well
        connectors["forward"] = {}
        pipelines["traces/received"] = _pipeline(names, limit, [*counted, "forward"])
        pipelines["traces"] = _pipeline(["forward"], kept, stored)
    else:
        pipelines["traces"] = _pipeline(names, limit + kept, stored + counted)
    if counted:
        pipelines["metrics"] = {"receivers": counted, "exporters": ["prometheus"]}
    return {
        "pipelines": pipelines,
        "receivers": receivers,
        "processors": processors,
        "exporters": exporters,
    } | ({"connectors": connectors} if connectors else {})


def _pipeline(receivers: list[str], processors: list[str], exporters: list[str]) -> dict[str, Any]:
    return {"receivers": receivers, "processors": processors, "exporters": exporters}


def _receivers(spec: JaegerSpec) -> dict[str, Any]:
    tls = _tls(spec)
    spread = _SPREAD if spec.collects.most > 1 else {}
    found: dict[str, Any] = {
        "otlp": {
            "protocols": {
                "grpc": {"endpoint": f"0.0.0.0:{OTLP_GRPC}"} | tls | spread,
                "http": {"endpoint": f"0.0.0.0:{OTLP_HTTP}"} | tls,
            }
        }
    }
    if "jaeger" in spec.legacy_receivers:
        found["jaeger"] = {
            "protocols": {
                "grpc": {"endpoint": f"0.0.0.0:{JAEGER_GRPC}"} | tls,
                "thrift_http": {"endpoint": f"0.0.0.0:{JAEGER_HTTP}"} | tls,
            }
        }
    if "zipkin" in spec.legacy_receivers:
        found["zipkin"] = {"endpoint": f"0.0.0.0:{ZIPKIN}"} | tls
    return found


def _tls(spec: JaegerSpec) -> dict[str, Any]:
    if not spec.receiver_tls:
        return {}
    told: dict[str, Any] = {"cert_file": f"{TLS}/{CERTIFICATE}", "key_file": f"{TLS}/{KEY}"}
    told["reload_interval"] = RELOAD
    if spec.receiver_tls.clients:
        # Not client_ca_file_reload: with it TLS is agreed on without HTTP/2, and gRPC refuses.
        told["client_ca_file"] = f"{TLS}/{CA_FILE}"
    return {"tls": told}
