"""The demo in Dagster: assets, checks and schedules, and what its runs tell others."""

import json
import os
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetKey,
    DagsterInstance,
    DefaultScheduleStatus,
    Definitions,
    ExecuteInProcessResult,
    MaterializeResult,
    RunRequest,
    RunsFilter,
    asset,
    build_schedule_context,
    define_asset_job,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from floe_demo.embedded import DAGSTER, cycle, opened, summary
from floe_demo.lake.ingest import Lake
from floe_demo.orchestration.project import Project
from floe_demo.orchestration.upkeep import forget, rotate
from floe_demo.settings import Settings
from postgres import free_port
from stub import Said, Stub, stub

pytestmark = [
    pytest.mark.requirement("FR-025"),
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # dagster-dbt calls what goes
]

FACET = {
    "type": "object",
    "properties": {"_producer": {"pattern": "^https?://"}, "_schemaURL": {"pattern": "^https?://"}},
    "required": ["_producer", "_schemaURL"],
}
NAMED = {
    "type": "object",
    "properties": {
        "namespace": {"type": "string", "minLength": 1},
        "name": {"type": "string", "minLength": 1},
        "facets": {"type": "object", "additionalProperties": FACET},
    },
    "required": ["namespace", "name"],
}
OF_RUN: dict[str, Any] = {
    "type": "object",
    "properties": {"runId": {"format": "uuid"}},
    "required": ["runId"],
}
EVENT = {
    "type": "object",
    "properties": {
        "eventType": {"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
        "eventTime": {"pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"},
        "producer": {"pattern": "^https?://"},
        "schemaURL": {
            "const": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
        },
        "run": OF_RUN
        | {
            "properties": OF_RUN["properties"]
            | {
                "facets": {
                    "properties": {
                        "parent": FACET
                        | {"properties": {"run": OF_RUN, "job": NAMED}, "required": ["run", "job"]}
                    },
                    "additionalProperties": FACET,
                }
            }
        },
        "job": NAMED,
        "inputs": {"type": "array", "items": NAMED},
        "outputs": {"type": "array", "items": NAMED},
    },
    "required": ["eventTime", "producer", "schemaURL", "run", "job"],
}
"""What OpenLineage 2-0-2 demands of a run's event, in words of our own: no package that can be had
brings its schema."""

MARTS = ("mart_revenue", "mart_customer_segments", "mart_product_analytics")
FIRST, SECOND = "2025-11-26T00:00:00+00:00", "2025-11-26T00:05:00+00:00"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Stub]:
    """Whoever takes lineage and spans, and keeps them."""
    with stub(lambda _: Said(body=b"")) as found:
        yield found


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory, receiver: Stub) -> Iterator[Path]:
    """Let the demo know its folder and the receiver, for as long as the tests of this file."""
    before = dict(os.environ)
    home = tmp_path_factory.mktemp("home")
    os.environ.update(
        FLOE_DEMO_HOME=str(home),
        FLOE_DEMO_SCHEDULE_BATCH_SIZE="20",
        FLOE_DEMO_ENABLED="true",
        OPENLINEAGE_URL=receiver.url,
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
    )
    yield home
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def defs(variables: Path) -> Definitions:
    assert variables.exists()
    from floe_demo.definitions import definitions

    return definitions()  # not what the module holds, which was made when it was imported first


@pytest.fixture(scope="module")
def instance(variables: Path) -> Iterator[DagsterInstance]:
    with opened(variables) as found:
        yield found


def run(
    defs: Definitions, instance: DagsterInstance, job: str = "shop", **asked: Any
) -> ExecuteInProcessResult:
    step = {"shop": "ingest_ecommerce", "software": "ingest_saas"}.get(job)
    config = {"ops": {step: {"config": asked}}} if step else {}
    return defs.resolve_job_def(job).execute_in_process(instance=instance, run_config=config)


@pytest.fixture(scope="module")
def first(defs: Definitions, instance: DagsterInstance) -> ExecuteInProcessResult:
    """A run of the shop, from its generator to what is served."""
    return run(defs, instance, at=FIRST)


def rows(home: Path) -> dict[str, int]:
    lake = Project(Settings(home=home), None).lake("ecommerce")
    return {name: table.scan().count() for name, table in lake.tables.items()}


def test_a_run_makes_all_tables_and_all_tests_are_checks_of_theirs(
    first: ExecuteInProcessResult, variables: Path
) -> None:
    assert first.success
    made = {event.asset_key for event in first.get_asset_materialization_events()}
    assert {AssetKey(["raw", name]) for name in rows(variables)} <= made
    assert {AssetKey(["marts", name]) for name in MARTS} <= made
    assert AssetKey(["served_tables"]) in made
    checks = first.get_asset_check_evaluations()
    assert all(check.passed for check in checks)
    names = {(check.asset_key.path[-1], check.check_name) for check in checks}
    manifest = json.loads((variables / "target" / "manifest.json").read_text())
    tests = [one for one in manifest["nodes"].values() if one["resource_type"] == "test"]
    assert len(names) == len(tests) + 5
    assert ("data_quality", "defects_equal_the_ledger") in names
    assert ("orders", "whole") in names
    assert (variables / "serving" / "current" / "orders.parquet").exists()


def test_the_graph_of_assets_leads_from_raw_tables_to_what_is_served(defs: Definitions) -> None:
    Definitions.validate_loadable(defs)  # as whoever serves it does
    graph = defs.resolve_asset_graph()
    for mart in MARTS:
        parents = graph.get_ancestor_asset_keys(AssetKey(["marts", mart]))
        assert AssetKey(["raw", "orders"]) in parents
    assert AssetKey(["raw", "customers"]) in graph.get_ancestor_asset_keys(
        AssetKey(["served_tables"])
    )


@pytest.mark.requirement("FR-033")
def test_lineage_is_one_graph_from_the_generator_to_each_mart(
    first: ExecuteInProcessResult, receiver: Stub, variables: Path
) -> None:
    events = [json.loads(one.body) for one in receiver.asked if one.path == "/api/v1/lineage"]
    mine = [
        event
        for event in events
        if event["run"]["facets"]["parent"]["run"]["runId"] == first.run_id
    ]
    leads: dict[str, set[str]] = defaultdict(set)
    states: dict[str, list[str]] = defaultdict(list)
    taken = jsonschema.Draft202012Validator(EVENT, format_checker=jsonschema.FormatChecker())
    for event in mine:
        taken.validate(event)
        states[event["run"]["runId"]].append(event["eventType"])
        assert {one["namespace"] for one in event["inputs"] + event["outputs"]} == {"floe_demo"}
        for source in event["inputs"]:
            leads[source["name"]] |= {one["name"] for one in event["outputs"]}
    assert set(map(tuple, states.values())) == {("START", "COMPLETE")}

    def reached(start: str) -> set[str]:
        found, ahead = {start}, [start]
        while ahead:
            ahead = [one for name in ahead for one in leads[name] if one not in found]
            found.update(ahead)
        return found

    for name in rows(variables):
        assert f"raw.{name}" in reached("generator.ecommerce")
    for name in ("orders", "order_items", "customers", "products"):
        assert "demo_marts.mart_revenue" in reached(f"raw.{name}")
    for name in ("orders", "customers"):
        assert "demo_marts.mart_customer_segments" in reached(f"raw.{name}")
    for name in ("orders", "order_items", "products"):
        assert "demo_marts.mart_product_analytics" in reached(f"raw.{name}")
    assert "demo_quality.data_quality" in reached("raw.defects")
    lines = (variables / "lineage.jsonl").read_text().splitlines()
    written = [(one["eventType"], one["job"]["name"]) for one in map(json.loads, lines)]
    assert written[: len(mine)] == [(one["eventType"], one["job"]["name"]) for one in mine]


def spans(receiver: Stub) -> list[Span]:
    found = []
    for one in receiver.asked:
        if one.path == "/v1/traces":
            for resource in ExportTraceServiceRequest.FromString(one.body).resource_spans:
                for scope in resource.scope_spans:
                    found += scope.spans
    return found


@pytest.mark.requirement("FR-034")
def test_the_spans_of_a_run_are_one_trace(first: ExecuteInProcessResult, receiver: Stub) -> None:
    assert first.success
    traces: dict[bytes, list[Span]] = defaultdict(list)
    for span in spans(receiver):
        traces[span.trace_id].append(span)
    found = next(iter(traces.values()))  # of the first run
    names = [span.name for span in found]
    assert names.count("iceberg.commit") == 5
    assert {"ingest", "iceberg.open", "dbt build", "serve"} <= set(names)
    assert {f"floe_demo.{mart}" for mart in MARTS} <= set(names)
    ids = {span.span_id: span for span in found}
    roots = [span for span in found if not span.parent_span_id]
    assert [span.name for span in roots] == ["ingest"]
    assert all(span.parent_span_id in ids for span in found if span.parent_span_id)
    assert all(span.end_time_unix_nano >= span.start_time_unix_nano for span in found)


@pytest.mark.requirement("FR-026a")
def test_a_burst_adds_orders_though_nobody_takes_lineage_and_spans(
    first: ExecuteInProcessResult,
    defs: Definitions,
    instance: DagsterInstance,
    variables: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert first.success
    nobody = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("OPENLINEAGE_URL", nobody)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", nobody)
    before = rows(variables)
    asked: list[int] = []
    really = Lake.ingest

    def ingest(self: Lake, *args: Any) -> Any:
        asked.append(1)
        if len(asked) == 1:
            raise ConnectionError  # the catalog is away, once
        return really(self, *args)

    monkeypatch.setattr(Lake, "ingest", ingest)
    assert cycle(defs, instance, at=datetime.fromisoformat(SECOND), burst=400)
    assert len(asked) == 2
    after = rows(variables)
    assert after["orders"] - before["orders"] > 400
    project = Project.read()
    moment = int(datetime.fromisoformat(SECOND).timestamp()) * 1_000_000
    assert project.lake("ecommerce").ingest(moment, project.pace) == []  # it is there
    assert rows(variables) == after


@pytest.mark.requirement("FR-026")
def test_each_tick_asks_once_for_the_batch_of_its_moment(defs: Definitions) -> None:
    shop, software = (defs.resolve_schedule_def(f"{one}_schedule") for one in ("shop", "software"))
    assert shop.cron_schedule == Settings().schedule_cron == "*/5 * * * *"
    assert shop.default_status == DefaultScheduleStatus.RUNNING
    assert software.default_status == DefaultScheduleStatus.STOPPED
    moment = datetime(2025, 11, 26, 12, 5, tzinfo=UTC)
    ticks = [
        shop.evaluate_tick(build_schedule_context(scheduled_execution_time=moment))
        for _ in range(2)
    ]
    requests = [request for tick in ticks for request in tick.run_requests or ()]
    assert all(isinstance(request, RunRequest) for request in requests)
    assert {request.run_key for request in requests} == {moment.isoformat()}
    (config,) = {json.dumps(request.run_config) for request in requests}
    asked = json.loads(config)["ops"]["ingest_ecommerce"]["config"]
    assert asked == {"at": moment.isoformat()}


def test_upkeep_and_the_software_company_run_as_well(
    first: ExecuteInProcessResult, defs: Definitions, instance: DagsterInstance
) -> None:
    assert first.success
    assert run(defs, instance, "software", at=FIRST).success
    done = run(defs, instance, "upkeep")
    assert done.success
    (event,) = done.get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert metadata["ecommerce_skipped"].value == 0


@pytest.mark.requirement("SC-009")
def test_runs_that_are_over_go_but_the_last_ones_and_the_last_that_failed(tmp_path: Path) -> None:
    @asset(check_specs=[AssetCheckSpec("whole", asset="orders")])
    def orders():  # type: ignore[no-untyped-def]  # noqa: ANN202  Dagster would want a tuple
        if failing:
            raise RuntimeError
        return MaterializeResult(check_results=[AssetCheckResult(passed=True, check_name="whole")])

    jobs = [define_asset_job(name, "orders") for name in ("shop", "another")]
    defs = Definitions(assets=[orders], jobs=jobs)
    failing: list[bool] = []

    def ran(name: str = "shop", *, well: bool = True) -> str:
        failing[:] = [] if well else [True]
        job = defs.resolve_job_def(name)
        done = job.execute_in_process(instance=instance, raise_on_error=False)
        assert done.success == well
        return done.run_id

    with opened(tmp_path) as instance:
        failed = [ran(well=False) for _ in range(3)]
        ids = [ran() for _ in range(4)]
        other = ran("another")
        assert forget(instance, kept=2) == 3
        left = {found.run_id for found in instance.get_runs()}
        assert left == {*failed[1:], *ids[2:], other}
    paths = {path.name.partition(".")[0] for path in tmp_path.rglob("*")}
    assert left <= paths
    assert not paths & {failed[0], *ids[:2]}
    index = tmp_path / DAGSTER / "history" / "runs" / "index.db"
    assert told(index, "asset_check_executions") == {*ids[2:], other, *failed[1:]}
    assert told(index, "event_logs") <= left
    with opened(tmp_path) as again:
        kept = again.get_runs(RunsFilter(job_name="shop"))
        assert [run.run_id for run in kept] == [*ids[:1:-1], *failed[:0:-1]]
        assert again.all_logs(ids[-1])


def told(database: Path, table: str) -> set[str]:
    """Answer the runs of which a table says something."""
    with closing(sqlite3.connect(database)) as connection:
        return {run for (run,) in connection.execute(f"select run_id from {table}")}  # noqa: S608  names are ours


def test_a_manifest_that_a_killed_dbt_left_half_written_keeps_nothing_from_loading(
    first: ExecuteInProcessResult, variables: Path
) -> None:
    from floe_demo.definitions import definitions

    assert first.success
    written = variables / "target" / "manifest.json"
    whole = written.read_text()
    written.write_text(whole[:1000])
    try:
        keys = definitions().resolve_asset_graph().get_all_asset_keys()
    finally:
        written.write_text(whole)
    assert AssetKey(["marts", "mart_revenue"]) in keys


def test_a_long_log_is_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "dbt.log"
    for text in ("a", "b"):
        log.write_text(text * 5_000_001)
        rotate(log)
    assert not log.exists()
    assert (tmp_path / "dbt.log.1").read_text()[0] == "b"
    log.write_text("short")
    rotate(log)
    assert log.exists()


def test_of_two_who_write_one_waits(tmp_path: Path) -> None:
    project = Project(Settings(home=tmp_path), None)
    told: list[str] = []
    inside, leave = threading.Event(), threading.Event()

    def work(name: str) -> None:
        with project.turn():
            told.append(f"{name} in")
            inside.set()
            leave.wait(30)
            told.append(f"{name} out")

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    threads[0].start()
    assert inside.wait(30)
    threads[1].start()
    leave.set()
    for thread in threads:
        thread.join(30)
    assert told == ["a in", "a out", "b in", "b out"]


def test_a_cycle_can_be_summed_up(first: ExecuteInProcessResult, variables: Path) -> None:
    assert first.success
    found = summary(variables / "demo.duckdb")
    assert found.rows["products"] == 200
    assert set(found.revenue) == {"NA", "EMEA", "APAC", "LATAM"}
    assert all(revenue > 0 for revenue in found.revenue.values())
    assert all(count == recorded for count, recorded in found.defects.values())
