"""The asset that keeps lake, Dagster's storage and log files small."""

from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    DagsterInstance,
    DagsterRunStatus,
    MaterializeResult,
    RunsFilter,
    asset,
)
from dagster._core.storage.event_log import SqlEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable

from floe_demo.lake.maintenance import maintained
from floe_demo.orchestration.project import POOL, RETRY, Project
from floe_demo.orchestration.traces import Traces

JOBS = ("shop", "software", "upkeep")
RUNS_KEPT = 24
"""Of each job, and of each way in which a run can end: two hours that went well, every five
minutes, and what failed for longer. A run has two megabytes of events in SQLite."""
LONGEST_LOG = 1_000_000


def upkeep(project: Project, domains: tuple[str, ...]) -> AssetsDefinition:
    """Answer the asset."""

    @asset(name="maintenance", group_name="upkeep", retry_policy=RETRY, pool=POOL)
    def keep(context: AssetExecutionContext) -> MaterializeResult[Any]:
        """Let old rows, snapshots, files, runs and lines go, and put small files together."""
        days = project.settings.kept_days(project.artifacts)
        found: dict[str, int] = {}
        with project.turn(), Traces(project, context.run.run_id) as traces, traces.span("upkeep"):
            for domain in domains:
                lake = project.lake(domain)
                last = lake.progress.last
                if last is None:
                    continue
                at = datetime.fromtimestamp(last.end / 1_000_000, UTC)
                done = maintained(lake, at, days)
                found |= {f"{domain}_{name}": count for name, count in vars(done).items()}
        found["runs_deleted"] = forget(context.instance)
        for log in (project.home / "target" / "dbt.log", project.home / "lineage.jsonl"):
            rotate(log)
        return MaterializeResult(metadata=found)

    return keep


def forget(instance: DagsterInstance, kept: int = RUNS_KEPT) -> int:
    """Delete the runs of the demo's jobs that are over, with all they left, but the last ones."""
    over = (DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)
    gone = 0
    for job, status in product(JOBS, over):
        runs = instance.get_runs(RunsFilter(job_name=job, statuses=[status]))[kept:]
        for run in runs:
            instance.delete_run(run.run_id)
            instance.compute_log_manager.delete_logs(prefix=[run.run_id])
            _forget_checks(instance, run.run_id)
            # SQLite has a file for each run, which stays.
            if instance.is_persistent and not instance.is_ephemeral:
                for file in Path(instance.root_directory).glob(f"history/runs/{run.run_id}.db*"):
                    file.unlink()
        gone += len(runs)
    return gone


def _forget_checks(instance: DagsterInstance, run: str) -> None:
    """Delete what Dagster leaves of a run that it deletes: how each check ended, with its event."""
    events = instance.event_log_storage
    if isinstance(events, SqlEventLogStorage):
        with events.index_connection() as connection:
            old = AssetCheckExecutionsTable.c.run_id == run
            connection.execute(AssetCheckExecutionsTable.delete().where(old))


def rotate(log: Path) -> None:
    """Put a file aside that has become long, in place of the one that was."""
    if log.exists() and log.stat().st_size > LONGEST_LOG:
        log.replace(log.with_suffix(log.suffix + ".1"))
