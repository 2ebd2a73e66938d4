"""What the demo relies on fails in the middle: it recovers by itself, and no row is lost or twice.

SeaweedFS (S3, and an Iceberg REST catalog with OAuth2) and PostgreSQL are real, and so is the disk
that is full.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dagster import AssetKey, DagsterInstance, Definitions, ExecuteInProcessResult, RetryPolicy
from dagster_dbt import DbtCliInvocation
from pyiceberg.table import Table

from floe_demo.embedded import summary
from floe_demo.generators import EcommerceGenerator
from floe_demo.lake import ingest, rest
from floe_demo.lake.commit import committed
from floe_demo.lake.ingest import Lake
from floe_demo.lake.tables import order
from floe_demo.orchestration import ingestion, models
from floe_demo.orchestration.project import Project
from floe_demo.warehouse import serving
from object_stores import iceberg
from postgres import Postgres, postgres
from test_demo_lake import AT, PACE, SEED, STEP, artifacts, lake, retried, rows

pytestmark = [
    pytest.mark.requirement("FR-028"),
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # dagster-dbt calls what goes
]

SECRET = "a" * 32
RAW = tuple(AssetKey(["raw", name]) for name in order(EcommerceGenerator()))
SERVED = AssetKey("served_tables")
Run = Callable[..., ExecuteInProcessResult]
QUICK = RetryPolicy(max_retries=2, delay=0)
"""The demo's own waits longer in between."""


class Services:
    """What the demo relies on, which can be away for a while."""

    def __init__(self, folder: Path) -> None:
        self.lake, self.database = ExitStack(), ExitStack()
        self._folder = folder
        for name in ("store", "postgres"):
            (folder / name).mkdir()
            (folder / name).chmod(0o755)
        folder.chmod(0o755)
        self.places: tuple[str, ...] = ()
        self.served: Postgres | None = None

    def start_lake(self) -> None:
        clients = {"demo": ["Admin"], "reader": ["Read", "List"]}
        store = iceberg(
            self._folder / "store", clients, SECRET, "warehouse", "-bucket=lake", again=self.places
        )
        self.places = self.lake.enter_context(store)

    def start_database(self) -> Postgres:
        server = postgres(self._folder / "postgres", again=self.served)
        self.served = self.database.enter_context(server)
        return self.served


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Run them, and let the demo know them, for as long as the tests of this file."""
    folder = tmp_path_factory.mktemp("services")
    found, before = Services(folder), dict(os.environ)
    with found.lake, found.database:
        found.start_lake()
        database = found.start_database()
        said = artifacts(*found.places)
        said.resolved_profiles.compute.properties["path"] = str(folder / "demo.duckdb")
        (folder / "artifacts.json").write_text(said.model_dump_json())
        os.environ.update(
            FLOE_COMPILED_ARTIFACTS=str(folder / "artifacts.json"),
            FLOE_DEMO_HOME=str(folder / "home"),
            FLOE_DEMO_SEED=str(SEED),
            FLOE_DEMO_SCHEDULE_BATCH_SIZE=str(PACE.batch_size),
            FLOE_DEMO_OBSERVABILITY_MARQUEZ="false",
            FLOE_DEMO_OBSERVABILITY_JAEGER="false",
            POLARIS_CLIENT_ID="demo",
            POLARIS_CLIENT_SECRET=SECRET,
            AWS_ACCESS_KEY_ID="demo",
            AWS_SECRET_ACCESS_KEY=SECRET,
            SERVING_PG_HOST=database.host,
            SERVING_PG_PORT=str(database.port),
            SERVING_PG_DATABASE=database.database,
            SERVING_PG_USER=database.user,
            SERVING_PG_PASSWORD=database.password,
        )
        yield found
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def run(services: Services) -> Iterator[Run]:
    """Answer what runs one batch, or some assets of it alone."""
    with pytest.MonkeyPatch.context() as patch, DagsterInstance.ephemeral() as instance:
        assert services.places
        from floe_demo.definitions import definitions

        for module in (ingestion, models):
            patch.setattr(module, "RETRY", QUICK)
        defs: Definitions = definitions()
        job = defs.resolve_job_def("shop")

        def one(number: int, *assets: AssetKey) -> ExecuteInProcessResult:
            at = datetime.fromtimestamp((AT + number * STEP) / 1_000_000, UTC)
            config = {"ops": {"ingest_ecommerce": {"config": {"at": at.isoformat()}}}}
            return job.execute_in_process(
                instance=instance,
                run_config=config if SERVED not in assets else {},
                asset_selection=assets or None,
                raise_on_error=False,
            )

        retried(lambda: Project.read().lake("ecommerce"))
        yield one


class Twin:
    """The same batches in a lake that nothing happens to."""

    def __init__(self, folder: Path) -> None:
        self.lake, self.number = lake(folder), -1

    def next(self) -> int:
        """Answer the number of one batch more."""
        self.number += 1
        self.lake.ingest(AT + self.number * STEP, PACE)
        return self.number


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    return Twin(tmp_path_factory.mktemp("twin"))


def same(twin: Twin) -> bool:
    """Answer whether all rows are there, each as often as the generator made it."""
    return rows(Project.read().lake("ecommerce")) == rows(twin.lake)


def said(done: ExecuteInProcessResult) -> str:
    """Answer what a run that failed says it was."""
    assert not done.success, "nothing failed"
    errors = [event.step_failure_data.error for event in done.get_step_failure_events()]
    return "\n".join(error.to_string() for error in errors if error)


@pytest.mark.parametrize("silent", [False, True], ids=["refuses", "is silent"])
def test_a_catalog_that_is_away_for_longer_than_the_retries_costs_a_run_and_no_row(
    services: Services,
    run: Run,
    twin: Twin,
    monkeypatch: pytest.MonkeyPatch,
    silent: bool,  # noqa: FBT001
) -> None:
    number = twin.next()
    services.lake.close()
    monkeypatch.setattr(rest, "PATIENCE", (0.5, 0.5))
    place = services.places[0].removeprefix("http://").partition(":")
    with socket.create_server((place[0], int(place[2]))) if silent else nullcontext():
        failed = said(run(number, *RAW))
    assert ("Read timed out" if silent else "Connection refused") in failed
    assert place[2] in failed
    services.start_lake()
    assert run(number, *RAW).success
    assert same(twin)


def test_a_batch_that_an_outage_broke_off_is_finished_by_the_next_run_or_the_next_attempt(
    services: Services, run: Run, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(twin.next(), *RAW).success

    def commit(table: Table, decide: Any) -> bool:
        if table.name() == ("bronze", "orders") and not away:
            services.lake.close()
            away.append(True)
        return committed(table, decide)

    def attempt(self: Project, domain: str) -> Lake:
        if away:
            services.start_lake()
        return opened(self, domain)

    away: list[bool] = []
    opened = Project.lake
    monkeypatch.setattr(ingest, "committed", commit)
    failed = said(run(twin.next(), *RAW))
    assert "Connection refused" in failed
    services.start_lake()
    assert not same(twin)
    assert run(twin.next(), *RAW).success  # its own batch, and the one of before
    assert same(twin)
    away.clear()
    monkeypatch.setattr(Project, "lake", attempt)
    done = run(twin.next(), *RAW)
    assert done.success
    assert done.retry_attempts_for_node("ingest_ecommerce") == 1
    monkeypatch.undo()
    assert same(twin)


def test_a_store_that_refuses_writes_costs_a_run_and_no_row(
    run: Run, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = twin.next()
    with monkeypatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "reader")
        failed = said(run(number, *RAW))
    assert "ACCESS_DENIED" in failed
    assert run(number, *RAW).success
    assert same(twin)


def test_a_run_whose_dbt_is_killed_and_whose_postgresql_restarts_does_it_by_itself(
    services: Services, run: Run, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    events, execute = DbtCliInvocation.stream, vars(serving)["_execute"]
    killed: list[int] = []
    restarted: list[str] = []

    def stream(self: DbtCliInvocation) -> Iterator[Any]:
        for event in events(self):
            yield event
            if not killed:
                killed.append(self.process.pid)
                self.process.kill()

    def statement(connection: Any, text: str) -> None:
        if text == serving.HOLD and not restarted:
            restarted.append(text)
            services.database.close()
            services.start_database()
        execute(connection, text)

    monkeypatch.setattr(DbtCliInvocation, "stream", stream)
    monkeypatch.setattr(serving, "_execute", statement)
    number = twin.next()
    done = run(number)
    assert done.success
    assert (len(killed), len(restarted)) == (1, 1)
    assert done.retry_attempts_for_node("models") == 1
    assert done.retry_attempts_for_node("served_tables") == 1
    assert all(check.passed for check in done.get_asset_check_evaluations())
    assert same(twin)
    found = summary(Project.read().home.with_name("demo.duckdb"), raw="bronze")
    assert found.batch == number
    assert all(count == recorded for count, recorded in found.defects.values())
    database = services.served
    assert database is not None
    batch, orders = (
        f"select {what} from {serving.SERVING}.{table}"  # noqa: S608  names are ours
        for what, table in (("batch", "published"), ("count(*)", "orders"))
    )
    assert (database.sql(batch), database.sql(orders)) == (number, found.rows["orders"])

    services.database.close()
    failed = said(run(number, SERVED))
    assert "Connection refused" in failed
    services.start_database()
    assert database.sql(orders) == found.rows["orders"]
    assert run(number, SERVED).success


def test_a_full_disk_costs_runs_and_no_row(tmp_path: Path) -> None:
    """The program is a demo in a folder that has little room, and that others do not see."""
    program = Path(__file__).with_name("full_disk.py")
    alone = ["unshare", "--mount", *([] if os.getuid() == 0 else ["--map-root-user"])]
    own = ("FLOE_", "SERVING_", "DBT_")
    done = subprocess.run(
        [*alone, sys.executable, program, tmp_path],
        env={name: value for name, value in os.environ.items() if not name.startswith(own)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert [one["well"] for one in told] == [True, False, False, True], done.stderr
    assert [one["failed"] for one in told] == [[], ["ingest_ecommerce"], ["models"], []]
    assert all("No space left on device" in told[number]["said"] for number in (1, 2))
    assert told[-1]["same"]
    assert told[-1]["found"] == told[-1]["recorded"] > told[0]["recorded"]
    assert told[-1]["served"] == told[-1]["orders"] > told[0]["orders"]
