"""Which snapshot of each table a reader takes, so that no batch is seen in one table only."""

from dataclasses import dataclass

from pyiceberg.table import Table

from floe_demo.lake.commit import BATCH
from floe_demo.lake.ingest import Lake, has


@dataclass(frozen=True)
class Pin:
    """A table as of a snapshot."""

    metadata: str
    """Where its metadata is."""
    snapshot: int


def pins(lake: Lake) -> dict[str, Pin]:
    """Answer the tables of the last batch that all of them have."""
    lake.refresh()
    complete = lake.complete
    if complete < 0:
        return {}
    return {name: _pin(table, complete) for name, table in lake.tables.items()}


def _pin(table: Table, complete: int) -> Pin:
    """Answer the newest snapshot that has nothing of a later batch."""
    snapshot = table.current_snapshot()
    while snapshot is not None and has(table) > complete:
        summary = snapshot.summary
        if summary is not None and int(summary[BATCH] or "-1") <= complete:
            break
        parent = snapshot.parent_snapshot_id
        snapshot = table.snapshot_by_id(parent) if parent is not None else None
    if snapshot is None:
        msg = f"{'.'.join(table.name())} has no snapshot of batch {complete} any more"
        raise LookupError(msg)
    return Pin(table.metadata_location, snapshot.snapshot_id)
