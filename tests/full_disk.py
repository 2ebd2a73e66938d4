"""A demo in a folder with little room: what its runs say while there is none, and after it.

A program, which is started in a space of mounts of its own.
"""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from dagster import DagsterInstance, Definitions, RetryPolicy

ROOM = 100 << 20
AT, STEP = 1_764_115_200, 300
LITTLE = 1 << 19
"""Enough for a batch, and not for its models."""


def main(folder: Path) -> None:
    """Print what each run came to: with room, without, with little, and with room again."""
    home = folder / "home"
    home.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "none", home], check=True)
    os.environ |= {"FLOE_DEMO_HOME": str(home), "FLOE_DEMO_SCHEDULE_BATCH_SIZE": "20"}
    from floe_demo.definitions import definitions
    from floe_demo.orchestration import ingestion, models

    once = RetryPolicy(max_retries=0)
    for module in (ingestion, models):
        vars(module)["RETRY"] = once
    told = []
    with DagsterInstance.ephemeral() as instance:
        for number, left in ((0, ROOM), (1, 0), (1, LITTLE), (2, ROOM)):
            fill(home, left)
            defs = definitions()  # as a process that begins now would see them
            told.append(run(defs, instance, number))
            (home / "filler").unlink(missing_ok=True)
            told[-1] |= state(home)
    told[-1]["same"] = same(folder / "twin", home)
    sys.stdout.write(json.dumps(told))


def fill(home: Path, left: int) -> None:
    """Leave so many bytes."""
    there = os.statvfs(home)
    size = there.f_bavail * there.f_bsize - left
    if size > 0:
        with (home / "filler").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)


def run(defs: Definitions, instance: DagsterInstance, number: int) -> dict[str, Any]:
    """Run a batch."""
    at = datetime.fromtimestamp(AT + number * STEP, UTC).isoformat()
    done = defs.resolve_job_def("shop").execute_in_process(
        instance=instance,
        run_config={"ops": {"ingest_ecommerce": {"config": {"at": at}}}},
        raise_on_error=False,
    )
    failures = [event for event in done.get_step_failure_events() if event.step_failure_data]
    return {
        "well": done.success,
        "failed": [event.step_key for event in failures],
        "said": "".join(str(event.step_failure_data.error) for event in failures),
    }


def state(home: Path) -> dict[str, Any]:
    """Answer what there is for readers."""
    from floe_demo.embedded import summary

    found = summary(home / "demo.duckdb")
    served = duckdb.read_parquet(str(home / "serving" / "current" / "orders.parquet"))
    return {
        "orders": found.rows["orders"],
        "served": served.shape[0],
        "found": sum(one for one, _ in found.defects.values()),
        "recorded": sum(one for _, one in found.defects.values()),
    }


def same(twin: Path, home: Path) -> bool:
    """Answer whether all rows are those of a lake that nothing happened to."""
    from floe_demo.orchestration.project import Project
    from floe_demo.settings import Settings
    from test_demo_lake import rows

    lakes = [Project(Settings(home=folder), None).lake("ecommerce") for folder in (home, twin)]
    for number in range(3):
        lakes[1].ingest((AT + number * STEP) * 1_000_000, Project.read().pace)
    return rows(lakes[0]) == rows(lakes[1])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
