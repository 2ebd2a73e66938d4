"""What a strategy's files look like, and what is said of them: where, never what is in them."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from floe_constructs.problem import Problem, nearest


@dataclass(frozen=True, kw_only=True)
class Form:
    """What the files of one strategy have to be."""

    api_version: str
    """`apiVersion` of the object."""

    kind: str
    """`kind` of the object."""

    encrypt: str
    """What to do with a value in clear."""

    edit: str
    """How to write what is not encrypted."""

    problems: Callable[[Mapping[str, Any]], Iterator[Problem]]
    """What is not as the tool writes it, or would be readable."""

    keys: Callable[[Mapping[str, Any]], dict[str, Any]]
    """The encrypted values, by the Secret's keys."""

    secret: tuple[str, ...] = ()
    """Where the file says what the Secret is to be like, itself when silent."""


def finding(where: str, found: str, allowed: str, fix: str) -> Problem:
    """Answer a problem at a place within the file."""
    return Problem(where=where, found=found, allowed=allowed, fix=fix)


def mapping(value: object) -> dict[str, Any]:
    """Answer a mapping as it is, and anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def closed(where: str, part: Mapping[str, Any], allowed: Collection[str]) -> Iterator[Problem]:
    """Tell what is there beside the keys that are looked at: it would be copied as it is."""
    for key in sorted(part.keys() - set(allowed)):
        place = f"{where}.{key}" if where else key
        fix = nearest(key, allowed) or "remove it"
        yield finding(place, "something that is not looked at", ", ".join(sorted(allowed)), fix)
