"""Batches into tables, each exactly once, whoever is killed in the middle of it.

A batch begins with the commit of its defects, which also says what the batch is; the other tables
follow in order. Whoever comes next sees by the number that each table has how far that went, makes
the same rows again and adds what is missing. A table takes a batch only by a commit that fails if
another was faster, so that two who do the same do not double it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from floe_demo.generators import Batch, BatchSpec, Generator, Rates, clock
from floe_demo.generators.batch import LEDGER
from floe_demo.lake.commit import BATCH, committed
from floe_demo.lake.progress import Progress
from floe_demo.lake.tables import SEED, made, order

HISTORY = 7 * clock.DAY
"""What the first batch is about, so that there is something to see at once."""
HISTORY_SIZE = 20
"""How many times as large as another one it is."""
LONGEST_WINDOW = clock.DAY
PIECE = 300_000
"""More orders than that are several batches: they would not fit into a small pod's memory."""

log = logging.getLogger(__name__)
Wrote = Callable[[str, Batch], None]


@dataclass(frozen=True)
class Pace:
    """How many rows there are, and how many of them are wrong."""

    batch_size: int = 100
    rates: Rates = field(default_factory=Rates)
    a_second: int | None = None
    """Orders a second, if not by the time of day."""


class Lake:
    """The raw tables of one domain."""

    def __init__(self, catalog: Catalog, namespace: str, generator: Generator) -> None:
        """Open its tables, and make those that are not there."""
        self.tables = made(catalog, namespace, generator)
        self.namespace = namespace
        seed = int(self.tables[LEDGER].properties[SEED])
        self.generator = type(generator)(seed)

    def refresh(self) -> None:
        """See what others wrote."""
        for table in self.tables.values():
            table.refresh()

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return Progress.of(self.tables[LEDGER].properties)

    @property
    def complete(self) -> int:
        """The number of the last batch that all tables have; -1 before there is one."""
        return min(has(table) for table in self.tables.values())

    def ingest(self, at: int, pace: Pace, wrote: Wrote = lambda *_: None) -> list[BatchSpec]:
        """Finish what was begun, then make the batch of this moment unless it is there.

        Answers the batches that were written, by this one or by another at the same time.
        """
        done = self.finish(pace, wrote)
        progress = self.progress
        if progress.last is None or progress.last.end < at:
            self._begin(lambda now: self._next(now, at, pace), wrote)
            done += self._finish_batch(wrote)
        return done

    def burst(
        self, name: str, orders: int, at: int, pace: Pace, wrote: Wrote = lambda *_: None
    ) -> list[BatchSpec]:
        """Make that many orders at once; asked again by the same name, none more."""

        def note(table: Table) -> tuple[pa.Table, dict[str, str]] | None:
            now = Progress.of(table.properties)
            if name in now.bursts:
                return None
            return table.schema().as_arrow().empty_table(), now.noted(name, orders).properties()

        done = [] if self.progress.last else self.ingest(at, pace, wrote)
        committed(self.tables[LEDGER], note)
        return done + self.finish(pace, wrote, at)

    def finish(self, pace: Pace, wrote: Wrote = lambda *_: None, at: int = 0) -> list[BatchSpec]:
        """Finish a batch that is half there, and bursts that are not done."""
        self.refresh()
        done = self._finish_batch(wrote)
        while self.progress.pending:
            self._begin(lambda now: self._piece(now, at, pace), wrote)
            done += self._finish_batch(wrote)
        return done

    def _next(self, now: Progress, at: int, pace: Pace) -> tuple[BatchSpec, str | None] | None:
        """Decide on the batch of this moment."""
        last = now.last
        if last is None:
            start, number, known = at - HISTORY, 0, self.generator.beginning
            size = HISTORY_SIZE * pace.batch_size
        elif last.end >= at:
            return None
        else:
            start, number = max(last.end, at - LONGEST_WINDOW), last.number + 1
            known = last.known + self.generator.newcomers(last.size)
            size = clock.due(pace.batch_size, start, at, now.began or at)
            if pace.a_second:
                size = min(pace.a_second * (at - start) // 1_000_000, PIECE)
        spec = BatchSpec(
            number=number, start=start, end=at, size=size, known=known, rates=pace.rates
        )
        return spec, None

    def _piece(self, now: Progress, at: int, pace: Pace) -> tuple[BatchSpec, str | None] | None:
        """Decide on the next part of a burst."""
        if now.pending is None or now.last is None:
            return None
        name, left = now.pending
        last, end = now.last, max(at, now.last.end)
        spec = BatchSpec(
            number=last.number + 1,
            start=min(last.end, end - clock.MINUTE),
            end=end,
            size=min(left, PIECE),
            known=last.known + self.generator.newcomers(last.size),
            rates=pace.rates,
        )
        return spec, name

    def _begin(
        self,
        decide: Callable[[Progress], tuple[BatchSpec, str | None] | None],
        wrote: Wrote,
    ) -> None:
        """Write a batch's defects, and with them what it is."""
        batches: list[Batch] = []

        def begin(table: Table) -> tuple[pa.Table, dict[str, str]] | None:
            now = Progress.of(table.properties)
            decided = decide(now)
            if decided is None:
                return None
            spec, burst = decided
            batches.append(self.generator.batch(spec, now.batches))
            after = now.begun(spec, self.generator.lookback, burst)
            properties = {BATCH: str(spec.number), **after.properties()}
            return batches[-1].tables[LEDGER], properties

        if committed(self.tables[LEDGER], begin):
            wrote(LEDGER, batches[-1])
        self.tables[LEDGER].refresh()
        self._made = batches[-1] if batches else None

    _made: Batch | None = None
    """The batch that was made last, which need not be made again to be finished."""

    def _finish_batch(self, wrote: Wrote) -> list[BatchSpec]:
        """Add the last batch to the tables that have none of it."""
        spec = self.progress.last
        if spec is None or self.complete == spec.number:
            return []
        batch = self._made
        if batch is None or batch.spec != spec:
            batch = self.generator.batch(spec, self.progress.batches[:-1])
        properties = {BATCH: str(spec.number)}
        for name in order(self.generator)[1:]:
            table, rows = self.tables[name], batch.tables[name]
            if committed(table, partial(_missing, rows, properties)):
                wrote(name, batch)
            table.refresh()
        self._made = None
        log.info("%s: batch %s of %s orders", self.namespace, spec.number, spec.size)
        return [spec]


def _missing(
    rows: pa.Table, properties: dict[str, str], table: Table
) -> tuple[pa.Table, dict[str, str]] | None:
    """Decide on a batch's rows for a table that has none of them yet."""
    return (rows, properties) if has(table) < int(properties[BATCH]) else None


def has(table: Table) -> int:
    """Answer the number of the last batch whose rows a table has."""
    return int(table.properties.get(BATCH, "-1"))
