"""Which fields of an object differ."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from floe_deploy.diff import lists
from floe_deploy.diff.path import Item, Path


class _Absent:
    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = _Absent()
"""Where there is no such field."""


@dataclass(frozen=True)
class Order:
    """The order of elements that both lists have."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class Field:
    """A field that is not the same."""

    path: Path
    old: Any
    new: Any


def fields(old: object, new: object, path: Path = ()) -> Iterator[Field]:
    """Answer every field that differs, as deep as both sides have the same shape."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys(), key=str):
            inner = old.get(key, ABSENT), new.get(key, ABSENT)
            yield from fields(*inner, (*path, str(key)))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(old, new, path)
    elif type(old) is not type(new) or old != new:
        yield from _inside(old, new, path)


def _inside(old: object, new: object, path: Path) -> Iterator[Field]:
    """Look into JSON of a line or a variable; written otherwise, it differs as a whole."""
    variable = path[-1:] == ("value",)
    parsed = structure(old, of_lines=variable), structure(new, of_lines=variable)
    within = list(fields(*parsed, path)) if None not in parsed else []
    yield from within or [Field(path, old, new)]


def structure(value: object, *, of_lines: bool = False) -> dict[str, Any] | list[Any] | None:
    """Answer the mapping or list that a line of JSON holds, or several; nothing for anything else.

    A file is better read by its lines.
    """
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return None
    if "\n" in value and not of_lines:
        return None
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) else None


def _lists(old: list[Any], new: list[Any], path: Path) -> Iterator[Field]:
    if both := lists.keyed(old, new):
        before, after = both
        for key in sorted(before.keys() | after.keys()):
            inner = before.get(key, ABSENT), after.get(key, ABSENT)
            yield from fields(*inner, (*path, Item(key)))
        orders = [key for key in before if key in after], [key for key in after if key in before]
        if lists.is_ordered(path) and orders[0] != orders[1]:
            yield Field(path, *(Order(tuple(order)) for order in orders))
    elif not lists.is_ordered(path):
        yield from _members(old, new, path)
    elif len(old) == len(new) and all(isinstance(each, dict) for each in (*old, *new)):
        for at, inner in enumerate(zip(old, new, strict=True)):
            yield from fields(*inner, (*path, at))
    elif canonical(old) != canonical(new):
        yield Field(path, old, new)


def _members(old: list[Any], new: list[Any], path: Path) -> Iterator[Field]:
    """Compare lists in which nothing but membership counts."""
    before, after = Counter(map(canonical, old)), Counter(map(canonical, new))
    if gone := before - after:
        for text in sorted(gone.elements()):
            yield Field((*path, Item()), json.loads(text), ABSENT)
    if come := after - before:
        for text in sorted(come.elements()):
            yield Field((*path, Item()), ABSENT, json.loads(text))


def settled(value: Any, path: Path) -> Any:
    """Answer a value in one order, wherever order has no meaning."""
    if isinstance(value, dict):
        return {key: settled(value[key], (*path, str(key))) for key in sorted(value, key=str)}
    if isinstance(value, list):
        inner = [settled(each, path) for each in value]
        return inner if lists.is_ordered(path) else sorted(inner, key=canonical)
    return value


def canonical(value: object) -> str:
    """Answer a value as text that is the same for the same value."""
    return json.dumps(value, sort_keys=True, default=str)
