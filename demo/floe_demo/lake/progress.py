"""How far a lake is: which batches it was given, and what of a burst is still to come.

All of it stands in properties of the ledger's table, and changes with the commit that begins a
batch there: a batch is known before any other table has rows of it.
"""

import json
from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict

from floe_demo.generators import BatchSpec

PROPERTY = "floe.progress"
BURSTS_REMEMBERED = 50


class Progress(BaseModel):
    """What is remembered."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    began: int | None = None
    """When the first batch ended, in microseconds since 1970."""
    batches: tuple[BatchSpec, ...] = ()
    """The last batch, and those before it whose rows still move on."""
    bursts: dict[str, int] = {}
    """How many orders are still to come, by who asked for them; 0 for what is done."""

    @classmethod
    def of(cls, properties: Mapping[str, str]) -> Self:
        """Answer what a table's properties say."""
        return cls.model_validate_json(properties.get(PROPERTY, "{}"))

    @property
    def last(self) -> BatchSpec | None:
        """The batch that was begun last."""
        return self.batches[-1] if self.batches else None

    @property
    def pending(self) -> tuple[str, int] | None:
        """A burst that is not done, and how many orders are to come."""
        return next(((name, left) for name, left in self.bursts.items() if left), None)

    def noted(self, name: str, orders: int) -> Self:
        """Answer it with one more burst; one that is known stays as it is."""
        bursts = {**self.bursts, name: self.bursts.get(name, orders)}
        done = [one for one, left in bursts.items() if not left]
        for one in done[: max(0, len(bursts) - BURSTS_REMEMBERED)]:
            del bursts[one]
        return self.model_copy(update={"bursts": bursts})

    def begun(self, spec: BatchSpec, lookback: int, burst: str | None = None) -> Self:
        """Answer it with one more batch, which may be a part of a burst."""
        earlier = [one for one in self.batches[:-1] if one.end + lookback > spec.start]
        bursts = dict(self.bursts)
        if burst is not None:
            bursts[burst] -= spec.size
        return self.model_copy(
            update={
                "began": spec.end if self.began is None else self.began,
                "batches": (*earlier, *self.batches[-1:], spec),
                "bursts": bursts,
            }
        )

    def properties(self) -> dict[str, str]:
        """Answer the properties that say it."""
        return {PROPERTY: json.dumps(self.model_dump(mode="json"), separators=(",", ":"))}
