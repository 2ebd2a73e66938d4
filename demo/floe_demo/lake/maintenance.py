"""What keeps a lake small: old rows, old snapshots, small files and files that nobody needs."""

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Self

import pyarrow.fs as pafs
from pyiceberg.exceptions import CommitFailedException, ValidationException
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan, PyArrowFileIO, _dataframe_to_data_files
from pyiceberg.table import FileScanTask, Table

from floe_demo.generators.batch import LEDGER
from floe_demo.lake.commit import BATCH
from floe_demo.lake.ingest import Lake

KEEP_SNAPSHOTS = 12
KEEP_FOR = timedelta(hours=1)
"""Readers hold a snapshot while they run; files of a writer who has not committed are nobody's."""
SMALL, MANY = 8 << 20, 8
"""Files of fewer bytes are put together as soon as a day has so many of them."""

log = logging.getLogger(__name__)


@dataclass
class Done:
    """What was done, in numbers."""

    rows_deleted: int = 0
    snapshots_expired: int = 0
    files_compacted: int = 0
    files_swept: int = 0
    skipped: int = 0
    """Tables that somebody else wrote to meanwhile; the next time is soon enough."""

    def __iadd__(self, other: "Done") -> Self:
        """Add up."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))
        return self


def maintained(lake: Lake, at: datetime, days: int, keep_for: timedelta = KEEP_FOR) -> Done:
    """Do all of it for each table: rows are as old as they say, files and snapshots as they are."""
    done = Done()
    lake.refresh()
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)
    before = datetime.now(UTC) - keep_for
    for name, table in lake.tables.items():
        try:
            done += _table(lake, name, table, midnight, before)
        except (CommitFailedException, ValidationException) as error:
            log.info("%s: left for the next time: %s", name, error)
            done.skipped += 1
    return done


def _table(lake: Lake, name: str, table: Table, midnight: datetime, before: datetime) -> Done:
    done = Done()
    aged = lake.generator.facts
    if name in aged or name == LEDGER:
        old = f"updated_at < '{midnight.isoformat()}'"
        if name == LEDGER:  # what is noted of rows that stay stays
            old += f" and table_name in ({', '.join(repr(one) for one in aged)})"
        done.rows_deleted = _delete(table, old)
    done.files_compacted = compact(table)
    done.snapshots_expired = expire(table, before)
    done.files_swept = sweep(table, before)
    return done


def _delete(table: Table, old: str) -> int:
    gone = table.scan(row_filter=old, selected_fields=("updated_at",)).count()
    if gone:
        table.delete(old, snapshot_properties=_mark(table))
    return gone


def _mark(table: Table) -> dict[str, str]:
    return {BATCH: table.properties.get(BATCH, "-1")}


def compact(table: Table) -> int:
    """Put the small files of each day together; answer how many there were."""
    days: dict[object, list[FileScanTask]] = defaultdict(list)
    for task in table.scan().plan_files():
        if task.file.file_size_in_bytes < SMALL:
            days[task.file.partition[0]].append(task)
    tasks = [task for group in days.values() if len(group) >= MANY for task in group]
    if not tasks:
        return 0
    metadata = table.metadata
    rows = ArrowScan(metadata, table.io, table.schema(), AlwaysTrue()).to_table(tasks)
    with (
        table.transaction() as transaction,
        transaction.update_snapshot(snapshot_properties=_mark(table)).overwrite() as snapshot,
    ):
        for task in tasks:
            snapshot.delete_data_file(task.file)
        for file in _dataframe_to_data_files(metadata, rows, table.io):
            snapshot.append_data_file(file)
    return len(tasks)


def expire(table: Table, before: datetime) -> int:
    """Forget snapshots, but none that is young and none of the last dozen."""
    snapshots = sorted(table.snapshots(), key=lambda one: one.timestamp_ms)
    limit = before.timestamp() * 1000
    old = [one.snapshot_id for one in snapshots[:-KEEP_SNAPSHOTS] if one.timestamp_ms < limit]
    if old:
        table.maintenance.expire_snapshots().by_ids(old).commit()
        table.refresh()
    return len(old)


def sweep(table: Table, before: datetime) -> int:
    """Delete files that no snapshot refers to, but none that is young."""
    io = table.io
    assert isinstance(io, PyArrowFileIO)  # noqa: S101  the catalog is opened with no other
    scheme, host, path = PyArrowFileIO.parse_location(table.location())
    files = io.fs_by_scheme(scheme, host)
    needed = {PyArrowFileIO.parse_location(one)[2] for one in _needed(table)}
    found = files.get_file_info(pafs.FileSelector(path, recursive=True, allow_not_found=True))
    gone = [
        one.path for one in found if one.is_file and one.path not in needed and one.mtime < before
    ]
    for one in gone:
        files.delete_file(one)
    return len(gone)


def _needed(table: Table) -> Iterator[str]:
    metadata = table.metadata
    yield table.metadata_location
    yield from (entry.metadata_file for entry in metadata.metadata_log)
    manifests = {}
    for snapshot in metadata.snapshots:
        yield snapshot.manifest_list
        manifests.update({one.manifest_path: one for one in snapshot.manifests(table.io)})
    yield from manifests
    for manifest in manifests.values():
        entries = manifest.fetch_manifest_entry(table.io, discard_deleted=False)
        yield from (entry.data_file.file_path for entry in entries)


def utc(microseconds: int) -> datetime:
    """Answer a moment of the generators' clock."""
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC)
