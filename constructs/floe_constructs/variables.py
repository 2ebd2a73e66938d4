"""The environment variables by which pods, `dagster.yaml` and preflight know a service.

One table for all of them: what a pod is told, preflight can be told. The providers' own names are
used where they have one, because their libraries read them.
"""

VARIABLES: dict[str, dict[str, str]] = {
    "trino": {
        "host": "TRINO_HOST",
        "port": "TRINO_PORT",
        "tls": "TRINO_HTTP_SCHEME",
        "ca_file": "TRINO_CA",
        "user": "TRINO_USER",
        "password": "TRINO_PASSWORD",
        "catalog": "TRINO_CATALOG",
        "schema": "TRINO_SCHEMA",
    },
    "snowflake": {
        "account": "SNOWFLAKE_ACCOUNT",
        "user": "SNOWFLAKE_USER",
        "password": "SNOWFLAKE_PASSWORD",
        "private_key": "SNOWFLAKE_PRIVATE_KEY_PATH",
        "private_key_passphrase": "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE",
        "role": "SNOWFLAKE_ROLE",
        "warehouse": "SNOWFLAKE_WAREHOUSE",
        "database": "SNOWFLAKE_DATABASE",
        "schema": "SNOWFLAKE_SCHEMA",
    },
    "bigquery": {
        "project": "BIGQUERY_PROJECT",
        "dataset": "BIGQUERY_DATASET",
        "location": "BIGQUERY_LOCATION",
        "credentials_file": "GOOGLE_APPLICATION_CREDENTIALS",
    },
    "duckdb": {"path": "DUCKDB_PATH"},
    "s3": {
        "region": "AWS_REGION",
        "endpoint": "AWS_ENDPOINT_URL",
        "access_key_id": "AWS_ACCESS_KEY_ID",
        "secret_access_key": "AWS_SECRET_ACCESS_KEY",
        "session_token": "AWS_SESSION_TOKEN",
        "profile": "AWS_PROFILE",
    },
    "gcs": {"credentials_file": "GOOGLE_APPLICATION_CREDENTIALS"},
    "adls": {
        "account": "AZURE_STORAGE_ACCOUNT",
        "account_key": "AZURE_STORAGE_ACCOUNT_KEY",
        "sas": "AZURE_STORAGE_SAS_TOKEN",
    },
    "polaris": {
        "uri": "POLARIS_URI",
        "client_id": "POLARIS_CLIENT_ID",
        "client_secret": "POLARIS_CLIENT_SECRET",
        "warehouse": "POLARIS_WAREHOUSE",
        "scope": "POLARIS_SCOPE",
    },
    "dagster": {
        "host": "DAGSTER_PG_HOST",
        "port": "DAGSTER_PG_PORT",
        "database": "DAGSTER_PG_DB",
        "user": "DAGSTER_PG_USER",
        "password": "DAGSTER_PG_PASSWORD",
        "sslmode": "DAGSTER_PG_SSLMODE",
    },
}
"""Variables by kind of service, and by the setting of preflight's that each of them fills."""

ALSO = {
    "AWS_REGION": "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL": "AWS_ENDPOINT_URL_S3",
    "AZURE_STORAGE_ACCOUNT_KEY": "AZURE_STORAGE_KEY",
}
"""Other names of the same thing, by which the providers' tools know it."""

COMPUTE_TYPE = "FLOE_COMPUTE_TYPE"
"""Which engine is meant."""

STORAGE_URL = "FLOE_STORAGE_URL"
"""Which bucket or container is meant: `s3://bucket/prefix`."""
