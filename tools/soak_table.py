"""The table of a soak: a row for each cycle, what has to stay level in it, and a drawing of it."""

import csv
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import mean
from typing import Any

from tools.soak_plot import drawn

HOUR = 12
"""In cycles."""
WARM = 3 * HOUR
"""Until then Dagster has fewer runs, and tables have fewer snapshots, than are kept."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What there is after a cycle."""

    cycle: int
    process: int
    """Which one it was, if the day was gone on with."""
    well: int
    """1 if all of it went well."""
    seconds: float
    """By the clock, with upkeep where it was due."""
    own_seconds: float
    """Of the processor, with dbt's."""
    data_files: int
    metadata_files: int
    metadata_kb: int
    dagster_kb: int
    """Runs, events and what runs print."""
    database_kb: int
    """DuckDB's file."""
    dbt_kb: int
    """dbt's folder and its log."""
    process_mb: int
    """What the process holds that runs all cycles."""
    dbt_mb: int
    """The most that any dbt of this process has held."""
    rows: int
    """In all raw tables."""
    made: int
    """What the generator makes for the same batches when it is asked again."""
    found: int
    """Defects that the models find in raw rows."""
    recorded: int
    """Defects that the ledger has."""


LEVELS = ("data_files", "metadata_files", "metadata_kb", "dagster_kb", "dbt_kb", "process_mb")
"""What has to stay as it is after the warm-up."""


def read(table: Path) -> list[Row]:
    """Answer the rows of a table; none where it is not there."""
    if not table.exists():
        return []
    kinds: dict[str, Callable[[str], Any]] = {
        field.name: float if "seconds" in field.name else int for field in fields(Row)
    }
    with table.open(newline="", encoding="utf-8") as file:
        return [
            Row(**{name: kinds[name](text) for name, text in line.items()})
            for line in csv.DictReader(file)
        ]


def write(rows: list[Row], table: Path) -> None:
    """Write a table."""
    with table.open("w", newline="", encoding="utf-8") as file:
        to = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        to.writeheader()
        to.writerows(map(asdict, rows))


def ratios(rows: list[Row], warm: int = WARM) -> dict[str, float]:
    """Answer how much there is in the last two hours for each one in the two after the warm-up.

    Where the table is too short for that, its two halves after the warm-up are what is compared.
    """
    after = rows[warm:]
    span = min(2 * HOUR, len(after) // 2)
    first, last = after[:span], after[-span:]
    return {
        name: mean(getattr(row, name) for row in last) / mean(getattr(row, name) for row in first)
        for name in (LEVELS if span else ())
    }


def told(rows: list[Row]) -> str:
    """Answer what there is after each hour's upkeep, and the ratios, as a table of Markdown."""
    lines = [("hour", *LEVELS), ("---", *("---:" for _ in LEVELS))]
    for row in rows[HOUR - 1 :: HOUR]:
        levels = (f"{getattr(row, name):,}" for name in LEVELS)
        lines.append((str(row.cycle // HOUR + 1), *levels))
    if found := ratios(rows):
        lines.append(("ratio", *(f"{found[name]:.2f}" for name in LEVELS)))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def plot(rows: list[Row]) -> str:
    """Answer the drawing of what a table has."""
    shown = ("seconds", *LEVELS, "database_kb", "dbt_mb", "rows")
    columns = {name: [float(getattr(row, name)) for row in rows] for name in shown}
    hours = {row: f"{row // HOUR} h" for row in range(0, len(rows), 2 * HOUR)}
    return drawn("The demo, cycle by cycle", columns, hours)
