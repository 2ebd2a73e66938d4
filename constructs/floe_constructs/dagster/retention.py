"""For how long ticks are kept, which Dagster writes at each evaluation and nothing else ends."""

from typing import Annotated

from pydantic import AfterValidator, Field

from floe_constructs.spec import Spec


def _not_zero(days: int) -> int:
    if days == 0:
        msg = "0 would mean for ever to Dagster: say how many days, or -1 for ever"
        raise ValueError(msg)
    return days


Days = Annotated[
    int,
    Field(ge=-1, json_schema_extra={"rule": "days from 1 on, or -1 for ever"}),
    AfterValidator(_not_zero),
]
"""For how long something is kept."""


class TickDays(Spec):
    """For how long ticks are kept, by what came of them."""

    skipped: Days = 7
    """Days for those that started nothing, which most of a sensor's do."""

    success: Days = 90
    """Days for those that started runs."""

    failure: Days = 90
    """Days for those that failed."""


class TickRetention(Spec):
    """For how long the ticks of one kind are kept; nothing else ends them."""

    purge_after_days: TickDays = TickDays()
    """Days, by what came of the tick."""


class Retention(Spec):
    """For how long ticks are kept, which Dagster writes at each evaluation. Runs stay."""

    schedule: TickRetention = TickRetention()
    """Ticks of schedules."""

    sensor: TickRetention = TickRetention()
    """Ticks of sensors."""

    auto_materialize: TickRetention = TickRetention()
    """Ticks of declarative automation."""
