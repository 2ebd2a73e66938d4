"""A small and a large Dagster, as values that tests change."""

from typing import Any

from floe_constructs.dagster import DagsterSpec

RESOURCES = {"cpu": "500m", "memory": "1Gi"}
RUNS = {"cpu": "1", "memory": "2Gi", "cpu_limit": "2", "memory_limit": "3Gi"}
ROLE = {"type": "aws-irsa", "role_arn": "arn:aws:iam::111122223333:role/acme-data"}
LOGIN = {"name": "registry"}
SMALL: dict[str, Any] = {
    "instance": "test",
    "namespace": "data",
    "image": "acme/dagster:v1",
    "database": {
        "host": "db.example.com",
        "database": "dagster",
        "user": "dagster",
        "password": {"name": "database", "key": "password"},
    },
    "webserver": {"resources": RESOURCES},
    "daemon": {"resources": RESOURCES},
}
SHOP: dict[str, Any] = {
    "name": "shop",
    "image": "acme/shop:v1",
    "module": "shop.definitions",
    "server": {"resources": RESOURCES, "pull_secrets": [LOGIN]},
    "runs": {"resources": RUNS, "pull_secrets": [LOGIN]},
}
EVENTS: dict[str, Any] = SHOP | {
    "name": "events",
    "image": "acme/events:v1",
    "server": {"resources": RESOURCES, "replicas": 2, "pull_secrets": [LOGIN, {"name": "team"}]},
    "runs": {
        "pull_secrets": [LOGIN, {"name": "team"}],
        "resources": RESOURCES,
        "node_selector": {"pool": "runs"},
        "tolerations": [{"key": "runs", "value": "yes", "effect": "NoSchedule"}],
    },
    "executor": "k8s_job",
    "identity": {"type": "aws-irsa", "role_arn": "arn:aws:iam::111122223333:role/acme-events"},
}
ELSEWHERE: dict[str, Any] = {"name": "elsewhere", "host": "code.example.com", "port": 4266}
LOGS: dict[str, Any] = {
    "type": "s3",
    "bucket": "acme-logs",
    "region": "eu-central-1",
    "credentials": {
        "access_key_id": {"name": "logs", "key": "id"},
        "secret_access_key": {"name": "logs", "key": "secret"},
    },
}
GCS: dict[str, Any] = {
    "type": "gcs",
    "bucket": "acme-logs",
    "credentials": {"name": "logs", "key": "key.json"},
}
ACCOUNT: dict[str, Any] = {"type": "azure", "storage_account": "acmelogs", "container": "logs"}
APPLICATION: dict[str, Any] = {
    "client_id": "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
    "client_secret": {"name": "logs", "key": "secret"},
    "tenant_id": {"name": "logs", "key": "tenant"},
}
AZURE: list[dict[str, Any]] = [
    ACCOUNT | {"access_key_or_sas_token": {"name": "logs", "key": "key"}},
    ACCOUNT | {"secret_credential": APPLICATION},
    ACCOUNT | {"identity": {"type": "azure", "client_id": APPLICATION["client_id"]}},
]
LARGE: dict[str, Any] = SMALL | {
    "database": SMALL["database"] | {"user": {"name": "database", "key": "user"}},
    "webserver": {"resources": RESOURCES, "replicas": 2},
    "webserver_read_only": {"resources": RESOURCES, "replicas": 2},
    "code_locations": [SHOP, EVENTS, ELSEWHERE],
    "pull_secrets": [LOGIN],
    "compute_logs": LOGS,
    "artifacts": '{"version":"1.1.0"}',
    "variables": {
        "PLAIN": "a $(PLAIN) and $$ and ${PLAIN:-none}",
        "POLARIS_CLIENT_ID": {"name": "polaris-client-id", "key": "value"},
    },
    "credential_files": {"GOOGLE_APPLICATION_CREDENTIALS": {"name": "gcp", "key": "key.json"}},
    "code_identity": ROLE,
    "lineage": {"url": "http://marquez:5000", "namespace": "test"},
    "traces": {
        "url": "http://jaeger-collector:4318",
        "attributes": {"deployment.environment": "${STAGE:-test}", "team": "data, platform"},
        "sampler_ratio": 0.5,
    },
}


def spec(**changes: object) -> DagsterSpec:
    return DagsterSpec.model_validate(LARGE | changes)
