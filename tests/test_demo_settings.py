"""What the demo is told: one variable for each setting, and the artifacts."""

import json
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from floe_demo.artifacts import Artifacts
from floe_demo.lake.catalog import namespace, rest, store
from floe_demo.settings import PREFIX, Settings

EXAMPLES = Path(__file__).parent / "contract" / "examples"
GIVEN = {
    "enabled": ("true", True),
    "schedule_cron": ("*/2 * * * *", "*/2 * * * *"),
    "schedule_batch_size": ("40", 40),
    "data_quality_null_rate": ("0.5", 0.5),
    "data_quality_duplicate_rate": ("0.25", 0.25),
    "data_quality_late_arrival_rate": ("0", 0.0),
    "data_quality_max_late_days": ("2", 2.0),
    "burst_enabled": ("1", True),
    "burst_records_per_second": ("50", 50),
    "observability_marquez": ("false", False),
    "observability_jaeger": ("false", False),
    "retention_days": ("9", 9),
    "saas_enabled": ("true", True),
    "seed": ("5", 5),
    "home": ("/data/demo", Path("/data/demo")),
}


def artifacts(name: str) -> Artifacts:
    found = Artifacts.read({"FLOE_COMPILED_ARTIFACTS": str(EXAMPLES / f"{name}.json")})
    assert found is not None
    return found


def test_each_setting_has_a_variable() -> None:
    assert set(GIVEN) == set(Settings.model_fields)
    said = Settings.read({PREFIX + name.upper(): text for name, (text, _) in GIVEN.items()})
    assert said.model_dump() == {name: value for name, (_, value) in GIVEN.items()}
    assert said.rates.model_dump() == {
        "null": 0.5,
        "duplicate": 0.25,
        "late": 0.0,
        "max_late_days": 2.0,
    }


@pytest.mark.parametrize(
    "variables", [{"FLOE_DEMO_BATCH_SIZE": "1"}, {"FLOE_DEMO_DATA_QUALITY_NULL_RATE": "2"}]
)
def test_what_is_unknown_or_out_of_range_is_refused(variables: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings.read(variables)


def test_rows_stay_as_long_as_the_setting_says_or_the_bronze_layer_or_a_month() -> None:
    said = json.loads((EXAMPLES / "local.json").read_text())
    said["resolved_layers"]["bronze"]["retention_days"] = 12
    layered = Artifacts.model_validate(said)
    assert Settings(retention_days=3).kept_days(layered) == 3
    assert Settings().kept_days(layered) == 12
    assert Settings().kept_days(artifacts("prod")) == Settings().kept_days(None) == 30


def test_another_major_version_is_refused_and_what_a_newer_minor_adds_is_left_aside() -> None:
    said = json.loads((EXAMPLES / "local.json").read_text()) | {"later": 1}
    assert Artifacts.model_validate(said | {"version": "1.9.0"}).bronze.namespace
    with pytest.raises(ValidationError, match="version"):
        Artifacts.model_validate(said | {"version": "2.0.0"})


def test_catalogs_and_stores_are_those_of_the_artifacts() -> None:
    variables = {"POLARIS_CLIENT_ID": "id", "POLARIS_CLIENT_SECRET": "hidden"}
    said = artifacts("prod")
    assert namespace(said, "ecommerce") == "default"
    assert namespace(said, "saas") == "default_saas"
    assert rest(said.bronze.catalog, variables) == {
        "py-catalog-impl": "floe_demo.lake.rest.PatientCatalog",
        "uri": "https://polaris.prod.floe.internal/api/catalog",
        "warehouse": "prod_catalog",
        "header.X-Iceberg-Access-Delegation": "vended-credentials",
        "credential": "id:hidden",
        "oauth2-server-uri": "https://polaris.prod.floe.internal/api/catalog/v1/oauth/tokens",
        "scope": "PRINCIPAL_ROLE:DATA_ENGINEER",
    }
    assert store(said.bronze.storage, variables) == {  # a role: no keys
        "s3.region": "us-east-1",
        "s3.force-virtual-addressing": "true",
    }
    local = artifacts("local")
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    assert namespace(local, "ecommerce") == "bronze"
    assert store(local.bronze.storage, keys) == {
        "s3.region": "us-east-1",
        "s3.endpoint": "http://floe-infra-localstack:4566",
        "s3.force-virtual-addressing": "false",
        "s3.access-key-id": "a",
        "s3.secret-access-key": "b",
    }
    assert store(artifacts("snowflake-adls").bronze.storage, {}) == {}


def test_a_credential_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="POLARIS_CLIENT_ID is not set"):
        rest(artifacts("prod").bronze.catalog, {})


def test_the_page_of_the_demo_has_every_setting_with_its_default() -> None:
    page = (Path(__file__).parents[1] / "demo" / "README.md").read_text()
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \|", page, re.MULTILINE)
    told = {name.lower(): default.strip("`") for name, default in rows}
    assert told.pop("retention_days")
    fields = Settings.model_fields
    defaults = {name: str(field.default) for name, field in fields.items()}
    assert defaults.pop("retention_days") == "None"
    assert told == {
        name: default.lower() if default in {"True", "False"} else default
        for name, default in defaults.items()
    }
