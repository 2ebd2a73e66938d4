"""A lake that runs for days stays small, and loses nothing that is needed."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadataV2

from floe_demo.generators.batch import LEDGER
from floe_demo.generators.clock import DAY
from floe_demo.lake import maintenance
from floe_demo.lake.commit import BATCH
from floe_demo.lake.ingest import Lake, has
from floe_demo.lake.maintenance import KEEP_SNAPSHOTS, MANY, Done, maintained, utc
from floe_demo.lake.pins import pins
from test_demo_lake import AT, PACE, STEP, counts, lake, rows

pytestmark = pytest.mark.requirement("SC-009")

NOW = timedelta(0)
"""Nothing is too young."""


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake after some batches, which tests that change it copy."""
    folder = tmp_path_factory.mktemp("used")
    found = lake(folder)
    for number in range(KEEP_SNAPSHOTS + 4):
        found.ingest(AT + number * STEP, PACE)
    return folder


def files(folder: Path) -> set[Path]:
    return {path for path in (folder / "warehouse").rglob("*") if path.is_file()}


def test_compaction_leaves_rows_as_they_are_in_fewer_files(used: Path) -> None:
    found = lake(used)
    before = rows(found)
    orders = found.tables["orders"]
    assert len(list(orders.scan().plan_files())) >= MANY
    done = maintained(found, utc(AT), 30, NOW)
    assert done.files_compacted >= MANY
    assert done.snapshots_expired == len(found.tables) * 4 + done_compactions(found)
    assert done.rows_deleted == done.skipped == 0
    found.refresh()
    assert len(list(orders.scan().plan_files())) < MANY + 7  # a week has eight days
    assert rows(found) == before
    assert has(orders) == KEEP_SNAPSHOTS + 3
    assert all(pin.snapshot for pin in pins(found).values())
    again = maintained(found, utc(AT), 30, NOW)
    assert again.files_compacted == 0


def done_compactions(found: Lake) -> int:
    """Answer how many tables were compacted: each has one more snapshot by that."""
    found.refresh()
    operations = [
        (snapshot.summary.operation.value if snapshot.summary else "")
        for table in found.tables.values()
        for snapshot in table.snapshots()
    ]
    return operations.count("overwrite")


def test_young_snapshots_and_files_are_kept(tmp_path: Path) -> None:
    found = lake(tmp_path)
    for number in range(KEEP_SNAPSHOTS + 2):
        found.ingest(AT + number * STEP, PACE)
    orphan = tmp_path / "warehouse" / "raw" / "orders" / "data" / "of-a-writer.parquet"
    orphan.write_bytes(b"not committed yet")
    done = maintained(found, utc(AT), 30)
    assert (done.snapshots_expired, done.files_swept) == (0, 0)
    assert orphan.exists()
    done = maintained(found, utc(AT), 30, NOW)
    assert done.files_swept > 0
    assert not orphan.exists()
    counts(found)  # whatever is needed is there


def test_rows_go_by_whole_days_and_what_is_known_of_customers_stays(tmp_path: Path) -> None:
    found = lake(tmp_path)
    found.ingest(AT, PACE)
    before = counts(found)
    done = maintained(found, utc(AT), 3, NOW)
    after = counts(found)
    assert done.rows_deleted == sum(before.values()) - sum(after.values()) > 0
    first = AT - AT % DAY - 3 * DAY
    for name in ("orders", "order_items"):
        oldest = found.tables[name].scan().to_arrow()["updated_at"].cast(pa.int64()).to_numpy()
        assert first <= oldest.min() < first + DAY
        assert after[name] < before[name]
    assert (after["customers"], after["products"]) == (before["customers"], before["products"])
    ledger = found.tables[LEDGER].scan().to_arrow().to_pylist()
    old = {row["table_name"] for row in ledger if row["updated_at"] < utc(first)}
    assert old == {"customers"}
    assert found.complete == 0
    found.ingest(AT + STEP, PACE)
    assert found.complete == 1


def test_a_writer_who_comes_between_is_let_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = lake(tmp_path)
    for number in range(MANY + 1):
        found.ingest(AT + number * STEP, PACE)
    before = counts(found)
    other = lake(tmp_path)
    really: Callable[[Table], int] = maintenance.compact

    def compact(table: Table) -> int:
        if table.name()[-1] == "orders":
            other.ingest(AT + (MANY + 1) * STEP, PACE)
        return really(table)

    monkeypatch.setattr(maintenance, "compact", compact)
    done = maintained(found, utc(AT), 30, NOW)
    assert done.skipped >= 1
    assert counts(found)["orders"] > before["orders"]
    assert found.complete == MANY + 1
    monkeypatch.undo()
    kept = rows(found)
    assert maintained(found, utc(AT), 30, NOW).skipped == 0
    assert rows(found) == kept


def test_every_snapshot_of_maintenance_says_the_batch_it_has(used: Path) -> None:
    found = lake(used)
    for table in found.tables.values():
        assert all(one.summary and one.summary[BATCH] is not None for one in table.snapshots())


@pytest.mark.slow
def test_a_day_of_batches_ends_with_as_many_files_as_its_third_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # pyiceberg copies all metadata deeply, twenty times a commit: a third of this test's time.
    # Nothing changes metadata in place.
    monkeypatch.setattr(TableMetadataV2, "__deepcopy__", lambda self, _=None: self.__copy__())
    found, sizes, total = lake(tmp_path), [], Done()
    for number in range(288):
        found.ingest(AT + number * STEP, PACE)
        if number % 12 == 11:
            total += maintained(found, utc(AT + number * STEP), 7, NOW)
            metadata = [path for path in files(tmp_path) if path.parent.name == "metadata"]
            data = files(tmp_path) - set(metadata)
            sizes.append((len(data), len(metadata), sum(one.stat().st_size for one in metadata)))
    warm, last = sizes[2], sizes[-1]
    assert last[0] < warm[0] + 5 * 10  # a new day has files of its own
    assert last[1] < 1.3 * warm[1]
    assert last[2] < 1.5 * warm[2]
    assert (found.complete, total.skipped) == (287, 0)
    ended = rows(found)
    told, orders = (ended[name].to_pylist() for name in (LEDGER, "orders"))
    twice = [row for row in told if (row["table_name"], row["defect"]) == ("orders", "duplicate")]
    assert len(orders) - len({(row["order_id"], row["status"]) for row in orders}) == len(twice)
