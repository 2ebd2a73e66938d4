"""Bring Dagster's database to the state that this image's code needs.

A database that is ahead stays as it is, where this code can work with it: older code has then been
rolled back to. Dagster's own command fails there, which would hold up that very release.
"""

import sys
from collections.abc import Iterator
from typing import cast

import click
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from dagster import DagsterInstance
from dagster._cli import cli
from dagster._core.storage.event_log.schema import SqlEventLogStorageMetadata
from dagster._core.storage.runs import SqlRunStorage
from dagster._core.storage.runs.schema import RunStorageSqlMetadata
from dagster._core.storage.schedules.schema import ScheduleStorageSqlMetadata
from sqlalchemy import Inspector, inspect

METADATA = (RunStorageSqlMetadata, SqlEventLogStorageMetadata, ScheduleStorageSqlMetadata)


def in_the_way(database: Inspector) -> Iterator[str]:
    """Tell what this code asks for and the database lacks, or asks for and this code lacks."""
    for table in (table for metadata in METADATA for table in metadata.sorted_tables):
        if not database.has_table(table.name):
            yield f"table {table.name} is missing"
            continue
        columns = {column["name"]: column for column in database.get_columns(table.name)}
        known = set(table.columns.keys())
        for name in sorted(known - columns.keys()):
            yield f"column {table.name}.{name} is missing"
        for name in sorted(columns.keys() - known):
            if not columns[name]["nullable"] and columns[name]["default"] is None:
                yield f"column {table.name}.{name} has to be filled, and nothing here knows it"


def rolled_back(error: CommandError) -> None:
    """Say that the database is ahead; end with 1 where this code cannot work with it."""
    with DagsterInstance.get() as instance:
        storage = cast("SqlRunStorage", instance.run_storage)
        with storage.connect() as connection:
            problems = list(in_the_way(inspect(connection)))
    if problems:
        sys.exit("\n".join((f"{error}: newer code has changed the database.", *problems)))
    click.echo(f"{error}: the database is ahead of this code, as after a rollback.")
    click.echo("It has all that this code needs, and stays as it is.")


if __name__ == "__main__":
    try:
        cli(["instance", "migrate"], standalone_mode=False)
    except CommandError as error:
        if not isinstance(error.__cause__, ResolutionError):
            raise
        rolled_back(error)
