"""What Cube's models must not do where rows are told apart by who asks."""

import re
from collections.abc import Iterator
from typing import Any

from floe_deploy.rules.objects import Object, Objects
from floe_deploy.rules.rule import Breach, Rule
from floe_deploy.rules.shape import entries, mapping, text

_COLUMN = re.compile(r'^const \{ column, .*"column": "(?P<column>\w+)"', re.MULTILINE)
"""The line of `cube.js` that says by which dimension rows are told apart."""


def _column(among: Objects) -> str | None:
    for it in among.of("ConfigMap"):
        if match := _COLUMN.search(text(mapping(it.manifest.get("data")).get("cube.js"))):
            return match["column"]
    return None


def _members(said: object) -> set[str]:
    """Answer names without their cube's: of `region`, `CUBE.region` or `{orders.region}`."""
    named = said if isinstance(said, list) else [said] if said else []
    return {text(one).strip("{}").rpartition(".")[2] for one in named}


def _set_aside(filtering: dict[str, Any], column: str) -> str | None:
    """Answer what keeps the filter by a dimension from a measure, if something does."""
    if filtering.get("mode") == "fixed":
        return "mode: fixed"
    if column in _members(filtering.get("exclude")):
        return f"exclude: {column}"
    kept = filtering.get("keep_only")
    return "keep_only" if kept is not None and column not in _members(kept) else None


def _filters(it: Object) -> Iterator[Breach]:
    column = _column(it.among) if it.kind == "ConfigMap" else None
    for file, said in it.files.items() if column else ():
        for cube in entries(mapping(said).get("cubes")):
            for measure in entries(cube.get("measures")):
                how = _set_aside(mapping(measure.get("filter")), str(column))
                if how:
                    name = f"{text(cube.get('name'))}.{text(measure.get('name'))}"
                    yield Breach(found=f"measure {name} of {file} with filter.{how}")


RULES = (
    Rule(
        id="cube-row-filter",
        summary="No measure in a YAML model sets aside the filter by which rows are told apart.",
        why="A measure of several stages can drop filters of the query, and row-level security is "
        "one of them: whoever asks for it would see a sum over everybody's rows. Models in "
        "JavaScript are not read.",
        remedy="leave the dimension out of `exclude`, put it into `keep_only`, and do without "
        "`mode: fixed`",
        check=_filters,
    ),
)
