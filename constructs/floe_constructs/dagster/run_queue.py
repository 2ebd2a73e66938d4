"""How much is done at a time, and how runs leave the queue, in the words of `dagster.yaml`."""

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator, model_validator

from floe_constructs.spec import Spec

TagKey = Annotated[
    str,
    Field(
        pattern=r"^([A-Za-z0-9_.-]{1,63}/)?[A-Za-z0-9_.-]{1,63}$",
        json_schema_extra={"rule": "a tag's key as Dagster takes it: team, or dagster/backfill"},
    ),
]
"""The key of a run's tag."""


class EachValue(Spec):
    """Every value of a tag by itself."""

    apply_limit_per_unique_value: Literal[True] = Field(alias="applyLimitPerUniqueValue")
    """Whether each value has the limit for itself."""


class TagLimit(Spec):
    """How many runs with a tag there may be at a time."""

    key: TagKey
    """Key of the tag."""

    value: Annotated[str, Field(min_length=1)] | EachValue | None = None
    """Value of the tag, or `{applyLimitPerUniqueValue: true}` for each of its values by itself;
    all runs with the tag count together when silent."""

    limit: NonNegativeInt
    """Runs at a time; 0 holds them in the queue."""

    @property
    def what(self) -> str:
        """What is limited."""
        if isinstance(self.value, EachValue):
            return f"each value of {self.key}"
        return self.key if self.value is None else f"{self.key}: {self.value}"


class RunConcurrency(Spec):
    """How many runs there may be at a time."""

    max_concurrent_runs: int = Field(default=25, ge=-1)
    """Runs at a time; others wait in the queue. 0 holds all of them there, -1 is no limit."""

    tag_concurrency_limits: tuple[TagLimit, ...] = ()
    """Limits for runs with certain tags, below that of all."""

    @field_validator("tag_concurrency_limits")
    @classmethod
    def _said_once(cls, limits: tuple[TagLimit, ...]) -> tuple[TagLimit, ...]:
        counts = Counter(limit.what for limit in limits)
        if twice := sorted(what for what, count in counts.items() if count > 1):
            msg = f"of two limits for the same, Dagster takes the last: keep one of {twice}"
            raise ValueError(msg)
        return limits


class Pools(Spec):
    """What limits work on something shared, such as a warehouse: assets and ops name its pool."""

    default_limit: int | None = Field(default=None, ge=0, le=1000)
    """Limit of a pool that has none of its own (from the interface, or `dagster instance
    concurrency set`); without it such a pool limits nothing."""

    granularity: Literal["op", "run"] = "op"
    """What takes a slot of the pool: each step (op), or a run as a whole, which waits in the queue
    until all of its pools have room."""

    op_granularity_run_buffer: NonNegativeInt | None = None
    """Runs that are started although all they could do waits for a slot, so that one is there at
    once when a slot is free; none when silent."""

    @model_validator(mode="after")
    def _buffer_is_for_ops(self) -> Self:
        if self.op_granularity_run_buffer is not None and self.granularity == "run":
            msg = "op_granularity_run_buffer means nothing with granularity run: leave one out"
            raise ValueError(msg)
        return self


class Concurrency(Spec):
    """How much is done at a time."""

    runs: RunConcurrency = RunConcurrency()
    """How many runs."""

    pools: Pools = Pools()
    """How much on one shared thing."""


class RunQueue(Spec):
    """How the daemon takes runs from the queue."""

    dequeue_interval_seconds: PositiveInt = 5
    """Seconds between two looks at the queue."""

    dequeue_num_workers: PositiveInt = 4
    """Runs that are launched side by side."""

    max_user_code_failure_retries: NonNegativeInt = 5
    """How often a run is put back because its code server does not answer: one that is just being
    replaced would fail every run that meets it, with Dagster's own 0."""

    user_code_failure_retry_delay: PositiveInt = 60
    """Seconds for which it then stays in the queue."""
