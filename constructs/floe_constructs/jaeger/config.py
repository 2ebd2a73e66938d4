"""The configuration files of Jaeger's roles."""

from typing import Any

from floe_constructs.jaeger.spec import BadgerStorage, JaegerSpec, MemoryStorage
from floe_constructs.kubernetes.files import Files
from floe_constructs.yaml_text import dump

PATH = "/etc/jaeger"
FILE = "config.yaml"
DATA = "/badger"
"""Where Badger's volume is mounted; its files go one level below, which the pod may create."""

OTLP_GRPC, OTLP_HTTP, QUERY, QUERY_GRPC, HEALTH, METRICS = 4317, 4318, 16686, 16685, 13133, 8888
_METRICS = {
    "host": "0.0.0.0",  # noqa: S104  in a pod
    "port": METRICS,
    # Names of metrics as they are documented, whatever a version of Jaeger makes of silence.
    "without_scope_info": True,
    "without_type_suffix": True,
    "without_units": True,
}

CREDENTIALS, PASSWORD = "/etc/jaeger-storage", "password"
"""Folder and file of the storage's password: in `${env:NAME}` it would be read as YAML."""


def files(spec: JaegerSpec, component: str) -> Files:
    """The file of one role: `all-in-one`, `collector` or `query`."""
    config = _config(spec, collects=component != "query", answers=component != "collector")
    return Files(name=f"jaeger-{component}", path=PATH, data={FILE: dump(config)})


def _config(spec: JaegerSpec, *, collects: bool, answers: bool) -> dict[str, Any]:
    """Jaeger's configuration; every listener is told to leave localhost, or probes would fail.

    A process without a pipeline does not start, so the query role gets one that does nothing.
    """
    pipeline = (
        {
            "receivers": ["otlp"],
            "processors": ["memory_limiter", "batch"],
            "exporters": ["jaeger_storage_exporter"],
        }
        if collects
        else {"receivers": ["nop"], "exporters": ["nop"]}
    )
    extensions: dict[str, Any] = {
        "healthcheckv2": {"use_v2": True, "http": {"endpoint": f"0.0.0.0:{HEALTH}"}},
        "jaeger_storage": {"backends": {"main": _backend(spec)}},
    }
    if answers:
        extensions["jaeger_query"] = {
            "storage": {"traces": "main"},
            "http": {"endpoint": f"0.0.0.0:{QUERY}"},
            "grpc": {"endpoint": f"0.0.0.0:{QUERY_GRPC}"},
        }
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
            "pipelines": {"traces": pipeline},
            "telemetry": telemetry,
        },
        "extensions": extensions,
    } | (_collecting() if collects else {"receivers": {"nop": {}}, "exporters": {"nop": {}}})


def _collecting() -> dict[str, Any]:
    return {
        "receivers": {
            "otlp": {
                "protocols": {
                    "grpc": {"endpoint": f"0.0.0.0:{OTLP_GRPC}"},
                    "http": {"endpoint": f"0.0.0.0:{OTLP_HTTP}"},
                }
            }
        },
        "processors": {
            "memory_limiter": {
                "check_interval": "1s",
                "limit_percentage": 80,
                "spike_limit_percentage": 20,
            },
            "batch": {},
        },
        "exporters": {"jaeger_storage_exporter": {"trace_storage": "main"}},
    }


def _backend(spec: JaegerSpec) -> dict[str, Any]:
    storage = spec.storage
    if isinstance(storage, MemoryStorage):
        return {"memory": {"max_traces": storage.max_traces}}
    if isinstance(storage, BadgerStorage):
        return {
            "badger": {
                "directories": {"keys": f"{DATA}/data/keys", "values": f"{DATA}/data/values"},
                "ephemeral": False,
                "ttl": {"spans": storage.keep},
            }
        }
    shards = {"shards": storage.shards, "replicas": storage.replicas}
    indices: dict[str, Any] = {
        name: dict(shards) for name in ("spans", "services", "dependencies", "sampling")
    }
    if storage.index_prefix:
        indices["index_prefix"] = storage.index_prefix
    block: dict[str, Any] = {"server_urls": list(storage.urls), "indices": indices}
    if storage.username:
        file = f"{CREDENTIALS}/{PASSWORD}"
        block["auth"] = {"basic": {"username": storage.username, "password_file": file}}
    return {storage.type: block}
