"""How two values differ, as lines that a person can read."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

from floe_constructs.yaml_text import dump
from floe_deploy.diff.fields import ABSENT, Order

GAP = "…"
"""A line for those that are the same and not shown."""

_LONGEST = 80
"""Characters of a mapping or list on one line."""

_AROUND = 1
"""Lines that are the same and shown around those that differ."""


def written(value: Any) -> list[str]:
    """Answer a value as lines: text as it is, all else as YAML."""
    if value is ABSENT:
        return []
    if isinstance(value, Order):
        return list(value.keys)
    if isinstance(value, str):
        return value.split("\n")
    text = dump(value)
    return text.removesuffix("\n").removesuffix("\n...").split("\n")


def is_short(value: Any) -> bool:
    """Answer whether a value is best read on one line."""
    if isinstance(value, Order):
        return False
    text = value if isinstance(value, str) else flow(value)
    nested = isinstance(value, dict | list)
    return "\n" not in text and not (nested and len(text) > _LONGEST)


def flow(value: Any, *, exact: bool = False) -> str:
    """Answer a value on one line; with `exact`, so that text is told from a number."""
    if value is ABSENT:
        return ""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        return value if value and value.strip() == value and not exact else f'"{value}"'
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return str(value)


def compared(
    old: Sequence[str], new: Sequence[str], shown: tuple[Sequence[str], Sequence[str]]
) -> list[str]:
    """Answer the lines that differ, with `-` or `+`, and a few around them.

    `shown` are the same lines as a reader may see them.
    """
    return list(_compared(old, new, shown))


def _compared(
    old: Sequence[str], new: Sequence[str], shown: tuple[Sequence[str], Sequence[str]]
) -> Iterator[str]:
    before, after = shown
    begin = 0
    while begin < min(len(old), len(new)) and old[begin] == new[begin]:
        begin += 1
    begin = max(0, begin - _AROUND)  # what is the same at the beginning takes no time
    matcher = SequenceMatcher(None, old[begin:], new[begin:])
    done = 0
    for group in matcher.get_grouped_opcodes(_AROUND):
        if group[0][1] + begin > done:
            yield GAP
        for kind, i1, i2, j1, j2 in group:
            if kind == "equal":
                yield from (f"  {line}" for line in before[begin + i1 : begin + i2])
                continue
            yield from (f"- {line}" for line in before[begin + i1 : begin + i2])
            yield from (f"+ {line}" for line in after[begin + j1 : begin + j2])
        done = group[-1][2] + begin
    if 0 < done < len(old):
        yield GAP
