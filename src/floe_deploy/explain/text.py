"""Explained pods as YAML that says on the right where each part comes from."""

from collections.abc import Iterator
from typing import Any

import yaml

from floe_constructs.yaml_text import dump
from floe_deploy.explain.asked import Pods
from floe_deploy.explain.origin import Explained, Path

_COLUMN = 60
_HEAD: dict[Pods, str] = {
    "run": "The pod of a run. Its id, its job's name and the last argument are stand-ins.",
    "step": "The pod of a step. The run's id and all names of jobs and ops are stand-ins.",
}


def text(of: Explained) -> str:
    """Answer one document; a note holds for all that is below its line, too."""
    written = dump(of.job)
    node: Any = yaml.compose(written)
    notes = dict(_notes(node, (), 0, of))
    lines = (
        f"{line:<{_COLUMN}} # {notes[number]}" if number in notes else line
        for number, line in enumerate(written.splitlines())
    )
    return "\n".join(["---", f"# {_HEAD[of.pods]}", *lines, ""])


def _notes(node: yaml.Node, path: Path, line: int, of: Explained) -> Iterator[tuple[int, str]]:
    below = {name for at, name in of.origins.items() if at[: len(path)] == path}
    if len(below) == 1:
        yield line, below.pop()
        return
    for key, inner, at in _inner(node):
        yield from _notes(inner, (*path, key), at, of)


def _inner(node: yaml.Node) -> Iterator[tuple[str | int, yaml.Node, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key.value, value, key.start_mark.line
    else:
        for position, item in enumerate(node.value):
            yield position, item, item.start_mark.line
