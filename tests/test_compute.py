"""The worked examples of compute engines, in the pods that they would get, with the real dbt."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from floe_constructs.kubernetes.endpoint import Endpoint
from floe_deploy import overlay, wiring
from floe_deploy.explain import asked, origin
from floe_deploy.wiring import Wired
from pods import Pod
from test_dagster_processes import pod
from test_dist import ROOT
from test_docs import table

EXAMPLE = ROOT / "docs" / "how-to" / "compute"
PAGE = "docs/how-to/compute.md"
DBT = ROOT / ".tools" / "dbt" / "bin"
ENGINES = sorted(path.name for path in (EXAMPLE / "overlays").iterdir())

ANSWER = "ANSWER"
BEGIN = f"""
import json, os
from analytics.warehouse import tell
ANSWER = {ANSWER!r}
os.environ.update(tell())
"""
COMPILE = """
from dbt.cli.main import dbtRunner
folder = os.environ["PYTHONPATH"] + "/dbt"
offline = ["--no-introspect", "--no-populate-cache"]
places = ["--project-dir", folder, "--profiles-dir", folder]
result = dbtRunner().invoke(["compile", *offline, *places])
assert result.success, result.exception
nodes = [found.node for found in result.result]
print(ANSWER, json.dumps([node.compiled_code for node in nodes if node.name == "revenue"]))
"""
CONNECT = """
from unittest.mock import patch
from analytics.resources import WAREHOUSES
from dagster import build_resources
engine = os.environ["FLOE_COMPUTE_TYPE"]
with build_resources({"it": WAREHOUSES[engine]}) as resources:
    if engine == "snowflake":  # it would log in at once
        with patch("snowflake.connector.connect") as connect:
            resources.it.connect()
        print(ANSWER, json.dumps(connect.call_args.kwargs))
    elif engine == "trino":
        made = resources.it.connect()
        print(ANSWER, json.dumps([made.host, made.port, made.http_scheme, made.user, made.catalog]))
    else:
        made = resources.it.connect()._client
        account = made._credentials.service_account_email
        print(ANSWER, json.dumps([made.project, made.location, account]))
"""
RUN = """
from analytics.definitions import defs
keys = {key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()}
assert keys == {"best_day", "orders", "revenue"}, keys
result = defs.resolve_implicit_global_asset_job_def().execute_in_process()
assert result.success
(found,) = result.asset_materializations_for_node("best_day")
print(ANSWER, json.dumps(found.metadata["revenue"].value))
"""


def wired(engine: str) -> Wired:
    return wiring.wire(overlay.load(EXAMPLE / "overlays" / engine))


def key_of_google() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    account = {
        "type": "service_account",
        "project_id": "elsewhere",
        "client_email": "analytics@acme-data.iam.gserviceaccount.com",
        "token_uri": "https://localhost:1/token",
        "private_key": pem.decode(),
    }
    return json.dumps(account)


def run_pod(engine: str, folder: Path) -> Pod:
    """Answer the pod that a run of the example gets, with values in its Secrets."""
    found = wired(engine)
    assert found.dagster
    assert found.dagster.artifacts
    (explained,) = origin.explained(asked.asked(found, "analytics"))
    secrets = {
        f"{name}/{key}": key_of_google() if key.endswith(".json") else f"a {key}"
        for name, keys in found.secrets.items()
        for key in keys
    }
    artifacts = {"compiled_artifacts.json": found.dagster.artifacts}
    objects = {("ConfigMap", "compiled-artifacts"): {"data": artifacts}}
    return pod(folder, objects, explained.job, secrets, {})


def answer(engine: str, folder: Path, *programs: str) -> list[Any]:
    """Run programs of the example's image in the pod; answer what each prints last."""
    it = run_pod(engine, folder)
    it.args[:] = [str(DBT / "python"), "-c", "\n".join([BEGIN, *programs])]
    it.env["PATH"] = f"{DBT}:{it.env['PATH']}"
    it.env["PYTHONPATH"] = str(EXAMPLE)
    with it.running() as process:
        assert process.wait(240) == 0, it.log[-4000:]
    lines = it.log.splitlines()
    return [json.loads(line[len(ANSWER) :]) for line in lines if line.startswith(ANSWER)]


# What the pages say is what dbt and the drivers make of it.


@pytest.mark.slow
@pytest.mark.tools
@pytest.mark.requirement("FR-024")
@pytest.mark.parametrize(
    ("engine", "relation", "connection"),
    [
        (
            "trino",
            '"lake"."marts"."orders"',
            ["trino.acme.internal", 8443, "https", "analytics", "lake"],
        ),
        (
            "snowflake",
            "ANALYTICS.MARTS.orders",
            {
                "account": "ACME-PROD",
                "user": "a SNOWFLAKE_USER",
                "password": "a SNOWFLAKE_PASSWORD",
                "role": "TRANSFORMER",
                "warehouse": "TRANSFORMING",
                "database": "ANALYTICS",
            },
        ),
        (
            "bigquery",
            "`acme-data`.`marts`.`orders`",
            ["acme-data", "EU", "analytics@acme-data.iam.gserviceaccount.com"],
        ),
    ],
)
def test_dbt_and_the_driver_are_told_all_they_need_by_the_pod(
    engine: str, relation: str, connection: Any, folder: Path
) -> None:
    (compiled,), told = answer(engine, folder, COMPILE, CONNECT)
    assert f"from {relation}" in compiled
    assert told == connection


@pytest.mark.slow
@pytest.mark.tools
@pytest.mark.requirement("FR-024")
def test_a_run_with_duckdb_builds_the_models_and_asks_them(folder: Path) -> None:
    assert answer("duckdb", folder, RUN) == [42.0]


# What the page says is what the pods get.


@pytest.mark.requirement("FR-024")
@pytest.mark.parametrize("engine", ENGINES)
def test_the_page_names_the_variables_of_each_engine(engine: str, folder: Path) -> None:
    found = wired(engine)
    assert found.dagster
    it = run_pod(engine, folder)
    prefixes = (engine.upper(), "FLOE_COMPUTE", "GOOGLE")
    by_pod = {name for name in it.env if name.startswith(prefixes)}
    properties = json.loads(found.dagster.artifacts or "")["resolved_profiles"]["compute"]
    by_artifacts = (
        {f"{engine}_{name}".upper() for name in properties["properties"]} | {"FLOE_COMPUTE_TYPE"}
        if engine != "trino"
        else set()
    )
    rows = {row[0]: row[2] for row in table(PAGE, f"variable ({engine})")}
    assert set(rows) == by_pod | by_artifacts
    assert {name for name, origin in rows.items() if "artifacts" in origin} == by_artifacts


@pytest.mark.requirement("FR-024")
@pytest.mark.parametrize("engine", ENGINES)
def test_the_page_says_where_policies_let_user_code_go(engine: str) -> None:
    said = {(row[1], row[2]) for row in table(PAGE, "engine") if row[0] == engine}
    there = {
        (f"{flow.target.host}:{flow.port}", ", ".join(flow.target.cidrs))
        for flow in wired(engine).flows
        if isinstance(flow.target, Endpoint) and flow.target.name == "compute"
    }
    assert said == (there or {("none", "")})


@pytest.mark.parametrize("engine", ENGINES)
def test_the_artifacts_fit_the_contract(engine: str) -> None:
    schema = json.loads(
        (ROOT / "tests" / "contract" / "compiled_artifacts.v1.1.0.schema.json").read_text()
    )
    data = json.loads((EXAMPLE / "overlays" / engine / "compiled_artifacts.json").read_text())
    jsonschema.validate(data, schema)
