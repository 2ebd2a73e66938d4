"""Several databases behind one Cube, what they log in with, and the buckets they export to."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from conftest import Synth, opens
from cube_example import KEYS, LARGE, ROLE, SMALL, spec
from floe_constructs.cube import CubeSpec, config
from floe_constructs.cube.credentials import credentials
from floe_constructs.cube.flows import flows
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.secret import SecretKey
from test_cube import build, container, pod
from test_overlay import refused as refused_overlay
from test_overlay import wired

KEY, PASS = {"name": "wh", "key": "key.pem"}, {"name": "wh", "key": "pass"}
CA = {"config_map": "company", "key": "ca.pem"}
GOOGLE, AWS = {"type": "gcp"}, {"type": "aws-irsa", "role_arn": ROLE}
SIGNING = GOOGLE | {"service_account": "cube-api@acme.iam.gserviceaccount.com"}
S3 = {"type": "s3", "bucket": "acme-export", "region": "eu-central-1"}
GCS = {"type": "gcs", "bucket": "acme-export"}
AZURE = {"type": "azure", "account": "acme", "container": "export", "integration": "INT"}
TRINO: dict[str, Any] = {
    "type": "trino", "host": "trino.example.com", "catalog": "lake", "schema": "marts",
    "user": "cube", "password": PASS,
}  # fmt: skip
SNOWFLAKE: dict[str, Any] = {
    "type": "snowflake", "account": "acme", "warehouse": "CUBE", "database": "MARTS",
    "user": "cube",
}  # fmt: skip
BIGQUERY: dict[str, Any] = {"type": "bigquery", "project": "acme", "location": "EU"}
DUCKDB: dict[str, Any] = {"type": "duckdb", "memory_limit": "512Mi"}


def env(**changes: object) -> dict[str, Any]:
    """What the API is told, which the refresh worker is told as well."""
    cube = spec(sql_api=None, **changes)
    told = dict(config.api(cube))
    also = config.refresh_worker(cube)
    assert {k: v for k, v in also.items() if "_DB_" in k} == {
        k: v for k, v in told.items() if "_DB_" in k
    }
    return told


def refused(**changes: object) -> str:
    with pytest.raises(ValidationError) as failure:
        spec(**changes)
    return str(failure.value)


def hosts(cube: CubeSpec, component: str) -> set[str | None]:
    return {
        flow.target.host
        for flow in flows(cube)
        if isinstance(flow.target, Endpoint) and opens(flow).component == component
    }


def test_each_further_source_has_variables_with_its_name() -> None:
    told = env(sources={"crm": SMALL["source"] | {"host": "crm.example.com"}, "lake": TRINO})
    assert told["CUBEJS_DATASOURCES"] == "default,crm,lake"
    assert told["CUBEJS_DB_HOST"] == "db.example.com"
    assert told["CUBEJS_DS_CRM_DB_HOST"] == "crm.example.com"
    assert told["CUBEJS_DS_LAKE_DB_TYPE"] == "trino"
    assert told["CUBEJS_DS_LAKE_DB_PRESTO_CATALOG"] == "lake"
    own = {name for name in told if name.startswith("CUBEJS_DS_CRM_")}
    default = {name for name in told if name.startswith("CUBEJS_DB_")}
    assert {name.replace("DS_CRM_", "") for name in own} == default


def test_what_is_said_of_all_databases_is_said_to_each() -> None:
    told = env(sources={"lake": TRINO}, concurrency=4, query_timeout="20m")
    for name in ("CUBEJS_", "CUBEJS_DS_LAKE_"):
        assert (told[f"{name}CONCURRENCY"], told[f"{name}DB_QUERY_TIMEOUT"]) == ("4", "20m")


def test_one_source_alone_has_no_list() -> None:
    assert "CUBEJS_DATASOURCES" not in env()


def test_every_source_is_reached_by_both_roles() -> None:
    cube = spec(sources={"lake": TRINO, "warehouse": BIGQUERY}, identity=GOOGLE)
    for component in ("api", "refresh-worker"):
        found = hosts(cube, component)
        assert {"db.example.com", "trino.example.com", "bigquery.googleapis.com"} <= found


def test_files_of_sources_do_not_get_into_each_others_way(synth: Synth) -> None:
    trusted = SMALL["source"] | {"sslmode": "verify-full", "ca": CA}
    google = BIGQUERY | {"credentials": KEY}
    cube = spec(source=trusted, sources={"lake": TRINO | {"ca": PASS}, "b_q": google})
    told = config.api(cube)
    paths = {
        told["CUBEJS_DB_SSL_CA"],
        told["CUBEJS_DS_LAKE_DB_SSL_CA"],
        told["CUBEJS_DS_B_Q_DB_BQ_KEY_FILE"],
    }
    assert len(paths) == 3
    for role in ("api", "refresh-worker"):
        manifest = build(synth, cube)["Deployment", f"cube-{role}"]
        volumes = {one["name"]: one for one in pod(manifest)["volumes"]}
        mounted = {
            f"{mount['mountPath']}/{item['path']}"
            for mount in container(manifest)["volumeMounts"]
            for source in volumes[mount["name"]].get("projected", {}).get("sources", [])
            for item in source.get("secret", source.get("configMap"))["items"]
        }
        assert paths == mounted
    files = {use.file for use in credentials(cube) if use.file}
    assert files == paths - {told["CUBEJS_DB_SSL_CA"]}  # which is no secret


def test_duckdbs_of_all_names_leave_node_what_they_do_not_take() -> None:
    heap = spec(source=DUCKDB, sources={"more": DUCKDB}).heap(spec().api)
    assert heap == (2048 - 2 * 512) * 3 // 4


@pytest.mark.parametrize("name", ["default", "Crm", "1st", "a-b", "a_pre_aggregations"])
def test_names_that_cube_could_not_tell_are_refused(name: str) -> None:
    assert "sources" in refused(sources={name: TRINO})


def test_snowflake_takes_a_key_pair_with_its_passphrase() -> None:
    told = env(source=SNOWFLAKE | {"private_key": KEY, "private_key_passphrase": PASS})
    assert told["CUBEJS_DB_SNOWFLAKE_AUTHENTICATOR"] == "SNOWFLAKE_JWT"
    assert told["CUBEJS_DB_SNOWFLAKE_PRIVATE_KEY"] == SecretKey(**KEY)
    assert told["CUBEJS_DB_SNOWFLAKE_PRIVATE_KEY_PASS"] == SecretKey(**PASS)
    assert "CUBEJS_DB_PASS" not in told
    assert "exactly one" in refused(source=SNOWFLAKE)
    assert "exactly one" in refused(source=SNOWFLAKE | {"password": PASS, "private_key": KEY})
    wrong = SNOWFLAKE | {"password": PASS, "private_key_passphrase": PASS}
    assert "needs private_key" in refused(source=wrong)


def test_snowflake_in_a_private_network_is_reached_there() -> None:
    private = SNOWFLAKE | {"password": PASS, "host": "acme.privatelink.snowflakecomputing.com"}
    assert env(source=private)["CUBEJS_DB_SNOWFLAKE_HOST"] == private["host"]
    found = hosts(spec(source=private), "api")
    assert private["host"] in found
    assert "acme.snowflakecomputing.com" not in found


def test_bigquery_without_a_key_is_asked_by_an_identity_of_google() -> None:
    told = env(source=BIGQUERY, identity=GOOGLE)
    assert not [name for name in told if "BQ_KEY" in name or "BQ_CREDENTIALS" in name]
    assert "identity has to be one of gcp" in refused(source=BIGQUERY)
    assert "identity has to be one of gcp" in refused(source=BIGQUERY, identity=AWS)


def test_duckdb_reads_s3_by_an_identity_of_aws() -> None:
    source = DUCKDB | {"s3": {"region": "eu-central-1"}}
    told = env(source=source, identity=AWS)
    assert told["CUBEJS_DB_DUCKDB_S3_USE_CREDENTIAL_CHAIN"] == "true"
    assert not [name for name in told if "ACCESS_KEY" in name]
    assert "identity has to be one of aws" in refused(source=source)


def test_duckdb_with_extensions_in_the_image_fetches_nothing() -> None:
    baked = DUCKDB | {"extensions": ["spatial"], "home": "/opt/duckdb"}
    told = env(source=baked)
    assert told["HOME"] == "/opt/duckdb"
    assert told["CUBEJS_DB_DUCKDB_EXTENSIONS"] == "spatial"
    assert hosts(spec(source=baked), "api") == set()
    assert hosts(spec(source=baked | {"home": None}), "api") == {"extensions.duckdb.org"}
    assert "different homes" in refused(source=baked, sources={"more": DUCKDB})


def test_motherduck_is_a_duckdb_elsewhere() -> None:
    source = DUCKDB | {"motherduck_token": PASS}
    assert env(source=source)["CUBEJS_DB_DUCKDB_MOTHERDUCK_TOKEN"] == SecretKey(**PASS)
    assert "api.motherduck.com" in hosts(spec(source=source), "api")
    assert "two databases" in refused(source=source | {"database_path": "/data/x.duckdb"})


@pytest.mark.parametrize(
    ("source", "bucket", "identity", "expected"),
    [
        (
            TRINO,
            S3 | {"credentials": KEYS},
            None,
            {"TYPE": "s3", "": "acme-export", "AWS_REGION": "eu-central-1", "AWS_KEY": "id",
             "AWS_SECRET": "secret"},
        ),
        (TRINO, GCS | {"credentials": KEY}, None, {"TYPE": "gcs", "": "acme-export"}),
        (BIGQUERY, GCS, SIGNING, {"TYPE": "gcp", "": "acme-export"}),
        (
            SNOWFLAKE | {"password": PASS},
            S3 | {"integration": "INT"},
            AWS,
            {"TYPE": "s3", "": "acme-export", "AWS_REGION": "eu-central-1"},
        ),
        (
            SNOWFLAKE | {"password": PASS},
            AZURE | {"credentials": KEY},
            None,
            {"TYPE": "azure", "": "acme.blob.core.windows.net/export", "AZURE_KEY": "key.pem"},
        ),
    ],
)  # fmt: skip
def test_an_export_bucket_is_spelt_as_its_database_wants_it(
    source: dict[str, Any], bucket: dict[str, Any], identity: object, expected: dict[str, str]
) -> None:
    told = env(source=source | {"export_bucket": bucket}, identity=identity)
    prefix = "CUBEJS_DB_EXPORT_BUCKET"
    assert {
        name.removeprefix(prefix).lstrip("_"): value.key if isinstance(value, SecretKey) else value
        for name, value in told.items()
        if name.startswith(prefix)
    } == expected


def test_cube_store_loads_exported_files_itself() -> None:
    """The server hands it their addresses: without a way there no pre-aggregation would come in."""
    cube = spec(
        source=TRINO | {"export_bucket": S3 | {"credentials": KEYS, "cidrs": ["10.0.0.8/32"]}}
    )
    for component in ("api", "refresh-worker", "store-router", "store-worker"):
        assert "s3.eu-central-1.amazonaws.com" in hosts(cube, component)


@pytest.mark.parametrize("source", [TRINO, BIGQUERY])
def test_without_a_key_google_signs_the_addresses_of_exported_files(source: dict[str, Any]) -> None:
    exporting = source | {"export_bucket": GCS}
    cube = spec(source=exporting, identity=SIGNING)
    signer = "iamcredentials.googleapis.com"
    assert signer in hosts(cube, "api") & hosts(cube, "refresh-worker")
    assert signer not in hosts(cube, "store-router")
    assert "identity.service_account is missing" in refused(source=exporting, identity=GOOGLE)


def test_a_bucket_of_the_artifacts_needs_somebody_who_signs_too(tmp_path: Path) -> None:
    def keyless(settings: dict[str, Any], said: dict[str, Any]) -> None:
        settings["cube"]["identity"] = GOOGLE
        said["consumption"]["pre_aggregations"]["export_bucket"] |= {
            "bucket_type": "gcs",
            "access_key_ref": None,
            "secret_key_ref": None,
        }

    (told,) = refused_overlay(tmp_path, "staging", keyless)
    assert told.startswith("cube.identity.service_account: ")


def test_with_a_key_addresses_are_signed_by_cube_itself() -> None:
    cube = spec(source=TRINO | {"export_bucket": GCS | {"credentials": KEY}})
    assert "iamcredentials.googleapis.com" not in hosts(cube, "api")


def test_a_further_source_has_a_bucket_of_its_own() -> None:
    told = env(sources={"lake": TRINO | {"export_bucket": S3 | {"credentials": KEYS}}})
    assert told["CUBEJS_DS_LAKE_DB_EXPORT_BUCKET"] == "acme-export"
    assert "CUBEJS_DB_EXPORT_BUCKET" not in told


@pytest.mark.parametrize(
    ("source", "bucket", "message"),
    [
        (TRINO, AZURE, "azure"),
        (TRINO, S3 | {"credentials": KEYS, "integration": "INT"}, "integration"),
        (TRINO, S3, "identity has to be one of aws"),
        (SMALL["source"], S3, "export_bucket"),
        (DUCKDB, S3, "export_bucket"),
        (BIGQUERY | {"credentials": KEY}, GCS | {"credentials": KEY}, "credentials"),
        (SNOWFLAKE | {"password": PASS}, GCS | {"credentials": KEY}, "integration"),
        (SNOWFLAKE | {"password": PASS}, GCS | {"integration": "INT"}, "credentials"),
        (SNOWFLAKE | {"password": PASS}, S3, "Snowflake itself writes with it"),
    ],
)
def test_a_bucket_that_the_database_cannot_use_is_refused(
    source: dict[str, Any], bucket: dict[str, Any], message: str
) -> None:
    assert message in refused(source=source | {"export_bucket": bucket})


def test_trino_may_have_a_certificate_of_the_companys_own() -> None:
    told = env(source=TRINO | {"ca": CA})
    assert told["CUBEJS_DB_SSL_REJECT_UNAUTHORIZED"] == "true"
    assert told["CUBEJS_DB_SSL_CA"].endswith("/ca.crt")
    assert "ca needs tls" in refused(source=TRINO | {"password": None, "tls": False, "ca": CA})


def test_limits_of_rows_are_said_one_without_the_other() -> None:
    assert env(query_default_limit=500)["CUBEJS_DB_QUERY_DEFAULT_LIMIT"] == "500"
    assert "CUBEJS_DB_QUERY_DEFAULT_LIMIT" not in env(query_limit=500)
    assert "is above query_limit" in refused(query_limit=10, query_default_limit=11)
    assert "is above query_limit" in refused(query_default_limit=50_001)


def test_only_the_api_may_be_kept_from_databases() -> None:
    cube = CubeSpec.model_validate(LARGE | {"rollup_only": True})
    assert config.api(cube)["CUBEJS_ROLLUP_ONLY"] == "true"
    assert "CUBEJS_ROLLUP_ONLY" not in config.refresh_worker(cube)


def test_a_database_that_the_artifacts_name_is_asked_with_their_login(tmp_path: Path) -> None:
    def postgres(settings: dict[str, Any], said: dict[str, Any]) -> None:
        settings["compute"], settings["cube"]["source"] = None, None
        said["consumption"]["database_type"] = "postgres"
        said["consumption"]["pre_aggregations"]["export_bucket"]["enabled"] = False
        said["resolved_profiles"]["compute"] |= {
            "type": "postgres",
            "properties": {"host": "db.example.com", "port": 6432, "dbname": "marts"},
            "credentials": {"mode": "static", "secret_ref": "warehouse"},
        }

    cube = wired(tmp_path, "staging", postgres).cube
    assert cube
    told = config.api(cube)
    assert told["CUBEJS_DB_TYPE"] == "postgres"
    assert (told["CUBEJS_DB_PORT"], told["CUBEJS_DB_NAME"]) == ("6432", "marts")
    assert told["CUBEJS_DB_PASS"] == SecretKey(name="warehouse", key="POSTGRES_PASSWORD")


@pytest.mark.parametrize(
    ("changes", "lacking"),
    [
        ({"properties": {"account": "acme", "user": "u"}}, "database, warehouse"),
        ({"credentials": {"mode": "static", "secret_ref": None}}, "a login"),
    ],
)
def test_what_the_artifacts_lack_of_a_database_is_named(
    tmp_path: Path, changes: dict[str, Any], lacking: str
) -> None:
    def snowflake(settings: dict[str, Any], said: dict[str, Any]) -> None:
        settings["compute"], settings["cube"]["source"] = None, None
        said["consumption"]["database_type"] = None
        names = {"account": "acme", "warehouse": "w", "database": "d", "user": "u"}
        said["resolved_profiles"]["compute"] |= {
            "type": "snowflake",
            "properties": names,
            "credentials": {"mode": "static", "secret_ref": "snowflake"},
        } | changes

    (told,) = refused_overlay(tmp_path, "staging", snowflake)
    assert told.startswith("cube.source: ")
    assert f"names snowflake without what Cube takes as {lacking};" in told


@pytest.mark.parametrize(("key", "problem"), [("google", ""), (None, "cube.identity: ")])
def test_bigquery_by_the_artifacts_needs_a_key_or_an_identity(
    tmp_path: Path, key: str | None, problem: str
) -> None:
    def bigquery(settings: dict[str, Any], said: dict[str, Any]) -> None:
        settings["compute"], settings["cube"]["source"] = None, None
        said["consumption"]["database_type"] = "bigquery"
        said["consumption"]["pre_aggregations"]["export_bucket"]["enabled"] = False
        said["resolved_profiles"]["compute"] |= {
            "type": "bigquery",
            "properties": {"project": "acme", "location": "EU"},
            "credentials": {"mode": "static", "secret_ref": key},
        }

    if problem:
        (told,) = refused_overlay(tmp_path, "staging", bigquery)
        assert told.startswith(problem)
        assert "an identity of gcp" in told
    else:
        cube = wired(tmp_path, "staging", bigquery).cube
        assert cube
        assert SecretKey(name="google", key="credentials.json") in {
            use.secret for use in credentials(cube)
        }
