"""Jaegers over each storage, as values that tests change."""

from typing import Any

from floe_constructs.jaeger import JaegerSpec

RESOURCES = {"cpu": "250m", "memory": "1Gi"}
BASE: dict[str, Any] = {"instance": "test", "image": "acme/jaeger:2.20.0"}
MEMORY: dict[str, Any] = BASE | {
    "storage": {"type": "memory"},
    "all_in_one": {"resources": RESOURCES},
}
BADGER: dict[str, Any] = MEMORY | {"storage": {"type": "badger", "size": "5Gi", "keep": "48h"}}
SEARCH: dict[str, Any] = BASE | {
    "storage": {
        "type": "opensearch",
        "urls": ["https://search.example.com:9200"],
        "username": "jaeger",
        "password": {"name": "search", "key": "password"},
        "index_prefix": "test",
    },
    "collector": {"resources": RESOURCES, "replicas": 2},
    "query": {"resources": RESOURCES},
}
TAIL: dict[str, Any] = MEMORY | {
    "tail_sampling": {"probability": 0.1, "slower_than_ms": 2000},
    "performance": {"prometheus": "http://prometheus.monitoring.svc:9090"},
}
SHARED: dict[str, Any] = BASE | {
    "storage": SEARCH["storage"],
    "all_in_one": {"resources": RESOURCES, "replicas": 3},
}


def secret(name: str) -> dict[str, str]:
    return {"name": name.partition("/")[0], "key": name.partition("/")[2]}


LARGE: dict[str, Any] = SEARCH | {
    "storage": SEARCH["storage"]
    | {
        "ca": secret("search/ca.crt"),
        "client_certificate": {
            "certificate": secret("search/tls.crt"),
            "key": secret("search/tls.key"),
        },
        "rotation": "hour",
        "keep_days": 14,
    },
    "collector": SEARCH["collector"] | {"autoscale": {"max_replicas": 5}},
    "index_cleaner": {
        "image": "acme/jaeger-es-index-cleaner:2.20.0",
        "resources": {"cpu": "50m", "memory": "64Mi"},
    },
    "clients": [{"namespace": "shop"}],
    "legacy_receivers": ["jaeger", "zipkin"],
    "receiver_tls": {
        "certificate": secret("jaeger-tls/tls.crt"),
        "key": secret("jaeger-tls/tls.key"),
        "ca": secret("jaeger-tls/ca.crt"),
        "clients": {
            "ca": secret("clients-tls/ca.crt"),
            "certificate": secret("clients-tls/tls.crt"),
            "key": secret("clients-tls/tls.key"),
        },
    },
    "remote_sampling": {
        "default": {"probability": 0.5, "operations": {"/health": 0}},
        "services": {"shop": {"probability": 0.8}, "till": {"per_second": 5}},
    },
    "performance": {"prometheus": "http://prometheus.monitoring.svc:9090"},
    "base_path": "/jaeger",
    "ui": {
        "menu": [
            {"label": "Logs", "url": "https://logs.example.com"},
            {"label": "Help", "items": [{"label": "Docs", "url": "https://docs.example.com"}]},
        ],
        "link_patterns": [
            {
                "type": "traces",
                "url": "https://logs.example.com/?trace=#{traceID}",
                "text": "Logs of this trace",
            }
        ],
        "dependencies": False,
        "themes": True,
    },
}


def spec(values: dict[str, Any], **changes: object) -> JaegerSpec:
    return JaegerSpec.model_validate(values | changes)
