"""dbt's models on DuckDB: their numbers, their tests, their words."""

import json
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from demo_project import PACE, Demo
from floe_demo.warehouse import profile

pytestmark = [pytest.mark.requirement("FR-027c"), pytest.mark.slow]

SCHEMAS = ("staging", "intermediate", "marts", "serving", "quality")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Models that were built twice: new, and with what three more batches brought."""
    found = Demo(tmp_path_factory.mktemp("demo"))
    found.ingest(0)
    found.build()
    found.ingest(1, 3)
    found.build()
    return found


@pytest.fixture(scope="module")
def manifest(demo: Demo) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((demo.home / "target" / "manifest.json").read_text())
    return found


def raw(demo: Demo, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = demo.lake().tables[table].scan().to_arrow().to_pylist()
    return found


def newest(rows: list[dict[str, Any]], key: str) -> dict[str, dict[str, Any]]:
    return {row[key]: row for row in sorted(rows, key=lambda row: row["updated_at"])}


@pytest.mark.requirement("FR-027b")
def test_defects_that_are_found_are_those_of_the_ledger(demo: Demo) -> None:
    found = {
        (table, defect, column or None): (count, recorded)
        for table, defect, column, count, recorded in demo.rows(
            "select * from demo_quality.data_quality"
        )
    }
    told = Counter(
        (row["table_name"], row["defect"], row["column_name"]) for row in raw(demo, "defects")
    )
    assert {key: recorded for key, (_, recorded) in found.items()} == dict(told)
    assert all(count == recorded > 0 for count, recorded in found.values())


def test_a_defect_that_the_ledger_does_not_have_fails_the_test(demo: Demo) -> None:
    import duckdb

    with duckdb.connect(demo.home / "demo.duckdb") as connection:
        connection.execute("update demo_quality.data_quality set found = found + 1")
    try:
        failed = demo.dbt("test", "--select", "defects_equal_the_ledger")
        assert failed.returncode == 1
        assert "Got 6 results" in failed.stdout
    finally:
        with duckdb.connect(demo.home / "demo.duckdb") as connection:
            connection.execute("update demo_quality.data_quality set found = found - 1")


def test_revenue_is_what_raw_rows_come_to_by_other_means(demo: Demo) -> None:
    orders = newest(raw(demo, "orders"), "order_id")
    items = newest(raw(demo, "order_items"), "order_item_id")
    customers = newest(raw(demo, "customers"), "customer_id")
    expected: Counter[tuple[Any, str]] = Counter()
    for item in items.values():
        order = orders[item["order_id"]]
        if order["status"] != "cancelled":
            region = customers[order["customer_id"]]["region"]
            expected[order["order_date"].date(), region] += item["subtotal"]
    found = demo.rows("select order_day, region, revenue from demo_marts.mart_revenue")
    assert {(day, region): revenue for day, region, revenue in found if revenue} == expected
    ((served,),) = demo.rows("select sum(revenue) from demo_serving.order_items")
    assert served == sum(expected.values(), Decimal(0))


def test_what_was_merged_is_what_is_built_anew(demo: Demo) -> None:
    tables = ("demo_staging.stg_orders", "demo_staging.stg_order_items", "demo_marts.mart_revenue")
    queries = [f"from {table} order by all" for table in tables]
    merged = [demo.rows(query) for query in queries]
    done = demo.dbt(
        "run", "--full-refresh", "--select", *(table.split(".")[1] for table in tables),
        "int_order_items_enriched",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert [demo.rows(query) for query in queries] == merged
    assert all(merged)


def test_orders_that_came_late_change_the_days_they_belong_to(demo: Demo) -> None:
    late = demo.rows(
        "select count(*) from demo_staging.stg_orders"
        " where updated_at > timestamp '2025-11-26 00:00:00'"
        " and order_date < timestamp '2025-11-25 12:00:00'"
    )
    assert late[0][0] > 0


def test_unit_tests_of_models_pass(demo: Demo) -> None:
    done = demo.dbt("test", "--select", "test_type:unit")
    assert done.returncode == 0, done.stdout
    assert "PASS=5 " in done.stdout


def test_every_column_of_every_model_has_its_words(demo: Demo, manifest: dict[str, Any]) -> None:
    there = {
        (schema.removeprefix("demo_"), table, column)
        for schema, table, column in demo.rows(
            "select table_schema, table_name, column_name from information_schema.columns"
            " where table_schema like 'demo_%'"
        )
    }
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    told = {
        (node["config"]["schema"], node["alias"], column["name"])
        for node in nodes
        for column in node["columns"].values()
        if column["description"]
    }
    assert there == told
    assert {schema for schema, _, _ in there} == set(SCHEMAS)
    assert all(node["description"] for node in nodes)


def test_sources_have_the_columns_of_the_lake(demo: Demo, manifest: dict[str, Any]) -> None:
    lake = demo.lake()
    told = {node["name"]: [*node["columns"]] for node in manifest["sources"].values()}
    assert told == {name: table.schema().column_names for name, table in lake.tables.items()}


def test_models_tests_exposures_and_metrics_are_all_there(manifest: dict[str, Any]) -> None:
    names = {
        node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "model"
    }
    model = (Path(__file__).parents[1] / "demo" / "README.md").read_text()
    listed = set(re.findall(r"`((?:stg|int|mart)_\w+)`", model))
    assert listed == {name for name in names if re.match("(stg|int|mart)_", name)}
    assert {one["name"] for one in manifest["metrics"].values()} == {
        "revenue",
        "orders",
        "average_order_value",
    }
    (exposure,) = manifest["exposures"].values()
    assert len(exposure["depends_on"]["nodes"]) == 6
    incremental = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["config"].get("incremental_strategy") == "merge"
    }
    assert incremental == {"stg_orders", "stg_order_items", "mart_revenue"}


def test_dbt_debug_passes(demo: Demo) -> None:
    done = demo.dbt("debug")
    assert done.returncode == 0, done.stdout


def test_a_batch_that_is_half_there_is_not_seen(demo: Demo) -> None:
    before = demo.rows("select count(*) from demo_staging.stg_orders")
    lake = demo.lake()

    def stop(name: str, _: object) -> None:
        if name == "orders":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lake.ingest(lake.progress.batches[-1].end + 300_000_000, PACE, stop)
    done = demo.dbt("build", "--select", "stg_orders")
    assert done.returncode == 0, done.stdout
    assert demo.rows("select count(*) from demo_staging.stg_orders") == before
    lake.finish(PACE)
    demo.build()
    assert demo.rows("select count(*) from demo_staging.stg_orders") > before


def test_dbt_reads_nothing_that_is_not_in_the_package() -> None:
    assert profile.PROJECT.is_relative_to(Path(profile.__file__).parents[1])
