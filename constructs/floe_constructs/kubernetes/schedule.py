"""When pods run that end: the settings of CronJobs."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from floe_constructs.kubernetes.workload import Workload

_FIELDS = {
    "minute": (0, 59),
    "hour": (0, 23),
    "day of the month": (1, 31),
    "month": (1, 12),
    "day of the week": (0, 6),
}
_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FIELD = re.compile(r"(\*|(?P<first>\d+)(-(?P<last>\d+))?)(/(?P<step>[1-9]\d?))?")


def _cron(text: str) -> str:
    given = text.split(" ")
    if len(given) != len(_FIELDS):
        msg = f"it has {len(given)} fields"
        raise ValueError(msg)
    for (name, (least, most)), field in zip(_FIELDS.items(), given, strict=True):
        for part in field.split(","):
            match = _FIELD.fullmatch(part)
            numbers = [int(it) for it in match.group("first", "last") if it] if match else [-1]
            # Dagster takes a range of one number for all, and a step beyond its range for another.
            if not all(least <= it <= most for it in numbers) or numbers != sorted(set(numbers)):
                msg = f"{part!r} is no {name}, which is from {least} to {most}, ranges upwards"
                raise ValueError(msg)
            if match and int(match["step"] or 1) > int(match["last"] or most):
                msg = f"{part!r} has a step beyond its last {name}"
                raise ValueError(msg)
    _comes(given[2], given[3])
    return text


def _comes(days: str, months: str) -> None:
    """Refuse a day that no month has: Kubernetes would wait for ever, Dagster not load it."""
    if "*" in days or not re.fullmatch(r"[\d,]+", months):
        return
    first = min(int(re.split("[-/]", part)[0]) for part in days.split(","))
    if first > max(_LONGEST_MONTH[int(month) - 1] for month in months.split(",")):
        msg = f"day {first} never comes in months {months}"
        raise ValueError(msg)


CronSchedule = Annotated[
    str,
    Field(
        max_length=100,
        pattern=r"^[-0-9*/,]+( [-0-9*/,]+){4}$",
        json_schema_extra={
            "rule": "five fields of cron, in numbers: '15 3 * * *' is 3:15 of each day"
        },
    ),
    AfterValidator(_cron),
]
"""When a CronJob makes a Job."""

TimeZone = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$",
        json_schema_extra={"rule": "a name of the time zone database: Europe/Berlin"},
    ),
]
"""A time zone."""


class Scheduled(Workload):
    """Settings of pods that run now and then, one at a time."""

    schedule: CronSchedule
    """When, as cron says it."""

    time_zone: TimeZone = "Etc/UTC"
    """Time zone of the schedule."""

    deadline_minutes: int = Field(default=30, ge=1)
    """Minutes after which one that has not ended is ended."""
