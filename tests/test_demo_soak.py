"""The soak: whole cycles, one after the other, and what is made of its table."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from tools.soak import DAY, TABLE, cycles
from tools.soak_table import HOUR, LEVELS, WARM, Row, plot, ratios, read, told, write

from floe_demo.embedded import opened
from floe_demo.orchestration import upkeep

pytestmark = [
    pytest.mark.requirement("SC-009"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # dagster-dbt calls what goes
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for a soak, which sets variables and lets an hour pass in less."""
    before = dict(os.environ)
    monkeypatch.setitem(vars(upkeep), "maintained", vars(upkeep)["maintained"])
    yield tmp_path
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.slow
def test_an_hour_of_whole_cycles_loses_and_doubles_nothing_though_it_is_gone_on_with(
    folder: Path,
) -> None:
    rows: list[Row] = []
    for count in (HOUR // 2, HOUR // 2):
        for row in islice(cycles(folder, rows), count):
            rows.append(row)
            write(rows, folder / "table.csv")
        rows = read(folder / "table.csv")
    assert [row.cycle for row in rows] == list(range(HOUR))
    assert [row.process for row in rows] == [1] * (HOUR // 2) + [2] * (HOUR // 2)
    assert all(row.well for row in rows)
    assert all(row.rows == row.made for row in rows)
    assert all(row.found == row.recorded for row in rows)
    assert rows[-1].rows > rows[0].rows
    with opened(folder) as instance:
        ended = Counter((run.job_name, run.status.value) for run in instance.get_runs())
    assert ended == {("shop", "SUCCESS"): HOUR, ("upkeep", "SUCCESS"): 1}
    assert (folder / "target" / "dbt.log.1").exists()  # put aside, as it had become long


def test_ratios_are_of_the_last_two_hours_to_those_after_the_warm_up() -> None:
    first = Row(**dict.fromkeys(vars(ROW), 2))
    rows = [first] * WARM
    assert ratios(rows) == {}
    rows += [first] * HOUR + [replace(first, dagster_kb=4)] * HOUR
    assert ratios(rows) == dict.fromkeys(LEVELS, 1) | {"dagster_kb": 2}
    rows += [replace(first, dagster_kb=3)] * (2 * HOUR)
    assert ratios(rows) == dict.fromkeys(LEVELS, 1) | {"dagster_kb": 1}


def test_a_drawing_has_a_line_for_each_column_and_no_point_outside() -> None:
    rows = [replace(ROW, cycle=number, rows=number) for number in range(50)]
    drawing = plot(rows)
    wide, high = map(float, re.findall(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"', drawing)[0])
    lines = [
        [tuple(map(float, one.split(","))) for one in points.split()]
        for points in re.findall(r'<polyline points="([^"]+)"', drawing)
    ]
    assert [len(line) for line in lines] == [50] * (len(LEVELS) + 4)
    assert all(0 <= x <= wide and 0 <= y <= high for line in lines for x, y in line)
    rising = [y for _, y in lines[-1]]
    assert rising == sorted(rising, reverse=True)
    assert rising[0] > rising[-1]


def test_the_page_says_what_the_table_does_and_the_drawing_is_of_it() -> None:
    rows, page = read(TABLE), TABLE.with_suffix(".md").read_text("utf-8")
    assert TABLE.with_suffix(".svg").read_text("utf-8") == plot(rows)
    assert told(rows) in page
    assert f"{len(rows)} of {DAY} cycles" in page
    assert [row.cycle for row in rows] == list(range(len(rows)))
    assert all(row.well for row in rows)
    assert all(row.rows == row.made and row.found == row.recorded for row in rows)


ROW = Row(
    seconds=20.0,
    own_seconds=10.0,
    **dict.fromkeys((name for name in Row.__annotations__ if "seconds" not in name), 1),
)
