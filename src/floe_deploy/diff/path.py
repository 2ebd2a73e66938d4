"""Where in an object something is."""

import re
from dataclasses import dataclass

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Item:
    """An element of a list: called by its natural key, or any one where it has none."""

    key: str = ""


Part = str | int | Item
Path = tuple[Part, ...]


def text(path: Path) -> str:
    """Answer a path as a reader writes it: `spec.containers[web].env[HOME].value`."""
    said = ""
    for part in path:
        if isinstance(part, Item):
            said += f"[{part.key}]"
        elif isinstance(part, int):
            said += f"[{part}]"
        elif _PLAIN.fullmatch(part):
            said += f".{part}" if said else part
        else:
            said += f'["{part}"]'
    return said


def keys(path: Path) -> tuple[str, ...]:
    """Answer the keys of mappings on a path, without which elements of lists they lead through."""
    return tuple(part for part in path if isinstance(part, str))
