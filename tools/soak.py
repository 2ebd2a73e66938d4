"""Run a day of the demo's batches with its clock driven faster, and note what grows.

Each cycle is a whole one: generate, ingest, build with all tests, serve; each hour upkeep. What
was begun in the folder is gone on with; without the folder a new day begins. Interrupted, it ends
with the cycle that runs.
"""

import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from tools.soak_table import HOUR, Row, plot, read, told, write

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".floe" / "soak"
TABLE = ROOT / "docs" / "reference" / "soak.csv"

FIRST = datetime(2025, 11, 26, tzinfo=UTC)
STEP = timedelta(minutes=5)
DAY = 24 * HOUR


def cycles(folder: Path, done: list[Row]) -> Iterator[Row]:
    """Run one cycle after the other; whoever takes a row adds it to those that are done."""
    os.environ["FLOE_DEMO_HOME"] = str(folder)
    # The environment has to be there before it is read.
    from floe_demo.definitions import definitions
    from floe_demo.embedded import DAGSTER, cycle, opened, summary
    from floe_demo.lake.maintenance import maintained
    from floe_demo.orchestration import upkeep
    from floe_demo.orchestration.project import Project

    defs, project = definitions(), Project.read()
    lake = project.lake("ecommerce")
    database, warehouse = folder / "demo.duckdb", folder / "warehouse"
    with opened(folder) as instance:
        hour, made = timedelta(hours=1), done[-1].made if done else 0
        process = done[-1].process + 1 if done else 1
        took: list[float] = []
        while True:
            number, began, own = len(done), time.monotonic(), used()
            well = cycle(defs, instance, at=FIRST + number * STEP)
            if number % HOUR == HOUR - 1:
                # What is an hour old by the demo's clock is as old as the last dozen of cycles.
                hour = timedelta(seconds=sum(took[-HOUR:]) / len(took[-HOUR:]) * HOUR)
                vars(upkeep)["maintained"] = partial(maintained, keep_for=hour)
                job = defs.resolve_job_def("upkeep")
                well &= job.execute_in_process(instance=instance, raise_on_error=False).success
            took.append(time.monotonic() - began)
            lake.refresh()
            last, earlier = lake.progress.batches[-1], lake.progress.batches[:-1]
            batch = lake.generator.batch(last, earlier)
            made += sum(batch.tables[name].num_rows for name in lake.tables)
            metadata = [file for file in files(warehouse) if file.parent.name == "metadata"]
            defects = summary(database).defects.values()
            yield Row(
                cycle=number,
                process=process,
                well=int(well),
                seconds=round(took[-1], 1),
                own_seconds=round(used() - own, 1),
                data_files=len(files(warehouse)) - len(metadata),
                metadata_files=len(metadata),
                metadata_kb=kilobytes(metadata),
                dagster_kb=kilobytes(files(folder / DAGSTER)),
                database_kb=kilobytes([database]),
                dbt_kb=kilobytes(files(folder / "target", folder / "logs")),
                process_mb=int(Path("/proc/self/statm").read_text().split()[1])
                * resource.getpagesize()
                >> 20,
                dbt_mb=resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10,
                rows=sum(table.scan().count() for table in lake.tables.values()),
                made=made,
                found=sum(found for found, _ in defects),
                recorded=sum(recorded for _, recorded in defects),
            )


def used() -> float:
    """Answer the processor's seconds of this process and of its children."""
    both = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


def files(*folders: Path) -> list[Path]:
    """Answer all files below folders."""
    return [file for folder in folders for file in folder.rglob("*") if file.is_file()]


def kilobytes(found: list[Path]) -> int:
    """Answer how large files are."""
    return sum(file.stat().st_size for file in found) >> 10


def main(wanted: int = DAY) -> None:
    """Go on until so many cycles are done; then write table and plot."""
    over: list[int] = []
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda number, _: over.append(number))
    FOLDER.mkdir(parents=True, exist_ok=True)
    rows = read(FOLDER / TABLE.name)
    running = cycles(FOLDER, rows)
    while len(rows) < wanted and not over:
        rows.append(next(running))
        write(rows, FOLDER / TABLE.name)
        print(rows[-1], flush=True)
    write(rows, TABLE)
    TABLE.with_suffix(".svg").write_text(plot(rows), "utf-8")
    print(told(rows))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
