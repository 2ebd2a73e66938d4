"""Services that environments bring, as constructs want them."""

from typing import Any

from floe_constructs.services.spec import ServicesSpec

PREPARATION = {"image": "example.com/preflight:1"}
STORAGE = {"size": "1Gi"}
STORE = {"image": "example.com/seaweedfs:4.48", "storage": STORAGE}
POSTGRES = {"image": "example.com/postgres:17", "storage": STORAGE}
POLARIS = {
    "type": "polaris",
    "image": "example.com/polaris:1.7.0",
    "admin_tool": "example.com/polaris-admin-tool:1.7.0",
}


def key(name: str, part: str = "password") -> dict[str, str]:
    return {"name": name, "key": part}


def login(user: str) -> dict[str, Any]:
    secret = f"{user.lower().replace('_', '.')}-postgres"
    return {"user": user, "password": key(secret)}


def holder(name: str, *buckets: str) -> dict[str, Any]:
    pair = {"access_key_id": key(name, "id"), "secret_access_key": key(name, "secret")}
    return {"name": name, "buckets": buckets, **pair}


SMALL: dict[str, Any] = {
    "instance": "test",
    "preparation": PREPARATION,
    "secrets": [key("cube-api", "value")],
}
STORING: dict[str, Any] = SMALL | {
    "object_store": STORE,
    "catalog": {"type": "seaweedfs"},
    "holders": [holder("admin") | {"admin": True}, holder("logs", "lake")],
    "buckets": ["lake", "logs"],
    "tables": ["lake"],
    "warehouses": ["warehouse"],
}
LARGE: dict[str, Any] = STORING | {
    "catalog": POLARIS,
    "postgres": POSTGRES,
    "holders": [
        *STORING["holders"],
        {
            "name": "polaris-s3",
            "access_key_id": key("polaris-s3", "access-key-id"),
            "secret_access_key": key("polaris-s3", "secret-access-key"),
            "buckets": ["lake"],
        },
    ],
    "used": [
        {"name": "dagster", "owner": login("dagster")},
        {
            "name": "shop-marts",
            "owner": login("abc-1"),
            "readers": [login("Reader"), login("abc_1")],
        },
        {
            "name": "polaris",
            "owner": {"user": "polaris", "password": key("polaris-postgres")},
        },
    ],
    "principals": [
        {
            "name": "floe",
            "client_id": key("polaris-client-id", "value"),
            "client_secret": key("polaris-client-secret", "value"),
            "role": "floe",
            "warehouses": ["warehouse"],
        },
        {
            "name": "floe-2",
            "client_id": "reports",
            "client_secret": key("reports", "value"),
            "role": "REPORTS",
            "warehouses": ["warehouse"],
        },
    ],
}


def spec(values: dict[str, Any] = LARGE) -> ServicesSpec:
    return ServicesSpec.model_validate(values)
