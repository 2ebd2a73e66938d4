"""A small and a large Marquez, as values that tests change."""

from typing import Any

from floe_constructs.marquez import MarquezSpec

RESOURCES = {"cpu": "250m", "memory": "1Gi"}
SMALL: dict[str, Any] = {
    "instance": "test",
    "image": "acme/marquez:0.51.1",
    "database": {
        "host": "db.example.com",
        "database": "marquez",
        "user": "marquez",
        "password": {"name": "database", "key": "password"},
    },
    "api": {"resources": RESOURCES},
}
LARGE: dict[str, Any] = SMALL | {
    "database": SMALL["database"] | {"user": {"name": "database", "key": "user"}},
    "api": {"resources": RESOURCES, "replicas": 2},
    "web": {"image": "acme/marquez-web:0.51.1", "resources": RESOURCES, "replicas": 2},
    "retention": {"days": 30},
}
SEARCH: dict[str, Any] = {
    "url": "https://search.example.com:9200",
    "username": {"name": "search", "key": "user"},
    "password": {"name": "search", "key": "password"},
    "trust_store": {"config_map": "authorities", "key": "bundle.p12"},
}


def spec(**changes: object) -> MarquezSpec:
    return MarquezSpec.model_validate(LARGE | changes)
