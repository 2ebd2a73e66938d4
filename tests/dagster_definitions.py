"""User code for a code server under test."""

import json
import os
import time
from pathlib import Path

import urllib3
from dagster import (
    Config,
    DefaultSensorStatus,
    Definitions,
    OpExecutionContext,
    ScheduleDefinition,
    SensorEvaluationContext,
    SkipReason,
    asset,
    in_process_executor,
    job,
    op,
    sensor,
)
from sqlalchemy import create_engine


@asset
def orders() -> int:
    """Answer how many there are."""
    return 1


@sensor(target=[orders], minimum_interval_seconds=1, default_status=DefaultSensorStatus.RUNNING)
def looks_into_the_instance(context: SensorEvaluationContext) -> SkipReason:
    """Ask the database, as sensors on assets and on runs do."""
    artifacts = os.environ["FLOE_COMPILED_ARTIFACTS"]
    with open(artifacts) as file:  # noqa: PTH123  as user code would
        return SkipReason(f"{context.instance.get_runs_count()} runs, {file.read()}")


class Until(Config):
    """Says how long to wait: until there is a file."""

    file: str

    def wait(self) -> None:
        """Wait."""
        while not Path(self.file).exists():
            time.sleep(0.1)


@op
def ask_engine() -> None:
    """Ask the engine that the artifacts name."""
    with open(os.environ["FLOE_COMPILED_ARTIFACTS"]) as file:  # noqa: PTH123
        engine = json.load(file)["compute"]
    url = f"http://{engine['host']}:{engine['port']}/v1/info"
    urllib3.request("GET", url, retries=False, timeout=5)


@op
def work(context: OpExecutionContext, config: Until) -> None:
    """Take as long as the test wants."""
    context.log.info("under way")
    config.wait()


@op
def ask_warehouse_twice(context: OpExecutionContext, config: Until) -> None:
    """Log in, and once more when the test wants."""
    create_engine(os.environ["WAREHOUSE"]).connect().close()
    context.log.info("under way")
    config.wait()
    create_engine(os.environ["WAREHOUSE"]).connect().close()


@job
def engine() -> None:
    """Need the compute engine."""
    ask_engine()


@job
def long() -> None:
    """Take a while."""
    work()


@job
def warehouse() -> None:
    """Need a credential for a while."""
    ask_warehouse_twice()


@op
def nothing() -> None:
    """Do nothing."""


@job
def nightly() -> None:
    """Run by a schedule."""
    nothing()


defs = Definitions(
    assets=[orders],
    jobs=[engine, long, warehouse],
    schedules=[ScheduleDefinition(name="each_minute", job=nightly, cron_schedule="* * * * *")],
    sensors=[looks_into_the_instance],
    executor=in_process_executor,
)
