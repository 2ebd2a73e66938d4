"""What a batch is told, and what it becomes."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt


class Rates(BaseModel):
    """How many of the rows have which defect."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    null: float = Field(default=0.02, ge=0, le=1)
    """The share of values that are missing, where values may be missing."""
    duplicate: float = Field(default=0.01, ge=0, le=1)
    """The share of rows that come twice."""
    late: float = Field(default=0.05, ge=0, le=1)
    """The share of what happened before it arrived."""
    max_late_days: float = Field(default=7, gt=0)
    """How long before, at most."""


class BatchSpec(BaseModel):
    """All that a batch depends on beside the seed; whoever has it makes the same rows again."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    number: NonNegativeInt
    """Which one it is, without gaps, from 0 on."""
    start: int
    """When its rows arrive at the earliest, in microseconds since 1970."""
    end: int
    """When they arrive at the latest; no batch ends before an earlier one."""
    size: NonNegativeInt
    """How many orders (or sessions) are new in it."""
    known: NonNegativeInt
    """How many customers (or accounts) there were before."""
    rates: Rates = Rates()


@dataclass(frozen=True)
class Batch:
    """The rows of a batch."""

    spec: BatchSpec
    tables: Mapping[str, pa.Table]
    """Rows by table: the generator's, and the ledger of defects."""


def schema(**columns: pa.DataType) -> pa.Schema:
    """Columns of a table; the names of those that may be missing begin with `maybe_` here."""
    return pa.schema(
        pa.field(name.removeprefix("maybe_"), kind, nullable=name.startswith("maybe_"))
        for name, kind in columns.items()
    )


LEDGER = "defects"
LEDGER_SCHEMA = schema(
    batch=pa.int64(),
    table_name=pa.string(),
    row_id=pa.string(),
    defect=pa.string(),
    maybe_column_name=pa.string(),
    updated_at=pa.timestamp("us", tz="UTC"),
)
"""A row for each defect: `missing`, `duplicate` or `late`, and when the row it is in is from."""


class Generator(ABC):
    """A domain's rows. All of it is a function of the seed and of the specs it is given."""

    domain: ClassVar[str]
    schemas: ClassVar[Mapping[str, pa.Schema]]
    """The tables, each with `updated_at`, in the order in which they refer to each other."""
    facts: ClassVar[tuple[str, ...]]
    """The tables whose rows go after a while; all others are about those who stay."""
    lookback: ClassVar[int]
    """For how many microseconds rows of a batch move on in later ones."""
    beginning: ClassVar[int]
    """How many customers (or accounts) there are before the first batch."""

    def __init__(self, seed: int = 0) -> None:
        """Take the seed."""
        self.seed = seed

    @abstractmethod
    def batch(self, spec: BatchSpec, earlier: Sequence[BatchSpec] = ()) -> Batch:
        """Make a batch's rows; the earlier ones are those that ended within `lookback`."""

    @abstractmethod
    def newcomers(self, size: int) -> int:
        """Answer how many customers (or accounts) a batch of this size adds."""
