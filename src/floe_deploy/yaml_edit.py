"""Changing single values of a YAML file, and not one other character of it."""

from collections.abc import Iterator, Mapping

import yaml

from floe_constructs.setting import Location
from floe_deploy import yaml_file


def replaced(text: str, changes: Mapping[Location, tuple[str, str]]) -> str:
    """Answer a text with values replaced, each said by where it is: what it is, and is to be.

    The text has been read by `yaml_file` before, so that no value stands for another one. Values
    have neither spaces nor quotes in them: then they stand in the file as they are, whatever their
    style, unless they are escaped.
    """
    there = spots(text)
    for at in sorted(changes, key=lambda at: there[at], reverse=True):
        start, end = there[at]
        old, new = changes[at]
        said = text[start:end]
        said = said.replace(old, new) if said.count(old) == 1 else f'"{new}"'
        text = text[:start] + said + text[end:]
    return text


def spots(text: str) -> dict[Location, tuple[int, int]]:
    """Answer where each value begins and ends, in characters."""
    root = yaml.compose(text, Loader=yaml_file.LOADER)
    return dict(_scalars(root)) if root else {}


def _scalars(node: yaml.Node, at: Location = ()) -> Iterator[tuple[Location, tuple[int, int]]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _scalars(value, (*at, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _scalars(value, (*at, number))
    else:
        yield at, (node.start_mark.index, node.end_mark.index)
