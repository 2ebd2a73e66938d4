"""What is served is of one batch, whoever reads while it is exchanged."""

import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import text

from floe_demo.warehouse import duck
from floe_demo.warehouse.serving import serve
from postgres import Postgres, postgres

pytestmark = pytest.mark.requirement("FR-029")


def made(folder: Path, batch: int, orders: int = 200) -> Path:
    """Write what the models would have: as many orders as lines, and each of the batch's value."""
    file = folder / "demo.duckdb"
    with duckdb.connect(file) as connection:
        connection.execute("create schema if not exists raw")
        connection.execute("create schema if not exists demo_serving")
        connection.execute(f"create or replace view raw.floe_batch as select {batch} as batch")
        for name in ("orders", "order_items"):
            rows = connection.sql(
                "select range as order_id, cast(? as decimal(18, 2)) as amount,"
                " timestamp '2026-01-01' as order_date from range(?)",
                params=[batch, orders + batch],
            )
            connection.execute(f"drop table if exists demo_serving.{name}")
            rows.create(f"demo_serving.{name}")
        connection.execute("drop table if exists demo_serving.published")
        connection.sql("select batch from raw.floe_batch").create("demo_serving.published")
    return file


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Postgres]:
    folder = tmp_path / "postgres"
    folder.mkdir(mode=0o755)
    tmp_path.chmod(0o755)
    with postgres(folder) as found:
        yield found


def told(database: Postgres) -> dict[str, str]:
    return {
        "SERVING_PG_HOST": database.host,
        "SERVING_PG_PORT": str(database.port),
        "SERVING_PG_DATABASE": database.database,
        "SERVING_PG_USER": database.user,
        "SERVING_PG_PASSWORD": database.password,
    }


def test_files_are_exchanged_all_at_once_and_those_of_before_stay_for_their_readers(
    tmp_path: Path,
) -> None:
    first = serve(made(tmp_path, 1), "raw", tmp_path, {})
    assert (first.batch, first.tables) == (1, {"order_items": 201, "orders": 201, "published": 1})
    before = (tmp_path / "serving" / "current").resolve()
    seen = []
    for batch in (2, 3):
        serve(made(tmp_path, batch), "raw", tmp_path, {})
        current = tmp_path / "serving" / "current"
        orders = duckdb.read_parquet(f"{current}/orders.parquet")
        seen.append(orders.aggregate("max(amount)").fetchall())
        if batch == 2:
            assert (before / "orders.parquet").exists()
    assert [int(rows[0][0]) for rows in seen] == [2, 3]
    assert len(list((tmp_path / "serving").glob("batch-*"))) == 2
    assert current.readlink().name.startswith("batch-3-")


def test_readers_of_postgresql_never_see_a_mixture(tmp_path: Path, database: Postgres) -> None:
    serve(made(tmp_path, 1), "raw", tmp_path, told(database))
    query = text(
        "select (select batch from demo_serving.published), count(*),"
        " count(distinct orders.amount), min(orders.amount), min(items.amount)"
        " from demo_serving.orders"
        " join demo_serving.order_items as items using (order_id)"
    )
    seen: set[tuple[int, ...]] = set()
    faults: list[Exception] = []
    over = threading.Event()

    def read() -> None:
        try:
            with database.engine() as engine:
                while not over.is_set():
                    with engine.connect() as connection:
                        seen.add(tuple(map(int, connection.execute(query).one())))
        except Exception as fault:  # noqa: BLE001  a thread tells nobody
            faults.append(fault)

    reader = threading.Thread(target=read)
    reader.start()
    for batch in range(2, 10):
        serve(made(tmp_path, batch), "raw", tmp_path, told(database))
    over.set()
    reader.join(60)
    assert faults == []
    assert len(seen) > 2
    assert seen <= {(batch, 200 + batch, 1, batch, batch) for batch in range(1, 10)}


def test_a_run_that_took_longer_does_not_undo_a_later_one(
    tmp_path: Path, database: Postgres
) -> None:
    serve(made(tmp_path, 5), "raw", tmp_path, told(database))
    serve(made(tmp_path, 4), "raw", tmp_path, told(database))
    assert database.sql("select batch from demo_serving.published") == 5
    assert database.sql("select count(*) from demo_serving.orders") == 205


def test_what_fails_in_between_leaves_what_is_served(tmp_path: Path, database: Postgres) -> None:
    serve(made(tmp_path, 1), "raw", tmp_path, told(database))
    database.sql("create view keeping as select * from demo_serving.orders")  # the table cannot go
    with pytest.raises(duckdb.Error, match="keeping"):
        serve(made(tmp_path, 2), "raw", tmp_path, told(database))
    assert database.sql("select count(*) from demo_serving.order_items") == 201
    database.sql("drop view keeping")
    serve(made(tmp_path, 2), "raw", tmp_path, told(database))
    assert database.sql("select count(*) from demo_serving.order_items") == 202


def test_a_password_is_in_no_message(tmp_path: Path, database: Postgres) -> None:
    wrong = told(database) | {"SERVING_PG_PASSWORD": "hidden-word"}
    with pytest.raises(duckdb.Error) as fault:
        serve(made(tmp_path, 1), "raw", tmp_path, wrong)
    assert "hidden-word" not in str(fault.value)


def test_extensions_are_those_of_the_packages() -> None:
    for name in ("avro", "httpfs", "iceberg", "postgres_scanner"):
        found = duck.extension(name)
        assert found is not None
        assert f"v{duckdb.__version__}" in found.parts
    assert duck.extension("unheard_of") is None
