"""The rules of the page that provisions Trino, held to by a real one."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from preflight import preflight
from trino import HOST, READER, WRITER, Trino

pytestmark = [pytest.mark.tools, pytest.mark.slow, pytest.mark.requirement("FR-022")]


@pytest.fixture(scope="module")
def marts(coordinator: Trino) -> Iterator[Trino]:
    """Answer a Trino with what dbt has made, and a schema that the page gives no rights to."""
    coordinator.sql("create schema elsewhere")
    coordinator.sql("create table elsewhere.orders (a integer)")
    replace(coordinator, user=WRITER).sql("create table kept as select 1 as a")
    replace(coordinator, user=WRITER).sql("create view shown as select * from kept")
    yield coordinator
    for kind, name in (("view", "shown"), ("table", "kept"), ("table", "elsewhere.orders")):
        coordinator.sql(f"drop {kind} if exists {name}")
    coordinator.sql("drop schema elsewhere")


def test_dbt_makes_replaces_and_drops_what_is_in_its_schema(marts: Trino) -> None:
    writer = replace(marts, user=WRITER)
    for statement in (
        "create table made (a integer)",
        "insert into made values (1)",
        "select * from made",
        "alter table made rename to renamed",
        "drop table renamed",
        "create or replace view shown as select * from kept",
        "select * from system.metadata.materialized_views",
        "show tables from memory.marts",
    ):
        writer.sql(statement)


def test_cube_reads_tables_and_views_of_that_schema(marts: Trino) -> None:
    reader = replace(marts, user=READER)
    for statement in ("select * from kept", "select * from shown", "show columns from kept"):
        reader.sql(statement)


@pytest.mark.parametrize(
    ("user", "statement"),
    [
        (WRITER, "select * from elsewhere.orders"),
        (WRITER, "create table elsewhere.more (a integer)"),
        (WRITER, "create schema more"),
        (WRITER, "select * from system.runtime.queries"),
        (READER, "insert into kept values (2)"),
        (READER, "create table more (a integer)"),
        (READER, "drop table kept"),
        (READER, "select * from elsewhere.orders"),
        (READER, "select * from system.runtime.queries"),
    ],
)
def test_neither_may_more(marts: Trino, user: str, statement: str) -> None:
    with pytest.raises(AssertionError, match="PERMISSION_DENIED"):
        replace(marts, user=user).sql(statement)


@pytest.mark.parametrize("user", [WRITER, READER])
def test_preflight_passes_with_these_rights(marts: Trino, user: str, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(marts.authority.pem)
    target = {
        "type": "trino",
        "host": HOST,
        "port": marts.port,
        "ca_file": str(tmp_path / "ca.pem"),
        "user": user,
        "password": {"env": "PASSWORD"},
        "catalog": "memory",
        "schema": "marts",
    }
    config = {"compute": [target], "warnings": {"slow_ms": 60_000, "certificate_days": 0}}
    found = preflight(config, {"PASSWORD": marts.password}, seconds=30)
    assert [one.code for one in found] == ["OK", "OK", "OK"]
