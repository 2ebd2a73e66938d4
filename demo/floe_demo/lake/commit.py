"""One commit: rows and what is to be remembered with them, and only if nobody was faster."""

import logging
import random
import time
from collections.abc import Callable

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException, CommitStateUnknownException
from pyiceberg.table import Table

BATCH = "floe.batch"
"""The last batch whose rows a table has: a property of the table, and of each snapshot."""
ATTEMPTS = 12
FIRST_WAIT, LONGEST_WAIT = 0.05, 2.0
"""Seconds; each wait is twice the one before, and differs from writer to writer."""

log = logging.getLogger(__name__)


def committed(
    table: Table, decide: Callable[[Table], tuple[pa.Table, dict[str, str]] | None]
) -> bool:
    """Append the rows that are decided on, and set properties, in one commit.

    Decides anew after each failure, on the table as it is then: another writer may have done it,
    or a commit may have landed although nobody answered. Answers whether this one wrote.
    """
    wait = FIRST_WAIT
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(wait * random.uniform(0.5, 1.5))  # noqa: S311  no secret
            wait = min(2 * wait, LONGEST_WAIT)
            table.refresh()
        decided = decide(table)
        if decided is None:
            return False
        rows, properties = decided
        number = properties.get(BATCH, table.properties.get(BATCH, "-1"))
        try:
            # Tables are made with no retries of pyiceberg's own: those would append to whatever
            # there is, and not see that it has the batch already.
            with table.transaction() as transaction:
                transaction.append(rows, snapshot_properties={BATCH: number})
                transaction.set_properties(properties)
        except (CommitFailedException, CommitStateUnknownException) as error:
            if attempt == ATTEMPTS - 1:
                raise
            log.info("%s: %s; trying again", table.name(), error)
        else:
            return True
    return False
