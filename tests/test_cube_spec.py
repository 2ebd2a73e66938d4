"""What an environment may say about Cube, and what Cube's processes are told of it."""

from typing import Any

import pytest
from pydantic import ValidationError

from conftest import opens
from cube_example import KEYS, LARGE, LOCAL, RESOURCES, ROLE, S3, SMALL, STORE, WORKERS, spec
from floe_constructs.cube import CubeSettings, CubeSpec, config
from floe_constructs.cube.credentials import credentials
from floe_constructs.cube.flows import flows
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.environment import Variable
from floe_constructs.kubernetes.files import MAX_BYTES
from floe_constructs.kubernetes.secret import SecretKey, secret_keys

PASSWORD = {"name": "warehouse", "key": "password"}
TRINO = {
    "type": "trino",
    "host": "trino.example.com",
    "catalog": "lake",
    "schema": "marts",
    "user": "cube",
    "password": PASSWORD,
}
SNOWFLAKE = {
    "type": "snowflake",
    "account": "acme-analytics",
    "warehouse": "CUBE",
    "database": "MARTS",
    "user": {"name": "warehouse", "key": "user"},
    "password": PASSWORD,
    "role": "READER",
}
BIGQUERY = {
    "type": "bigquery",
    "project": "acme",
    "location": "EU",
    "credentials": {"name": "bigquery", "key": "credentials"},
}
DUCKDB: dict[str, Any] = {
    "type": "duckdb",
    "memory_limit": "512Mi",
    "database_path": "/cube/marts.duckdb",
    "schema": "marts",
    "s3": {"region": "eu-central-1", "credentials": KEYS, "endpoint": "http://s3.lake.svc:8333"},
}
SECRET = SecretKey.model_validate(PASSWORD)
STORE_ID = SecretKey(name="store", key="id")
STORE_SECRET = SecretKey(name="store", key="secret")


def refused(values: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        CubeSpec.model_validate(values)
    return str(caught.value)


def store(**changes: object) -> CubeSpec:
    return spec(store=STORE | changes)


def of_source(env: object) -> dict[str, Variable]:
    assert isinstance(env, dict)
    return {name: value for name, value in env.items() if name.startswith("CUBEJS_DB_")}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            SMALL["source"] | {"port": 6432, "sslmode": "verify-full"},
            {
                "CUBEJS_DB_TYPE": "postgres",
                "CUBEJS_DB_HOST": "db.example.com",
                "CUBEJS_DB_PORT": "6432",
                "CUBEJS_DB_NAME": "marts",
                "CUBEJS_DB_USER": "cube",
                "CUBEJS_DB_PASS": SECRET,
                "CUBEJS_DB_SSL": "true",
                "CUBEJS_DB_SSL_REJECT_UNAUTHORIZED": "true",
            },
        ),
        (
            TRINO,
            {
                "CUBEJS_DB_TYPE": "trino",
                "CUBEJS_DB_HOST": "trino.example.com",
                "CUBEJS_DB_PORT": "443",
                "CUBEJS_DB_USER": "cube",
                "CUBEJS_DB_PASS": SECRET,
                "CUBEJS_DB_PRESTO_CATALOG": "lake",
                "CUBEJS_DB_SCHEMA": "marts",
                "CUBEJS_DB_SSL": "true",
                "CUBEJS_DB_SSL_REJECT_UNAUTHORIZED": "true",
            },
        ),
        (
            SNOWFLAKE,
            {
                "CUBEJS_DB_TYPE": "snowflake",
                "CUBEJS_DB_SNOWFLAKE_ACCOUNT": "acme-analytics",
                "CUBEJS_DB_SNOWFLAKE_WAREHOUSE": "CUBE",
                "CUBEJS_DB_NAME": "MARTS",
                "CUBEJS_DB_USER": SecretKey(name="warehouse", key="user"),
                "CUBEJS_DB_PASS": SECRET,
                "CUBEJS_DB_SNOWFLAKE_ROLE": "READER",
            },
        ),
        (
            BIGQUERY,
            {
                "CUBEJS_DB_TYPE": "bigquery",
                "CUBEJS_DB_BQ_PROJECT_ID": "acme",
                "CUBEJS_DB_BQ_LOCATION": "EU",
                "CUBEJS_DB_BQ_KEY_FILE": "/etc/floe/sources/default/key.json",
            },
        ),
        (
            DUCKDB,
            {
                "CUBEJS_DB_TYPE": "duckdb",
                "CUBEJS_DB_DUCKDB_MEMORY_LIMIT": "512MiB",
                "CUBEJS_DB_DUCKDB_DATABASE_PATH": "/cube/marts.duckdb",
                "CUBEJS_DB_DUCKDB_SCHEMA": "marts",
                "CUBEJS_DB_DUCKDB_S3_REGION": "eu-central-1",
                "CUBEJS_DB_DUCKDB_S3_ACCESS_KEY_ID": STORE_ID,
                "CUBEJS_DB_DUCKDB_S3_SECRET_ACCESS_KEY": STORE_SECRET,
                "CUBEJS_DB_DUCKDB_S3_ENDPOINT": "s3.lake.svc:8333",
                "CUBEJS_DB_DUCKDB_S3_USE_SSL": "false",
                "CUBEJS_DB_DUCKDB_S3_URL_STYLE": "path",
            },
        ),
        (
            {"type": "duckdb", "memory_limit": "1Gi"},
            {"CUBEJS_DB_TYPE": "duckdb", "CUBEJS_DB_DUCKDB_MEMORY_LIMIT": "1024MiB"},
        ),
    ],
)
def test_a_data_source_is_said_in_cubes_documented_variables(
    source: dict[str, Any], expected: dict[str, Variable]
) -> None:
    cube = spec(source=source)
    assert of_source(config.api(cube)) == expected
    assert of_source(config.refresh_worker(cube)) == expected


@pytest.mark.parametrize(
    ("sslmode", "expected"),
    [
        ("disable", {"CUBEJS_DB_SSL": "false"}),
        ("require", {"CUBEJS_DB_SSL": "true", "CUBEJS_DB_SSL_REJECT_UNAUTHORIZED": "false"}),
        ("verify-full", {"CUBEJS_DB_SSL": "true", "CUBEJS_DB_SSL_REJECT_UNAUTHORIZED": "true"}),
    ],
)
def test_certificates_are_checked_where_the_mode_says_so(
    sslmode: str, expected: dict[str, str]
) -> None:
    env = config.api(spec(source=SMALL["source"] | {"sslmode": sslmode}))
    assert {name: value for name, value in env.items() if "SSL" in name} == expected


def test_trino_in_the_clear_takes_no_password() -> None:
    assert "tls" in refused(LARGE | {"source": TRINO | {"tls": False}})
    env = config.api(spec(source=TRINO | {"tls": False, "password": None}))
    assert env["CUBEJS_DB_SSL"] == "false"
    assert "CUBEJS_DB_PASS" not in env


@pytest.mark.parametrize(
    ("source", "reached"),
    [
        (TRINO | {"port": 8443}, {("trino.example.com", 8443)}),
        (SNOWFLAKE, {("acme-analytics.snowflakecomputing.com", 443)}),
        (BIGQUERY, {("bigquery.googleapis.com", 443), ("oauth2.googleapis.com", 443)}),
        (DUCKDB, {("s3.lake.svc", 8333), ("extensions.duckdb.org", 80)}),
        ({"type": "duckdb", "memory_limit": "1Gi"}, set()),
    ],
)
def test_api_and_refresh_worker_reach_the_data_source(
    source: dict[str, Any], reached: set[tuple[str, int]]
) -> None:
    cube = CubeSpec.model_validate(SMALL | {"source": source})
    for name in ("cube-api", "cube-refresh-worker"):
        assert {
            (flow.target.host, flow.port)
            for flow in flows(cube)
            if opens(flow).object_name == name and isinstance(flow.target, Endpoint)
        } == reached


@pytest.mark.parametrize("source", [SMALL["source"], TRINO, SNOWFLAKE, BIGQUERY])
def test_the_addresses_of_a_data_source_reach_its_flows(source: dict[str, Any]) -> None:
    cube = CubeSpec.model_validate(SMALL | {"source": source | {"cidrs": ["10.1.0.0/16"]}})
    assert {f.target.cidrs for f in flows(cube) if isinstance(f.target, Endpoint)} == {
        ("10.1.0.0/16",)
    }


@pytest.mark.parametrize(
    ("storage", "expected", "reached"),
    [
        (
            S3 | {"sub_path": "prod"},
            {
                "CUBESTORE_S3_BUCKET": "acme-cube",
                "CUBESTORE_S3_REGION": "eu-central-1",
                "CUBESTORE_S3_SUB_PATH": "prod",
                "CUBESTORE_AWS_ACCESS_KEY_ID": STORE_ID,
                "CUBESTORE_AWS_SECRET_ACCESS_KEY": STORE_SECRET,
            },
            {("s3.eu-central-1.amazonaws.com", 443)},
        ),
        (
            S3 | {"credentials": None, "identity": {"type": "aws-irsa", "role_arn": ROLE}},
            {
                "CUBESTORE_S3_BUCKET": "acme-cube",
                "CUBESTORE_S3_REGION": "eu-central-1",
                "CUBESTORE_AWS_CREDS_REFRESH_EVERY_MINS": "30",
            },
            {("s3.eu-central-1.amazonaws.com", 443), ("sts.amazonaws.com", 443)},
        ),
        (
            S3 | {"endpoint": "http://minio.lake.svc:9000", "sub_path": "prod"},
            {
                "CUBESTORE_MINIO_BUCKET": "acme-cube",
                "CUBESTORE_MINIO_REGION": "eu-central-1",
                "CUBESTORE_MINIO_SUB_PATH": "prod",
                "CUBESTORE_MINIO_SERVER_ENDPOINT": "http://minio.lake.svc:9000",
                "CUBESTORE_MINIO_ACCESS_KEY_ID": STORE_ID,
                "CUBESTORE_MINIO_SECRET_ACCESS_KEY": STORE_SECRET,
            },
            {("minio.lake.svc", 9000)},
        ),
        (
            {"type": "gcs", "bucket": "acme", "sub_path": "a/b", "credentials": PASSWORD},
            {
                "CUBESTORE_GCS_BUCKET": "acme",
                "CUBESTORE_GCS_SUB_PATH": "a/b",
                "CUBESTORE_GCP_KEY_FILE": "/etc/floe/store/key.json",
            },
            {("storage.googleapis.com", 443), ("oauth2.googleapis.com", 443)},
        ),
    ],
)
def test_storage_is_said_to_router_and_workers_alike_in_cube_stores_documented_variables(
    storage: dict[str, Any], expected: dict[str, Variable], reached: set[tuple[str, int]]
) -> None:
    cube = store(storage=storage)
    marks = ("S3", "AWS", "GCS", "GCP", "MINIO", "REMOTE")
    for env in (config.router(cube), config.worker(cube)):
        assert {
            name: value
            for name, value in env.items()
            if name.startswith(tuple(f"CUBESTORE_{mark}_" for mark in marks))
        } == expected
    for name in ("cube-store-router", "cube-store-worker"):
        assert {
            (flow.target.host, flow.port)
            for flow in flows(cube)
            if opens(flow).object_name == name and isinstance(flow.target, Endpoint)
        } == reached


def test_the_addresses_of_the_storage_reach_its_flows() -> None:
    gcs = {"type": "gcs", "bucket": "acme", "credentials": PASSWORD}
    for storage in (S3, gcs):
        cube = store(storage=storage | {"cidrs": ["10.2.0.0/16"]})
        targets = [flow.target for flow in flows(cube) if "store" in opens(flow).object_name]
        assert {t.cidrs for t in targets if isinstance(t, Endpoint)} == {("10.2.0.0/16",)}


def test_the_regions_of_china_have_a_domain_of_their_own() -> None:
    cube = store(storage=S3 | {"region": "cn-north-1"})
    hosts = {f.target.host for f in flows(cube) if isinstance(f.target, Endpoint)}
    assert "s3.cn-north-1.amazonaws.com.cn" in hosts


def test_api_and_refresh_worker_are_told_the_same_but_for_their_roles() -> None:
    cube = spec(sql_api=None)
    api, worker = config.api(cube), config.refresh_worker(cube)
    assert set(api) == set(worker)
    assert {name for name in api if api[name] != worker[name]} == {
        "CUBEJS_REFRESH_WORKER",
        "CUBEJS_PRE_AGGREGATIONS_BUILDER",
    }


def test_the_sql_api_is_all_that_the_api_is_told_beyond_that() -> None:
    cube = spec()
    assert set(config.api(cube)) - set(config.refresh_worker(cube)) == {
        "CUBEJS_PG_SQL_PORT",
        "CUBEJS_SQL_USER",
        "CUBEJS_SQL_PASSWORD",
        "CUBEJS_MAX_SESSIONS",
    }


@pytest.mark.parametrize("source", [SMALL["source"], TRINO, SNOWFLAKE, BIGQUERY, DUCKDB])
def test_cube_is_never_in_development_mode_and_never_reports_home(source: dict[str, Any]) -> None:
    cube = spec(source=source)
    for env in (config.api(cube), config.refresh_worker(cube)):
        assert env["CUBEJS_DEV_MODE"] == "false"
        assert env["CUBEJS_TELEMETRY"] == "false"
    for env in (config.router(cube), config.worker(cube)):
        assert env["CUBESTORE_TELEMETRY"] == "false"


def test_every_secret_of_the_spec_reaches_some_pod_as_a_reference() -> None:
    for source in (SMALL["source"], TRINO, SNOWFLAKE, BIGQUERY, DUCKDB):
        cube = spec(source=source)
        assert {use.secret for use in credentials(cube)} == secret_keys(cube)


@pytest.mark.parametrize(
    ("resources", "source", "heap"),
    [
        ({"cpu": "1", "memory": "2Gi"}, TRINO, 1536),
        ({"cpu": "1", "memory": "2Gi", "memory_limit": "4Gi"}, TRINO, 3072),
        ({"cpu": "1", "memory": "2Gi"}, DUCKDB, 1152),
    ],
)
def test_nodes_heap_follows_the_memory_limit_and_leaves_duckdb_its_own(
    resources: dict[str, str], source: dict[str, Any], heap: int
) -> None:
    settings = {"resources": resources}
    cube = spec(source=source, api=settings, refresh_worker=settings)
    for env in (config.api(cube), config.refresh_worker(cube)):
        assert f"--max-old-space-size={heap}" in str(env["NODE_OPTIONS"]).split()


@pytest.mark.parametrize("role", ["api", "refresh_worker"])
def test_memory_that_leaves_node_nothing_is_refused(role: str) -> None:
    small = {"resources": {"cpu": "1", "memory": "768Mi"}}
    assert f"{role}.resources" in refused(LARGE | {role: small, "source": DUCKDB})
    assert spec(**{role: small}, source=TRINO)


@pytest.mark.parametrize(
    ("changes", "variable", "value"),
    [
        (
            {"time_zones": ["UTC", "Europe/Berlin"]},
            "SCHEDULED_REFRESH_TIMEZONES",
            "UTC,Europe/Berlin",
        ),
        ({"concurrency": 4}, "CONCURRENCY", "4"),
        ({"refresh_concurrency": 2}, "REFRESH_WORKER_CONCURRENCY", "2"),
        ({"instance": "dev-eu"}, "PRE_AGGREGATIONS_SCHEMA", "dev_eu_pre_aggregations"),
        ({"api_secret": PASSWORD}, "API_SECRET", SECRET),
    ],
)
def test_a_setting_is_said_to_both_processes(
    changes: dict[str, Any], variable: str, value: Variable
) -> None:
    for process in (config.api, config.refresh_worker):
        assert process(spec(**changes))[f"CUBEJS_{variable}"] == value


def test_concurrency_is_cubes_own_when_silent() -> None:
    assert not [name for name in config.api(spec()) if "CONCURRENCY" in name]


def test_the_sql_api_listens_and_lets_in_as_it_is_told() -> None:
    env = config.api(spec(sql_api=LARGE["sql_api"] | {"port": 5432, "password": PASSWORD}))
    assert env["CUBEJS_PG_SQL_PORT"] == "5432"
    assert env["CUBEJS_SQL_USER"] == "bi"
    assert env["CUBEJS_SQL_PASSWORD"] == SECRET


@pytest.mark.parametrize("field", ["api_secret", "source", "time_zones"])
def test_settings_may_leave_to_others_what_a_spec_must_have(field: str) -> None:
    given = {name: value for name, value in SMALL.items() if name != field}
    assert field in refused(given)
    assert CubeSettings.model_validate({k: v for k, v in given.items() if k != "instance"})


def test_settings_hold_neither_the_model_nor_the_name_of_the_installation() -> None:
    given = set(CubeSpec.model_fields) - set(CubeSettings.model_fields)
    assert given == {"instance", "model"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"storage": S3 | {"credentials": None}}, "exactly one of credentials and identity"),
        ({"storage": S3 | {"identity": {"type": "aws-irsa", "role_arn": ROLE}}}, "exactly one"),
        (
            {
                "storage": S3
                | {
                    "credentials": None,
                    "identity": {"type": "aws-irsa", "role_arn": ROLE},
                    "endpoint": "http://minio:9000",
                }
            },
            "endpoint takes credentials",
        ),
        ({"storage": LOCAL}, "workers need s3 or gcs"),
        ({"workers": WORKERS | {"replicas": 0}}, "greater than or equal to 1"),
        ({"router": {"resources": RESOURCES, "replicas": 2}}, "replicas"),
        (
            {
                "storage": LOCAL,
                "workers": None,
                "router": {"resources": RESOURCES, "cache": {"size": "1Gi"}},
            },
            "router.cache",
        ),
    ],
)
def test_a_store_that_would_lose_data_or_not_start_is_refused(
    changes: dict[str, Any], message: str
) -> None:
    assert message in refused(LARGE | {"store": STORE | changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sql_api": LARGE["sql_api"] | {"port": 4000}}, "port of the HTTP API"),
        ({"source": SMALL["source"] | {"sslmode": "prefer"}}, "verify-full"),
        ({"source": {"type": "dubckdb"}}, "duckdb"),
        ({"source": DUCKDB | {"s3": DUCKDB["s3"] | {"endpoint": "http://s3/lake"}}}, "has a path"),
        ({"time_zones": []}, "at least 1"),
        ({"time_zones": ["UTC,Europe/Berlin"]}, "time_zones"),
        ({"model": {}}, "at least 1"),
        ({"model": {"../cube.js": ""}}, "../cube.js"),
        ({"model": {"/cubes/orders.yml": ""}}, "/cubes/orders.yml"),
        ({"model": {"cubes/.hidden.yml": ""}}, ".hidden"),
        ({"model": {"README.md": ""}}, "README.md"),
        ({"model": {"a-b/x.yml": "", "a/b/x.yml": ""}}, "a/b"),
        ({"model": {f"{'a' * 60}/x.yml": ""}}, "exceeds"),
        ({"model": {"cubes/x.yml": "x" * MAX_BYTES}}, "cube-model-cubes"),
    ],
)
def test_what_cube_could_not_use_is_refused(changes: dict[str, Any], message: str) -> None:
    assert message in refused(LARGE | changes)


def test_folders_of_the_model_share_no_limit() -> None:
    half = "x" * (MAX_BYTES * 2 // 3)
    assert spec(model={"cubes/a.yml": half, "views/a.yml": half})
