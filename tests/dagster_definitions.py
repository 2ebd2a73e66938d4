"""User code for a code server under test."""

import os

from dagster import (
    DefaultSensorStatus,
    Definitions,
    SensorEvaluationContext,
    SkipReason,
    asset,
    sensor,
)


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


defs = Definitions(assets=[orders], sensors=[looks_into_the_instance])
