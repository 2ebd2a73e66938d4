"""What is served, all of it of one batch: readers see the tables of before or those of after.

The models' tables in DuckDB go to PostgreSQL in one transaction, or to Parquet files in a folder
that one link points to. An engine that others can ask itself (Trino, Snowflake, BigQuery) serves
its own.
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from floe_demo.warehouse.duck import load, quoted
from floe_demo.warehouse.plugin import BATCH
from floe_demo.warehouse.profile import SCHEMA

SERVING = f"{SCHEMA}_serving"
"""The schema that readers ask, by the same name on every engine."""
NEXT = f"{SERVING}_next"
PUBLISHED = "published"
"""The table that says which batch is served; a model like the others."""
LOCK = 1_179_406_149
"""What those who serve at the same time wait for each other by."""
HOLD = f"""
do $$
begin
  set local lock_timeout = '50ms';
  for attempt in 1..400 loop
    begin
      execute (
        select 'lock table ' || string_agg(format('%I.%I', schemaname, tablename), ', ')
          || ' in access exclusive mode'
        from pg_tables where schemaname = '{SERVING}'
      );
      return;
    exception when lock_not_available then
      perform pg_sleep(random() * 0.05);
    end;
  end loop;
  raise exception 'readers have held what is served for too long';
end $$
"""  # noqa: S608  the name is ours
"""Holds all that is served or nothing: whoever waited for one table while holding another would
make readers of both fail, as theirs is another order."""


@dataclass(frozen=True)
class Served:
    """What was served."""

    batch: int
    tables: dict[str, int]
    """How many rows each has."""
    place: str


def serve(
    database: Path, raw: str, home: Path, environment: Mapping[str, str] = os.environ
) -> Served:
    """Serve what the models made, where the environment says: by PostgreSQL, or from files."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {quoted(str(database))} as made (read_only)")
        (batch,) = connection.execute(f'select batch from made."{raw}"."{BATCH}"').fetchone() or (  # noqa: S608  names are ours
            -1,
        )
        rows = connection.execute(
            "select table_name from information_schema.tables"
            " where table_catalog = 'made' and table_schema = ? order by table_name",
            [SERVING],
        ).fetchall()
        names = [name for (name,) in rows]
        place = (
            _to_postgres(connection, names, batch, environment)
            if environment.get("SERVING_PG_HOST")
            else _to_files(connection, names, batch, home / "serving")
        )
        counts = {name: _count(connection, name) for name in names}
    return Served(batch, counts, place)


def _count(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    rows = connection.execute(f'select count(*) from made.{SERVING}."{name}"')  # noqa: S608  names are ours
    ((found,),) = rows.fetchall()
    return int(found)


def _to_files(
    connection: duckdb.DuckDBPyConnection, names: list[str], batch: int, folder: Path
) -> str:
    """Write Parquet files beside those that are served, then let `current` be them."""
    new = folder / f"batch-{batch}-{os.getpid()}"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for name in names:
        file = quoted(str(new / f"{name}.parquet"))
        connection.execute(f'copy made.{SERVING}."{name}" to {file} (format parquet)')
    link = folder / f"link-{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(new.name)
    before = (folder / "current").resolve()
    link.replace(folder / "current")
    for old in folder.glob("batch-*"):  # whoever reads those of before may go on
        if old not in (new, before):
            shutil.rmtree(old, ignore_errors=True)
    return str(folder / "current")


def _to_postgres(
    connection: duckdb.DuckDBPyConnection,
    names: list[str],
    batch: int,
    environment: Mapping[str, str],
) -> str:
    """Write tables beside those that are served, and exchange them, in one transaction."""
    if not load(connection, "postgres_scanner"):
        msg = "install the extra `demo`: DuckDB's extension for PostgreSQL is not there"
        raise LookupError(msg)
    connection.execute(f"create secret serving (type postgres, {login(environment)})")
    connection.execute("attach '' as pg (type postgres, secret serving)")
    connection.begin()
    try:
        _execute(connection, f"select pg_advisory_xact_lock({LOCK})")
        _execute(connection, f"create schema if not exists {SERVING}")
        _execute(
            connection,
            f"create table if not exists {SERVING}.{PUBLISHED} (batch bigint)",
        )
        if _published(connection) <= batch:
            connection.execute(f"create schema pg.{NEXT}")
            for name in names:
                source = f'select * from made.{SERVING}."{name}"'  # noqa: S608  names are ours
                connection.execute(f'create table pg.{NEXT}."{name}" as {source}')
            _execute(connection, HOLD)
            for name in names:
                _execute(connection, f'drop table if exists {SERVING}."{name}"')
                _execute(connection, f'alter table {NEXT}."{name}" set schema {SERVING}')
            _execute(connection, f"drop schema {NEXT}")
        connection.commit()
    except Exception:
        connection.rollback()
        raise
    return f"postgresql://{environment['SERVING_PG_HOST']}/{environment['SERVING_PG_DATABASE']}"


def login(environment: Mapping[str, str]) -> str:
    """Answer how DuckDB logs in to PostgreSQL, as options of a secret."""
    names = {"host": "HOST", "port": "PORT", "database": "DATABASE", "user": "USER"}
    names["password"] = "PASSWORD"  # noqa: S105  the name of one
    told = {name: environment.get(f"SERVING_PG_{end}", "") for name, end in names.items()}
    return ", ".join(f"{name} {quoted(value)}" for name, value in told.items() if value)


def _published(connection: duckdb.DuckDBPyConnection) -> int:
    """Answer which batch is served: a run that took longer must not undo a later one."""
    query = f"select coalesce(max(batch), -1) from {SERVING}.{PUBLISHED}"  # noqa: S608  names are ours
    (found,) = connection.execute(
        f"select * from postgres_query('pg', {quoted(query)})"  # noqa: S608  names are ours
    ).fetchone() or (-1,)
    return int(found)


def _execute(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    connection.execute(f"call postgres_execute('pg', {quoted(statement)})")
