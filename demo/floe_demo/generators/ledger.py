"""The ledger: every defect that rows were given, so that whoever looks for them can count."""

import numpy as np
import pyarrow as pa

from floe_demo.generators.batch import LEDGER_SCHEMA
from floe_demo.generators.columns import Bools, Bytes, Ints, strings, times


class Ledger:
    """The defects of one batch."""

    def __init__(self, batch: int) -> None:
        """Begin without any."""
        self._batch, self._parts = batch, [LEDGER_SCHEMA.empty_table()]

    def note(self, what: tuple[str, str, str | None], rows: Bytes, at: Ints, which: Bools) -> None:
        """Note those of a table's rows, known by their identifiers, that have a defect.

        What: the table, the defect, and the column if it is in one.
        """
        table, defect, column = what
        found = np.flatnonzero(which)
        count = len(found)
        self._parts.append(
            pa.table(
                [
                    pa.repeat(pa.scalar(self._batch, pa.int64()), count),
                    pa.repeat(table, count),
                    strings(rows[found]),
                    pa.repeat(defect, count),
                    pa.repeat(pa.scalar(column, pa.string()), count),
                    times(at[found]),
                ],
                schema=LEDGER_SCHEMA,
            )
        )

    def table(self) -> pa.Table:
        """Answer all that was noted."""
        return pa.concat_tables(self._parts).combine_chunks()
