"""An environment as though it were another: without what is only a name of its own."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from floe_deploy.diff import redaction
from floe_deploy.diff.fields import structure
from floe_deploy.diff.path import Path
from floe_deploy.diff.rollout import FILES
from floe_deploy.diff.snapshot import Entry, Snapshot
from floe_deploy.manifests import Identity
from floe_deploy.preflight.redaction import HIDDEN

_KEPT = frozenset({"image", "job_image"})
"""An image is promoted as it is."""


def alike(source: Snapshot, target: Snapshot, names: tuple[str, str]) -> tuple[Snapshot, Snapshot]:
    """Answer the source as it would stand in the target's place, and the target.

    A name of the source becomes the target's where the target says exactly that; so no path or
    word that happens to look like the name is taken for it.
    """
    spaces = _namespace(source), _namespace(target)
    known = {text for entry in target.entries.values() for text in _texts(entry.manifest)}
    swap = _Swap(spaces, names, frozenset(known))
    ours = {entry.key: entry for entry in _plain(target)}
    moved = [Entry(entry.path, swap.value(entry.manifest)) for entry in _plain(source)]
    theirs = {entry.key: _called(entry, ours.get(entry.key)) for entry in moved}
    return (
        Snapshot(title=f"{source.title}, as {names[1]}", entries=theirs),
        Snapshot(title=target.title, entries=ours),
    )


def _called(entry: Entry, other: Entry | None) -> Entry:
    """Answer a Job by the other's name where only the hash in it differs."""
    if other is None:
        return entry
    metadata = entry.manifest["metadata"] | {"name": other.manifest["metadata"]["name"]}
    called = entry.manifest | {"metadata": metadata}
    return Entry(entry.path, called) if called == other.manifest else entry


def _namespace(snapshot: Snapshot) -> str:
    """Answer the namespace of an environment: the one that it makes, or that its objects are in."""
    made = [who.name for who in snapshot.entries if who.kind == "Namespace"]
    used = sorted({who.namespace for who in snapshot.entries if who.namespace})
    return next(iter([*made, *used]), "")


@dataclass(frozen=True)
class _Swap:
    """What names are replaced: the source's by the target's."""

    spaces: tuple[str, str]
    names: tuple[str, str]
    known: frozenset[str]
    """Lines that the target has."""

    def value(self, found: Any, key: str = "") -> Any:
        if isinstance(found, dict):
            return {name: self.value(inner, str(name)) for name, inner in found.items()}
        if isinstance(found, list):
            return [self.value(inner, key) for inner in found]
        if not isinstance(found, str) or key in _KEPT:
            return found
        if (inner := structure(found)) is not None:
            return json.dumps(self.value(inner))
        return "\n".join(map(self._line, found.split("\n")))

    def _line(self, line: str) -> str:
        """Answer a line as the target has it; a namespace is its own wherever it stands."""
        moved = _replaced(line, self.spaces)
        tried = (line, _replaced(moved, self.names), moved, _replaced(line, self.names))
        return next((text for text in tried if text in self.known), moved)


def _replaced(line: str, pair: tuple[str, str]) -> str:
    old, new = pair
    if not old or old not in line:
        return line
    return re.sub(rf"(?<![A-Za-z0-9]){re.escape(old)}(?![A-Za-z0-9])", lambda _: new, line)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        inner = structure(value)
        yield from value.split("\n") if inner is None else _texts(inner)


def _plain(snapshot: Snapshot) -> Iterator[Entry]:
    """Answer objects without what differs between any two environments: hashes, encrypted text."""
    for entry in snapshot.entries.values():
        yield Entry(entry.path, _without(entry.key, entry.manifest, ()))


def _without(who: Identity, found: Any, path: Path) -> Any:
    if redaction.is_encrypted(who, path) and not isinstance(found, dict | list):
        return HIDDEN
    if isinstance(found, dict):
        return {
            key: _without(who, inner, (*path, str(key)))
            for key, inner in found.items()
            if key != FILES
        }
    if isinstance(found, list):
        return [_without(who, inner, (*path, at)) for at, inner in enumerate(found)]
    return found
