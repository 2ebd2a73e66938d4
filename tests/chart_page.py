"""A page that says where each value of a chart is said: its tables, and what they name."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from floe_deploy.environment import Environment
from test_dist import ROOT
from test_docs import table

_FIRST = "|".join(Environment.model_fields)


def values(page: str, family: str) -> list[str]:
    """Answer the values that have a row, as often as they have one."""
    return sorted(name.strip() for row in table(page, family) for name in row[0].split(","))


def tests(page: str, family: str) -> list[str]:
    """Answer what stands where each row names a test."""
    return [row[2] for row in table(page, family)]


def paths(page: str, family: str) -> set[str]:
    """Answer the paths of settings that rows name."""
    _, _, rest = (ROOT / page).read_text().partition(f"| {family} |")
    told = [line.split("|")[2] for line in rest.partition("\n\n")[0].splitlines()[2:]]
    return {path for it in told for path in re.findall(rf"`((?:{_FIRST})(?:\.[a-z_]+)*)`", it)}


def unknown(page: str, family: str) -> list[str]:
    """Answer the paths among them at which there is no setting."""
    return sorted(path for path in paths(page, family) if not _settings(path))


def _settings(path: str) -> list[dict[str, Any]]:
    """Answer the schemas of what may stand at a path."""
    schema = _schema()
    found = [schema]
    for name in path.split("."):
        found = [
            inner["properties"][name]
            for it in found
            for inner in _forms(it, schema["$defs"])
            if name in inner.get("properties", {})
        ]
    return found


@cache
def _schema() -> dict[str, Any]:
    return Environment.model_json_schema()


def _forms(schema: dict[str, Any], definitions: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Answer the forms that a schema stands for; those of its items, where it is a list."""
    if reference := schema.get("$ref"):
        yield from _forms(definitions[str(reference).rpartition("/")[2]], definitions)
    for inner in [*schema.get("anyOf", []), *schema.get("oneOf", [])]:
        yield from _forms(inner, definitions)
    if "items" in schema:
        yield from _forms(schema["items"], definitions)
    if "properties" in schema:
        yield schema
