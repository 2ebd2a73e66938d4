"""A small and a large Cube, as values that tests change."""

from typing import Any

from floe_constructs.cube import CubeSpec

RESOURCES = {"cpu": "500m", "memory": "2Gi"}
KEYS = {
    "access_key_id": {"name": "store", "key": "id"},
    "secret_access_key": {"name": "store", "key": "secret"},
}
S3 = {"type": "s3", "bucket": "acme-cube", "region": "eu-central-1", "credentials": KEYS}
LOCAL = {"type": "local", "size": "20Gi"}
ROLE = "arn:aws:iam::111122223333:role/acme-cube"
WORKERS = {"resources": RESOURCES, "replicas": 3}
SMALL: dict[str, Any] = {
    "instance": "test",
    "image": "cubejs/cube:v1",
    "api": {"resources": RESOURCES},
    "refresh_worker": {"resources": RESOURCES},
    "store": {
        "image": "cubejs/cubestore:v1",
        "storage": LOCAL,
        "router": {"resources": RESOURCES},
    },
    "api_secret": {"name": "cube-api", "key": "value"},
    "source": {
        "type": "postgres",
        "host": "db.example.com",
        "database": "marts",
        "user": "cube",
        "password": {"name": "warehouse", "key": "password"},
    },
    "time_zones": ["UTC"],
}
STORE: dict[str, Any] = SMALL["store"] | {"storage": S3, "workers": WORKERS}
LARGE: dict[str, Any] = SMALL | {
    "api": {"resources": RESOURCES, "replicas": 2, "autoscale": {"max_replicas": 5}},
    "store": STORE,
    "sql_api": {"user": "bi", "password": {"name": "cube-sql", "key": "password"}, "sees": "all"},
    "row_level_security": {"column": "organization_id"},
    "model": {
        "orders.yml": "cubes: []\n",
        "cubes/customers.yml": "cubes: []\n",
        "cubes/products.js": "cube('products', {})\n",
    },
}


def spec(**changes: object) -> CubeSpec:
    return CubeSpec.model_validate(LARGE | changes)
