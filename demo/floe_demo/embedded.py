"""The whole demo in this process, with nothing but a folder: a cycle, and what it came to."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
from dagster import DagsterInstance, Definitions, EventLogEntry

from floe_demo.lake.catalog import EMBEDDED_NAMESPACE
from floe_demo.orchestration.events import FolderEvents
from floe_demo.warehouse.plugin import BATCH
from floe_demo.warehouse.profile import SCHEMA

DAGSTER = "dagster"
"""The folder of Dagster's storage, within the demo's."""
STAGED = ("customers", "products", "orders", "order_items")


def opened(home: Path) -> DagsterInstance:
    """Open the Dagster of a folder, made when it is not there; whoever opens it closes it."""
    folder = home.resolve() / DAGSTER
    folder.mkdir(parents=True, exist_ok=True)
    said = {
        "event_log_storage": {
            "module": FolderEvents.__module__,
            "class": FolderEvents.__name__,
            "config": {"base_dir": str(folder / "history" / "runs")},
        },
        "concurrency": {
            "runs": {"max_concurrent_runs": 1},
            "pools": {"default_limit": 1},
        },
        # What steps print would be two files and two processes for each of them.
        "compute_logs": {
            "module": "dagster._core.storage.noop_compute_log_manager",
            "class": "NoOpComputeLogManager",
        },
        "telemetry": {"enabled": False},
    }
    (folder / "dagster.yaml").write_text(json.dumps(said, indent=2) + "\n", "utf-8")
    return DagsterInstance.from_config(str(folder))


@dataclass(frozen=True)
class Summary:
    """What there is after a cycle."""

    batch: int
    rows: Mapping[str, int]
    """How many there are of each thing."""
    revenue: Mapping[str, Decimal]
    """What each region brought."""
    defects: Mapping[tuple[str, str], tuple[int, int]]
    """How many were found, and how many the ledger has, by table and defect."""


def cycle(  # noqa: PLR0913  a run's own
    defs: Definitions,
    instance: DagsterInstance,
    *,
    at: datetime | None = None,
    burst: int = 0,
    job: str = "shop",
    told: Callable[[EventLogEntry], None] | None = None,
) -> bool:
    """Run one batch from the generator to what is served; answer whether all of it went well.

    Whoever wants to be told gets each of the run's events as it comes.
    """
    asked: dict[str, Any] = {"burst": burst}
    if at is not None:
        asked["at"] = at.isoformat()
    step = {"shop": "ingest_ecommerce", "software": "ingest_saas"}[job]
    run = str(uuid4())
    if told is not None:
        instance.add_event_listener(run, told)
    done = defs.resolve_job_def(job).execute_in_process(
        instance=instance,
        run_id=run,
        run_config={"ops": {step: {"config": asked}}},
        raise_on_error=False,
    )
    return done.success


def summary(database: Path, raw: str = EMBEDDED_NAMESPACE) -> Summary:
    """Answer what DuckDB's file holds."""
    with duckdb.connect(database, read_only=True) as connection:
        ((batch,),) = connection.sql(f'from "{raw}"."{BATCH}"').fetchall()
        rows = {name: connection.table(f"{SCHEMA}_staging.stg_{name}").shape[0] for name in STAGED}
        revenue = connection.table(f"{SCHEMA}_marts.mart_revenue").aggregate(
            "region, sum(revenue)", "region"
        )
        defects = connection.table(f"{SCHEMA}_quality.data_quality").aggregate(
            "table_name, defect, sum(found), sum(recorded)", "table_name, defect"
        )
        return Summary(
            batch=batch,
            rows=rows,
            revenue=dict(revenue.order("region").fetchall()),
            defects={
                (table, kind): (int(found), int(recorded))
                for table, kind, found, recorded in defects.order("all").fetchall()
            },
        )
