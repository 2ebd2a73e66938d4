"""What the artifacts say, as targets of preflight."""

import json
from pathlib import Path
from typing import Any

import pytest

from floe_constructs.artifacts import CompiledArtifacts, read
from floe_constructs.artifacts.credentials import Credential
from floe_constructs.preflight.targets import Kept, PreflightConfig
from floe_deploy.targets import Login, derive

EXAMPLES = Path(__file__).parent / "contract" / "examples"

pytestmark = pytest.mark.requirement("FR-018")


def keep(item: Credential) -> Kept:
    return Kept(file=f"/mnt/{item.variable}") if item.file else Kept(env=item.variable)


def artifacts(name: str, **profiles: dict[str, Any]) -> CompiledArtifacts:
    """Answer an example, with other profiles."""
    said = json.loads((EXAMPLES / f"{name}.json").read_text())
    said["resolved_profiles"] |= profiles
    return read(json.dumps(said).encode())


def derived(name: str, **profiles: dict[str, Any]) -> PreflightConfig:
    config, problems = derive(artifacts(name, **profiles), Login(keep=keep))
    assert not problems
    return config


def only(config: PreflightConfig, service: str) -> dict[str, Any]:
    (target,) = config.model_dump(exclude_defaults=True, by_alias=True)[service]
    assert isinstance(target, dict)
    return target


def test_each_layer_s_bucket_is_a_target_called_after_the_layer() -> None:
    config = derived("local")
    assert [target.name for target in config.storage] == ["bronze", "silver", "gold"]
    (catalog,) = config.catalog
    assert catalog.name is None  # it is the same for all of them


@pytest.mark.parametrize(
    ("example", "service", "expected"),
    [
        (
            "dev",
            "storage",
            {
                "type": "s3",
                "bucket": "floe-dev-iceberg-bronze",
                "path_style": False,
                "identity": "aws-irsa",
            },
        ),
        (
            "dev",
            "catalog",
            {
                "type": "polaris",
                "uri": "https://polaris.dev.floe.internal/api/catalog",
                "warehouse": "dev_catalog",
                "client_id": {"env": "POLARIS_CLIENT_ID"},
                "client_secret": {"env": "POLARIS_CLIENT_SECRET"},
                "scope": "PRINCIPAL_ROLE:DATA_ENGINEER",
            },
        ),
        ("local", "compute", {"type": "duckdb", "path": "/tmp/floe.duckdb"}),  # noqa: S108
        (
            "snowflake-adls",
            "storage",
            {
                "type": "adls",
                "account": "acmelake",
                "container": "lake",
                "account_key": {"env": "AZURE_STORAGE_ACCOUNT_KEY"},
            },
        ),
        (
            "snowflake-adls",
            "compute",
            {
                "type": "snowflake",
                "account": "ACME-PROD",
                "user": "FLOE",
                "password": {"env": "SNOWFLAKE_PASSWORD"},
                "role": "TRANSFORMER",
                "warehouse": "TRANSFORMING",
                "database": "ANALYTICS",
                "schema": "PUBLIC",
            },
        ),
        (
            "spark-s3-cube",
            "compute",
            {
                "type": "other",
                "kind": "spark",
                "host": "spark.data.example.com",
                "port": 10000,
                "tls": False,
            },
        ),
    ],
)
def test_a_service_of_the_artifacts_is_a_target(
    example: str, service: str, expected: dict[str, Any]
) -> None:
    assert only(derived(example), service) == expected


def test_bigquery_and_gcs_take_the_file_that_pods_have() -> None:
    login = {"secret_ref": "gcp"}
    config = derived(
        "dev",
        storage={"type": "gcs", "bucket": "lake", "credentials": login},
        compute={
            "type": "bigquery",
            "properties": {"project": "acme", "dataset": "marts", "location": "EU"},
            "credentials": login,
        },
    )
    file = {"credentials_file": "/mnt/GOOGLE_APPLICATION_CREDENTIALS"}
    assert only(config, "storage") == {"type": "gcs", "bucket": "lake", **file}
    assert only(config, "compute") == {
        "type": "bigquery",
        "project": "acme",
        "dataset": "marts",
        "location": "EU",
        **file,
    }


def test_an_address_in_a_secret_is_where_it_is_kept() -> None:
    config = derived(
        "dev",
        catalog={"type": "rest", "uri": {"secret_ref": "catalog-uri"}, "warehouse": "w"},
    )
    assert only(config, "catalog")["uri"] == {"env": "CATALOG_URI"}


@pytest.mark.parametrize(
    ("catalog", "expected"),
    [
        ({"type": "hive", "uri": "thrift://hive.svc"}, ("hive", "hive.svc", 9083, False)),
        ({"type": "glue", "uri": "https://glue.aws"}, ("glue", "glue.aws", 443, True)),
    ],
)
def test_a_catalog_without_a_check_is_looked_at_as_far_as_it_goes(
    catalog: dict[str, Any], expected: tuple[object, ...]
) -> None:
    (target,) = derived("dev", catalog={**catalog, "warehouse": "w"}).catalog
    said = target.model_dump()
    assert tuple(said[name] for name in ("kind", "host", "port", "tls")) == expected


@pytest.mark.parametrize(
    ("identity", "expected"), [("gcp", "gcp"), ("aws-irsa", None), (None, None)]
)
def test_who_the_process_is_counts_where_there_is_no_key_and_the_cloud_is_the_same(
    identity: Any, expected: str | None
) -> None:
    said = artifacts("dev", storage={"type": "gcs", "bucket": "lake"})
    config, _ = derive(said, Login(keep=keep, identity=identity))
    assert only(config, "storage").get("identity") == expected


def test_what_is_known_of_a_login_counts_where_the_artifacts_have_none() -> None:
    known: dict[str, dict[str, object]] = {
        "s3": {"profile": "me"},
        "adls": {"sas": {"env": "SAS"}},
    }
    config, _ = derive(artifacts("dev"), Login(keep=keep, known=known))
    assert only(config, "storage")["profile"] == "me"
    assert "identity" not in only(config, "storage")
    config, _ = derive(artifacts("snowflake-adls"), Login(keep=keep, known=known))
    assert "sas" not in only(config, "storage")


def test_a_folder_is_no_service() -> None:
    assert not derived("dev", storage={"type": "local", "bucket": "folder"}).storage


def test_what_the_artifacts_lack_is_told_with_its_place() -> None:
    said = artifacts(
        "dev",
        compute={"type": "snowflake", "properties": {"user": "me"}},
        storage={"type": "azure", "bucket": "lake", "credentials": {"secret_ref": "azure"}},
    )
    config, problems = derive(said, Login(keep=keep))
    assert [problem.where for problem in problems] == [
        "resolved_profiles.storage.account",
        "resolved_profiles.compute.properties.account",
    ]
    assert len(config.catalog) == 1  # the rest can be checked


def test_two_targets_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="give each its own"):
        PreflightConfig.model_validate({"compute": [{"type": "duckdb"}, {"type": "duckdb"}]})
