"""Dagster's events in SQLite, for a Dagster in a folder.

The storage that Dagster brings opens a file anew for each statement and waits for the disk at each
close: two thirds of a run's time, as every test of every model is an event.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event

KEPT = 4
"""Files that stay open: the index, the run's own, and those that are looked at."""


class FolderEvents(SqliteEventLogStorage):
    """The same files, which stay open; what a power cut takes of them is history alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._engines: dict[str, Engine] = {}
        super().__init__(*args, **kwargs)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Any
    ) -> "FolderEvents":
        """Answer one, as `dagster.yaml` says."""
        return cls(**config_value, inst_data=inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    def _engine(self, shard: str) -> Engine:
        """Answer the engine of a file, and close the one that was not used for the longest."""
        found = self._engines.pop(shard, None)
        if found is None:
            found = create_engine(
                self.conn_string_for_shard(shard),
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS},
            )
            event.listen(found, "connect", _unhurried)
        self._engines[shard] = found
        while len(self._engines) > KEPT:
            self._engines.pop(next(iter(self._engines))).dispose()
        return found


def _unhurried(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("pragma synchronous = off")
