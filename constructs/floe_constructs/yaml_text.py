"""YAML that every parser reads alike, and that a person can review."""

import re
from typing import Any

import yaml

_PLAIN = re.compile(
    r"[A-Za-z/][A-Za-z0-9_./@-]*(:[A-Za-z0-9_./@-]+)*( [A-Za-z0-9_./@(][A-Za-z0-9_./@(),-]*)*"
    r"|[0-9]+(\.[0-9]+)?(m|Ki|Mi|Gi|Ti|s|h)"  # quantities and durations
)
"""Text that no YAML 1.1 or 1.2 parser takes for anything but text, unless it is one of `_WORDS`."""

_WORDS = frozenset(
    word
    for lower in ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
    for word in (lower, lower.capitalize(), lower.upper())
)

_BASE: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class Block(str):
    """Text that stands on lines of its own, so that no character in it needs an escape.

    For text into which a program puts something before it reads the YAML.
    """

    __slots__ = ()


class _Dumper(_BASE):  # type: ignore[misc]  # its base is known at run time only
    def ignore_aliases(self, _data: object) -> bool:
        return True


def _text(_dumper: Any, value: str) -> yaml.ScalarNode:
    if _PLAIN.fullmatch(value) and value not in _WORDS:
        return yaml.ScalarNode("tag:yaml.org,2002:str", value, style=None)
    if "\n" in value:
        return yaml.ScalarNode("tag:yaml.org,2002:str", value, style="|")
    return yaml.ScalarNode("tag:yaml.org,2002:str", value, style='"')


def _block(_dumper: Any, value: Block) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", str(value), style="|")


_Dumper.add_representer(str, _text)
_Dumper.add_representer(Block, _block)


def dump(value: object) -> str:
    """Answer a mapping as YAML in the order of its keys, one trailing newline, no line folding.

    Text is quoted wherever a parser could read it otherwise: PyYAML on its own writes `1e3` plain,
    which Kubernetes reads as a number.
    """
    text: str = yaml.dump(
        value,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=1_000_000,
        indent=2,
        default_flow_style=False,
    )
    return text


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str) -> Any:
    """Read YAML that this library wrote; what a user wrote goes through a stricter reader."""
    return yaml.load(text, Loader=_LOADER)  # noqa: S506  a safe loader
