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


def spec(values: dict[str, Any], **changes: object) -> JaegerSpec:
    return JaegerSpec.model_validate(values | changes)
