"""A small and a large gate, as values that tests change."""

from typing import Any

from floe_constructs.preflight import PreflightSpec

ROLE = "arn:aws:iam::123456789012:role/lake"
DATABASE: dict[str, Any] = {
    "name": "dagster",
    "host": "db.example.com",
    "database": "dagster",
    "user": "dagster",
    "password": {"env": "DAGSTER_PG_PASSWORD", "secret": {"name": "database", "key": "password"}},
    "sslmode": "verify-full",
    "ca_file": "/etc/floe/preflight/dagster-ca.crt",
}
BUCKET = {
    "type": "gcs",
    "bucket": "acme-logs",
    "credentials_file": "/etc/floe/preflight/logs.json",
    "secret": {"name": "google", "key": "key.json"},
}
SERVICES: dict[str, Any] = {
    "name": "services",
    "config": {"environment": "test", "postgres": [DATABASE], "storage": [BUCKET]},
    "authorities": {
        "/etc/floe/preflight/dagster-ca.crt": {"config_map": "authorities", "key": "rds.pem"}
    },
}
LAKE: dict[str, Any] = {
    "name": "dagster-code-shop",
    "config": {"storage": [{"type": "s3", "bucket": "acme-lake", "identity": "aws-irsa"}]},
    "account": {
        "service_account": "dagster-code-shop",
        "identity": {"type": "aws-irsa", "role_arn": ROLE},
    },
}
SMALL: dict[str, Any] = {
    "instance": "test",
    "image": "acme/preflight:1",
    "suites": [SERVICES],
}
LARGE: dict[str, Any] = SMALL | {"suites": [SERVICES, LAKE], "schedule": "*/15 * * * *"}


def spec(**changes: object) -> PreflightSpec:
    return PreflightSpec.model_validate(LARGE | changes)
