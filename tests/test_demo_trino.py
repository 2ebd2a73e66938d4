"""The demo's models on a real Trino, over the tables that its batches wrote to S3."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import demo_cube
from by_hand import QUERIES, reckoned, told
from cube_server import Server
from demo_project import AT, PACE, STEP
from floe_demo.artifacts import Artifacts
from floe_demo.generators import EcommerceGenerator
from floe_demo.lake.catalog import namespace, opened
from floe_demo.lake.ingest import Lake
from floe_demo.lake.pins import pins
from floe_demo.settings import Settings
from floe_demo.warehouse import profile
from object_stores import iceberg
from test_demo_engines import DBT
from test_demo_lake import artifacts, retried
from trino import HOST, Trino, trino

pytestmark = [pytest.mark.tools, pytest.mark.slow, pytest.mark.requirement("FR-027c")]

SECRET = "a" * 32


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Artifacts, Trino]]:
    """Run an object store with a catalog, and a Trino that reads and writes by it."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("store")
        places = iceberg(folder, {"demo": ["Admin"]}, SECRET, "warehouse", "-bucket=lake")
        catalog, store = stack.enter_context(places)
        lake = {
            "connector.name": "iceberg",
            "iceberg.catalog.type": "rest",
            "iceberg.rest-catalog.uri": catalog,
            "iceberg.rest-catalog.warehouse": "s3://warehouse",
            "iceberg.rest-catalog.security": "OAUTH2",
            "iceberg.rest-catalog.oauth2.credential": f"demo:{SECRET}",
            "iceberg.rest-catalog.oauth2.server-uri": f"{catalog}/v1/oauth/tokens",
            "iceberg.rest-catalog.oauth2.scope": "PRINCIPAL_ROLE:ALL",
            "fs.native-s3.enabled": "true",
            "s3.endpoint": store,
            "s3.region": "us-east-1",
            "s3.path-style-access": "true",
            "s3.aws-access-key": "demo",
            "s3.aws-secret-key": SECRET,
        }
        server = trino(tmp_path_factory.mktemp("trino"), {"lake": lake})
        yield artifacts(catalog, store), stack.enter_context(server)


@pytest.fixture(scope="module")
def dbt(
    servers: tuple[Artifacts, Trino], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., subprocess.CompletedProcess[str]]:
    said, server = servers
    home = tmp_path_factory.mktemp("home")
    authority = home / "authority.pem"
    authority.write_text(server.authority.pem)
    variables = {
        **{name: value for name, value in os.environ.items() if "CA_BUNDLE" not in name},
        "FLOE_COMPUTE_TYPE": "trino",
        "TRINO_HOST": HOST,
        "TRINO_PORT": str(server.port),
        "TRINO_USER": server.user,
        "TRINO_PASSWORD": server.password,
        "TRINO_CATALOG": "lake",
        "TRINO_CA": str(authority),
    }

    def run(lake: Lake, *args: str) -> subprocess.CompletedProcess[str]:
        settings = Settings(home=home)
        profile.written(settings, said, variables)
        pinned = {name: pin.snapshot for name, pin in pins(lake).items()}
        batch = {"FLOE_MODELS_BATCH": str(lake.complete)}
        return subprocess.run(
            [DBT / "dbt", "--no-use-colors", *args, "--project-dir", profile.PROJECT],
            env=profile.variables(settings, said, pinned, variables | batch),
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )

    return run


@contextmanager
def cube(server: Trino) -> Iterator[Server]:
    """Run Cube on Trino, with the demo's model and rows of all regions for everybody."""
    source = {
        "type": "trino",
        "host": HOST,
        "port": server.port,
        "catalog": "lake",
        "schema": "demo_serving",
        "user": server.user,
        "password": {"name": "trino", "key": "password"},
        "ca": {"name": "trino", "key": "ca.pem"},
    }
    secrets = {"trino/password": server.password, "trino/ca.pem": server.authority.pem}
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        made = demo_cube.example(folder, source, secrets, row_level_security=None)
        with made.server("cube-refresh-worker") as found:
            yield found


def test_models_are_built_and_merged_on_trino_and_cube_answers_from_them(
    servers: tuple[Artifacts, Trino],
    dbt: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path: Path,
    subtests: pytest.Subtests,
) -> None:
    said, server = servers
    variables = {
        "POLARIS_CLIENT_ID": "demo",
        "POLARIS_CLIENT_SECRET": SECRET,
        "AWS_ACCESS_KEY_ID": "demo",
        "AWS_SECRET_ACCESS_KEY": SECRET,
    }

    def made() -> Lake:
        catalog = opened(said, tmp_path, variables)
        return Lake(catalog, namespace(said, "ecommerce"), EcommerceGenerator(3))

    lake: Lake = retried(made)
    lake.ingest(AT, PACE)
    debug = dbt(lake, "debug")
    assert debug.returncode == 0, debug.stdout
    built = dbt(lake, "build", "--exclude-resource-type", "unit_test")
    assert built.returncode == 0, built.stdout
    lake.ingest(AT + STEP, PACE)
    merged = dbt(lake, "build", "--exclude-resource-type", "unit_test")
    assert merged.returncode == 0, merged.stdout
    orders = {row["order_id"] for row in lake.tables["orders"].scan().to_arrow().to_pylist()}
    staged = (
        opened(said, tmp_path, variables).load_table("demo_staging.stg_orders").scan().to_arrow()
    )
    assert set(staged["order_id"].to_pylist()) == orders
    assert staged.num_rows == len(orders)
    known = reckoned(lake)
    with cube(server) as api:
        for name, query in QUERIES.items():
            with subtests.test("numbers are those of raw rows", query=name):
                rows = api.rows(query | {"limit": 1000}, demo_cube.ALL)
                assert told(rows, query) == known[name]
