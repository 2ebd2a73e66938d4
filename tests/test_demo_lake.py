"""Batches in Iceberg tables: each once, whole or not seen, whoever fails in the middle."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog

from floe_demo.artifacts import Artifacts
from floe_demo.generators import EcommerceGenerator, SaaSGenerator
from floe_demo.generators.batch import LEDGER
from floe_demo.lake import ingest
from floe_demo.lake.catalog import namespace, opened
from floe_demo.lake.ingest import Lake, Pace
from floe_demo.lake.pins import pins
from floe_demo.lake.tables import order
from object_stores import iceberg

pytestmark = pytest.mark.requirement("FR-028")

AT = 1_764_115_200_000_000
STEP = 300_000_000
PACE = Pace(batch_size=20)
SEED = 3


class Killed(BaseException):
    """What no code in between catches, as it would not be asked when the process is killed."""


def lake(folder: Path) -> Lake:
    return Lake(opened(None, folder), "raw", EcommerceGenerator(SEED))


def rows(found: Lake) -> dict[str, pa.Table]:
    """Answer all rows, in an order that does not depend on files."""
    found.refresh()
    return {
        name: table.scan().to_arrow().sort_by([(column, "ascending") for column in sorting(name)])
        for name, table in found.tables.items()
    }


def sorting(name: str) -> list[str]:
    if name == LEDGER:
        return ["batch", "table_name", "row_id", "defect", "updated_at"]
    return [EcommerceGenerator.schemas[name].names[0], "updated_at"]


def counts(found: Lake) -> dict[str, int]:
    found.refresh()
    return {name: table.scan().count() for name, table in found.tables.items()}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pa.Table]:
    """Three batches, one after the other."""
    found = lake(tmp_path_factory.mktemp("lake"))
    for number in range(3):
        found.ingest(AT + number * STEP, PACE)
    return rows(found)


def test_a_moment_makes_one_batch_however_often_it_is_asked_for(
    tmp_path: Path, undisturbed: dict[str, pa.Table]
) -> None:
    found = lake(tmp_path)
    numbers = [
        [spec.number for spec in found.ingest(AT + number * STEP, PACE)]
        for number in (0, 0, 1, 0, 1, 2, 2)
    ]
    assert numbers == [[0], [], [1], [], [], [2], []]
    assert rows(found) == undisturbed
    assert rows(lake(tmp_path)) == undisturbed


def test_each_snapshot_says_its_batch(tmp_path: Path) -> None:
    found = lake(tmp_path)
    for number in range(3):
        found.ingest(AT + number * STEP, PACE)
    for table in found.tables.values():
        summaries = [snapshot.summary for snapshot in table.snapshots()]
        assert [summary["floe.batch"] for summary in summaries if summary] == ["0", "1", "2"]


@pytest.mark.parametrize("landed", [False, True], ids=["before it", "after it"])
@pytest.mark.parametrize("which", range(5))
def test_whoever_comes_after_a_kill_at_a_commit_finishes_the_batch(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    undisturbed: dict[str, pa.Table],
    which: int,
    landed: bool,  # noqa: FBT001
) -> None:
    found = lake(tmp_path)
    found.ingest(AT, PACE)
    commits = 0
    really = SqlCatalog.commit_table

    def commit(self: SqlCatalog, *args: Any) -> Any:
        nonlocal commits
        commits += 1
        if commits <= which:
            return really(self, *args)
        if landed:
            really(self, *args)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(SqlCatalog, "commit_table", commit)
        with pytest.raises(Killed):
            found.ingest(AT + STEP, PACE)
    after = lake(tmp_path)
    begun = which + landed > 0
    done = after.ingest(AT + 2 * STEP, PACE) if begun else after.ingest(AT + STEP, PACE)
    if not begun:
        after.ingest(AT + 2 * STEP, PACE)
    elif which + landed < len(after.tables):
        assert [spec.number for spec in done] == [1, 2]
    assert rows(after) == undisturbed


@pytest.mark.slow
def test_a_process_that_is_killed_during_a_commit_loses_and_doubles_nothing(
    tmp_path: Path, undisturbed: dict[str, pa.Table]
) -> None:
    lake(tmp_path).ingest(AT, PACE)
    program = f"""
import os, signal, sys
from pathlib import Path
from test_demo_lake import AT, PACE, STEP, lake
lake(Path({str(tmp_path)!r})).ingest(
    AT + STEP, PACE, lambda name, _: name == "products" and os.kill(os.getpid(), signal.SIGKILL)
)
"""
    folder = Path(__file__).parent
    killed = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=os.environ, check=False, timeout=120
    )
    assert killed.returncode == -signal.SIGKILL
    after = lake(tmp_path)
    assert after.complete == 0
    after.ingest(AT + 2 * STEP, PACE)
    assert rows(after) == undisturbed


def test_several_who_do_the_same_at_once_do_it_once(
    tmp_path: Path, undisturbed: dict[str, pa.Table]
) -> None:
    lake(tmp_path)
    faults: list[BaseException] = []

    def work() -> None:
        try:
            mine = lake(tmp_path)
            for number in range(3):
                mine.ingest(AT + number * STEP, PACE)
        except BaseException as fault:  # noqa: BLE001  a thread tells nobody
            faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert faults == []
    assert rows(lake(tmp_path)) == undisturbed


def test_rows_of_another_writer_stay_and_cost_nothing_of_ours(
    tmp_path: Path, undisturbed: dict[str, pa.Table]
) -> None:
    found = lake(tmp_path)
    found.ingest(AT, PACE)
    other = lake(tmp_path).tables["orders"]
    strange = other.scan(limit=5).to_arrow()
    found.ingest(
        AT + STEP, PACE, lambda name, _: other.append(strange) if name == "products" else None
    )
    found.ingest(AT + 2 * STEP, PACE)
    assert counts(found)["orders"] == len(undisturbed["orders"]) + len(strange)
    assert counts(found)["order_items"] == len(undisturbed["order_items"])


def test_readers_see_no_batch_in_one_table_that_others_have_not(tmp_path: Path) -> None:
    found = lake(tmp_path)
    assert pins(found) == {}
    found.ingest(AT, PACE)
    before = counts(found)

    def stop(name: str, _: object) -> None:
        if name == "orders":
            raise Killed

    with pytest.raises(Killed):
        found.ingest(AT + STEP, PACE, stop)
    reader = lake(tmp_path)

    def seen() -> dict[str, int]:
        return {
            name: reader.tables[name].scan(snapshot_id=pin.snapshot).count()
            for name, pin in pins(reader).items()
        }

    assert seen() == before
    assert counts(reader)["orders"] > before["orders"]
    reader.finish(PACE)
    assert seen() == counts(reader)


@pytest.mark.requirement("FR-026a")
def test_a_burst_comes_in_pieces_and_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "PIECE", 300)
    found = lake(tmp_path)
    found.ingest(AT, PACE)
    done = found.burst("show", 700, AT + STEP, PACE)
    assert [spec.size for spec in done] == [300, 300, 100]
    assert found.burst("show", 700, AT + STEP, PACE) == []
    assert [spec.size for spec in found.burst("again", 10, AT + STEP, PACE)] == [10]
    orders = rows(found)["orders"]
    new = {row["order_id"] for row in orders.to_pylist() if row["status"] == "pending"}
    assert len(new) == 20 * PACE.batch_size + 710


def test_a_burst_that_was_cut_short_is_finished_by_whoever_comes_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "PIECE", 300)
    whole = lake(tmp_path / "whole")
    whole.ingest(AT, PACE)
    whole.burst("show", 700, AT, PACE)
    whole.ingest(AT + STEP, PACE)

    def stop(name: str, batch: Any) -> None:
        if name == "order_items" and batch.spec.number == 2:
            raise Killed

    found = lake(tmp_path / "cut")
    found.ingest(AT, PACE)
    with pytest.raises(Killed):
        found.burst("show", 700, AT, PACE, stop)
    sizes = [spec.size for spec in lake(tmp_path / "cut").ingest(AT + STEP, PACE)]
    assert sizes[:1] == [100]
    assert rows(found) == rows(whole)


def test_a_lake_that_has_begun_keeps_its_seed_and_its_rates(tmp_path: Path) -> None:
    lake(tmp_path).ingest(AT, PACE)
    other = Lake(opened(None, tmp_path), "raw", EcommerceGenerator(SEED + 1))
    assert other.generator.seed == SEED


def test_both_domains_live_in_one_catalog(tmp_path: Path) -> None:
    catalog = opened(None, tmp_path)
    for generator in (EcommerceGenerator(SEED), SaaSGenerator(SEED)):
        found = Lake(catalog, namespace(None, generator.domain), generator)
        found.ingest(AT, PACE)
        assert found.complete == 0
        assert counts(found)[order(generator)[-1]] > 100
    assert {name for (name,) in catalog.list_namespaces()} == {"raw", "raw_saas"}


def artifacts(catalog: str, store: str) -> Artifacts:
    """Answer what the compiler says of an object store and a catalog with OAuth2."""
    text = (Path(__file__).parent / "contract" / "examples" / "local.json").read_text()
    said = json.loads(text)
    layer = said["resolved_layers"]["bronze"]
    layer["storage"]["endpoint"] = store
    layer["catalog"] |= {"uri": catalog, "warehouse": "warehouse"}
    layer["namespace"] = "warehouse.bronze"
    return Artifacts.model_validate(said)


@pytest.mark.slow
def test_the_same_lake_stands_on_s3_and_a_rest_catalog_with_oauth2(
    tmp_path: Path, undisturbed: dict[str, pa.Table]
) -> None:
    secret = "a" * 32
    with iceberg(tmp_path, {"demo": ["Admin"]}, secret, "warehouse", "-bucket=lake") as places:
        said = artifacts(*places)
        variables = {
            "POLARIS_CLIENT_ID": "demo",
            "POLARIS_CLIENT_SECRET": secret,
            "AWS_ACCESS_KEY_ID": "demo",
            "AWS_SECRET_ACCESS_KEY": secret,
        }
        catalog = retried(lambda: opened(said, tmp_path, variables))
        where = namespace(said, "ecommerce")
        assert where == "bronze"
        found = retried(lambda: Lake(catalog, where, EcommerceGenerator(SEED)))
        for number in range(3):
            found.ingest(AT + number * STEP, PACE)
        assert rows(found) == undisturbed
        assert {name: len(pin.metadata) > 0 for name, pin in pins(found).items()} == dict.fromkeys(
            undisturbed, True
        )


def retried(ask: Callable[[], Any]) -> Any:
    """Ask until SeaweedFS has made its buckets, which takes a moment after it answers."""
    until = time.monotonic() + 30
    while True:
        try:
            return ask()
        except Exception:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
