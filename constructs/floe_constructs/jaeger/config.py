"""The configuration files of Jaeger's roles, in the words of Jaeger 2.20."""

from typing import Any

from floe_constructs.jaeger import interface, pipeline, sampling
from floe_constructs.jaeger.backend import backend
from floe_constructs.jaeger.pipeline import (
    HEALTH,
    METRICS,
    QUERY,
    QUERY_GRPC,
    SAMPLING_GRPC,
    SAMPLING_HTTP,
)
from floe_constructs.jaeger.spec import JaegerSpec, Performance
from floe_constructs.kubernetes.files import Files
from floe_constructs.yaml_text import dump

PATH = "/etc/jaeger"
FILE, STRATEGIES, UI = "config.yaml", "sampling.json", "ui.json"

_METRICS = {
    "host": "0.0.0.0",  # noqa: S104  in a pod
    "port": METRICS,
    # Names of metrics as they are documented, whatever a version of Jaeger makes of silence.
    "without_scope_info": True,
    "without_type_suffix": True,
    "without_units": True,
}


def files(spec: JaegerSpec, component: str) -> Files:
    """The files of one role: `all-in-one`, `collector` or `query`."""
    collects, answers = component != "query", component != "collector"
    data = {FILE: dump(_config(spec, collects=collects, answers=answers))}
    if collects and spec.remote_sampling:
        data[STRATEGIES] = sampling.strategies(spec.remote_sampling)
    if answers and _has_page(spec):
        data[UI] = interface.page(
            spec.ui or interface.Interface(),
            monitor=spec.performance is not None,
            keep_days=spec.retention,
        )
    return Files(name=f"jaeger-{component}", path=PATH, data=data)


def _has_page(spec: JaegerSpec) -> bool:
    return any((spec.ui, spec.performance, spec.retention))


def _config(spec: JaegerSpec, *, collects: bool, answers: bool) -> dict[str, Any]:
    """Jaeger's configuration; every listener is told to leave localhost, or probes would fail.

    A process without a pipeline does not start, so the query role gets one that does nothing.
    """
    storage: dict[str, Any] = {"backends": {"main": backend(spec)}}
    extensions: dict[str, Any] = {
        "healthcheckv2": {"use_v2": True, "http": {"endpoint": f"0.0.0.0:{HEALTH}"}},
        "jaeger_storage": storage,
    }
    if answers:
        extensions["jaeger_query"] = _query(spec)
        if spec.performance:
            storage["metric_backends"] = {"counted": {"prometheus": _counted(spec.performance)}}
    if collects and spec.remote_sampling:
        extensions["remote_sampling"] = {
            "file": {"path": f"{PATH}/{STRATEGIES}"},
            "http": {"endpoint": f"0.0.0.0:{SAMPLING_HTTP}"},
            "grpc": {"endpoint": f"0.0.0.0:{SAMPLING_GRPC}"},
        }
    parts = pipeline.collecting(spec) if collects else pipeline.idle()
    telemetry = {
        "resource": {"service.name": "jaeger"},
        "metrics": {
            "level": "normal",
            "readers": [{"pull": {"exporter": {"prometheus": _METRICS}}}],
        },
    }
    return {
        "service": {
            "extensions": sorted(extensions),
            "pipelines": parts.pop("pipelines"),
            "telemetry": telemetry,
        },
        "extensions": extensions,
    } | parts


def _counted(performance: Performance) -> dict[str, Any]:
    """The names of the metrics are those that `spanmetrics` and the exporter give them."""
    names = {"normalize_calls": True, "normalize_duration": True}
    return {"endpoint": performance.prometheus} | names


def _query(spec: JaegerSpec) -> dict[str, Any]:
    told: dict[str, Any] = {
        "storage": {"traces": "main"} | ({"metrics": "counted"} if spec.performance else {}),
        "http": {"endpoint": f"0.0.0.0:{QUERY}"},
        "grpc": {"endpoint": f"0.0.0.0:{QUERY_GRPC}"},
    }
    if spec.base_path:
        told["base_path"] = spec.base_path
    if _has_page(spec):
        told["ui"] = {"config_file": f"{PATH}/{UI}"}
    return told
