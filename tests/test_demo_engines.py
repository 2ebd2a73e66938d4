"""The same models on other engines: dbt's profile out of the artifacts, and SQL that they take."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import sqlglot

from floe_demo.artifacts import Artifacts
from floe_demo.settings import Settings
from floe_demo.warehouse import duck, profile
from test_demo_settings import EXAMPLES, artifacts
from test_dist import ROOT

DBT = ROOT / ".tools" / "dbt" / "bin"

TRINO = {
    "FLOE_COMPUTE_TYPE": "trino",
    "TRINO_HOST": "trino",
    "TRINO_PORT": "8443",
    "TRINO_USER": "demo",
    "TRINO_PASSWORD": "hidden",
    "TRINO_CATALOG": "lake",
}
SNOWFLAKE = {"SNOWFLAKE_PASSWORD": "hidden"}
BIGQUERY = {"BIGQUERY_PROJECT": "acme"}
LOGIN = {
    "type": "authorized_user",
    "client_id": "nobody",
    "client_secret": "none",
    "refresh_token": "none",
}

# Neither Snowflake nor BigQuery can be had, so that what they would answer is put in its place:
# whether the tables are there already. All else is dbt's and its adapters' own.
COMPILE = """
import sys
from dbt.cli.main import dbtRunner

kind, project, there = sys.argv[1], sys.argv[2], sys.argv[3] == "there"
adapters = __import__(f"dbt.adapters.{kind}.impl", fromlist=["impl"])
(adapter,) = [
    one for name, one in vars(adapters).items()
    if name.lower() == f"{kind}adapter"
]

def get_relation(self, database, schema, identifier):
    if there and identifier in ("stg_orders", "stg_order_items", "mart_revenue"):
        place = {"database": database, "schema": schema, "identifier": identifier}
        return self.Relation.create(**place, type="table")

adapter.get_relation = get_relation
offline = ["--no-populate-cache", "--no-partial-parse"]
result = dbtRunner().invoke(["--no-use-colors", "compile", *offline, "--project-dir", project])
sys.exit(0 if result.success else 1)
"""


def described(kind: str) -> Artifacts:
    """Answer artifacts of an engine: the compiler's own for Snowflake, and others like them."""
    said = json.loads((EXAMPLES / "snowflake-adls.json").read_text())
    if kind != "snowflake":
        said["resolved_profiles"]["compute"] |= {"type": kind, "properties": {}}
    return Artifacts.model_validate(said)


def compiled(folder: Path, kind: str, more: dict[str, str], *, there: bool) -> dict[str, str]:
    """Let dbt compile all models for an engine; answer their SQL."""
    said, settings = described("duckdb" if kind == "trino" else kind), Settings(home=folder)
    profile.written(settings, said, more)
    login = folder / "login.json"  # of nobody, and asked for as soon as dbt begins
    login.write_text(json.dumps(LOGIN))
    path = {
        "PATH": f"{DBT}:{os.environ['PATH']}",
        "HOME": str(folder),
        "GOOGLE_APPLICATION_CREDENTIALS": str(login),
    }
    variables = profile.variables(settings, said, {"orders": 7}, path | more)
    done = subprocess.run(
        [
            DBT / "python", "-c", COMPILE, kind, str(profile.PROJECT),
            "there" if there else "new",
        ],
        env=variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    models = folder / "target" / "compiled" / "floe_demo" / "models"
    return {file.stem: file.read_text() for file in models.glob("*/*.sql")}


@pytest.mark.tools
@pytest.mark.slow
@pytest.mark.requirement("FR-027c")
@pytest.mark.parametrize("there", [False, True], ids=["new", "incremental"])
@pytest.mark.parametrize(
    ("kind", "more"), [("trino", TRINO), ("snowflake", SNOWFLAKE), ("bigquery", BIGQUERY)]
)
def test_models_compile_to_sql_of_the_engine(
    tmp_path: Path,
    kind: str,
    more: dict[str, str],
    there: bool,  # noqa: FBT001
) -> None:
    models = compiled(tmp_path, kind, more, there=there)
    assert len(models) == 18
    for name, sql in models.items():
        (statement,) = sqlglot.parse(sql, dialect=kind)
        assert statement is not None, name
    assert ("max(updated_at)" in models["stg_orders"]) == there
    assert ("for version as of 7" in models["stg_orders"]) == (kind == "trino")
    assert "hidden" not in (tmp_path / "profile" / "profiles.yml").read_text()


def outputs(kind: str, more: dict[str, str]) -> dict[str, Any]:
    return profile.output(Settings(), described(kind), more)


def test_profiles_say_what_the_artifacts_say_and_leave_credentials_to_variables() -> None:
    said = profile.output(Settings(), artifacts("local"), {})
    assert (said["path"], said["threads"]) == ("/tmp/floe.duckdb", 4)  # noqa: S108
    prod = profile.output(Settings(home=Path("/data")), artifacts("prod"), {})
    assert (prod["path"], prod["settings"]) == ("/data/demo.duckdb", {"memory_limit": "16GB"})
    snowflake = outputs("snowflake", {})
    assert snowflake["account"] == '{{ env_var("SNOWFLAKE_ACCOUNT", "ACME-PROD") }}'
    assert snowflake["password"] == '{{ env_var("SNOWFLAKE_PASSWORD") }}'
    assert outputs("bigquery", {})["project"] == '{{ env_var("BIGQUERY_PROJECT") }}'
    assert outputs("duckdb", TRINO)["type"] == "trino"


def test_an_engine_without_models_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="not on spark"):
        profile.output(Settings(), artifacts("spark-s3-cube"), {})


def test_duckdb_logs_in_to_a_store_with_keys_and_leaves_others_to_pyiceberg() -> None:
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "it's"}
    assert duck.secret(artifacts("local").bronze.storage, keys) == (
        "create or replace secret lake (type s3, key_id 'a', secret 'it''s', region 'us-east-1',"
        " url_style 'path', endpoint 'floe-infra-localstack:4566', use_ssl 'false')"
    )
    assert duck.secret(artifacts("prod").bronze.storage, keys) is None
    assert duck.secret(artifacts("snowflake-adls").bronze.storage, keys) is None
