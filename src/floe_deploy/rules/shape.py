"""Reading what may have any form.

What a composition or a hand has written may have anything anywhere: what is no mapping, list or
text where one belongs is taken for an empty one, so that no rule has to expect it.
"""

from typing import Any


def mapping(value: object) -> dict[str, Any]:
    """Answer a mapping as it is, and anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def entries(value: object) -> list[dict[str, Any]]:
    """Answer the mappings in a list, and nothing for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def inside(value: object, *path: str) -> dict[str, Any]:
    """Answer the mapping at a path, an empty one where there is none."""
    for key in path:
        value = mapping(value).get(key)
    return mapping(value)


def text(value: object) -> str:
    """Answer text as it is, and anything else as an empty one."""
    return value if isinstance(value, str) else ""


def number(value: object, default: int = 1) -> int:
    """Answer a whole number as it is, and anything else as the default."""
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def texts(value: object) -> list[tuple[tuple[str, ...], str]]:
    """Answer every text in a value, with the keys that lead to it.

    To the value of a variable, `{name: …, value: …}`, the variable's name leads.
    """
    found: list[tuple[tuple[str, ...], str]] = []
    _collect(value, (), found)
    return found


def _collect(
    value: object, path: tuple[str, ...], found: list[tuple[tuple[str, ...], str]]
) -> None:
    if isinstance(value, str):
        found.append((path, value))
    elif isinstance(value, dict):
        name = value.get("name")
        for key, inner in value.items():
            step = name if key == "value" and isinstance(name, str) else str(key)
            _collect(inner, (*path, step), found)
    elif isinstance(value, list):
        for inner in value:
            _collect(inner, path, found)
