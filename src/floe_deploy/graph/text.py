"""How wide text is, before anything draws it, and what it is called in XML."""

import re
from textwrap import wrap

_NARROW, _WIDE = frozenset(" !'(),-./:;I[\\]fijlrt|"), frozenset("#%+<=>@MW^mw~")
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Answer at most how wide a text becomes in a sans-serif font, in pixels.

    It is measured by DejaVu Sans, which is wider than the fonts that systems prefer: in a font
    that is not known, it fits as well.
    """
    return sum(map(_ems, text)) * size * (1.18 if bold else 1.0)


def _ems(letter: str) -> float:
    if letter in _NARROW:
        return 0.42
    if letter in _WIDE or not letter.isascii():
        return 1.0
    return 0.79 if letter.isupper() or letter == "&" else 0.64


def wrapped(text: str, most: int) -> list[str]:
    """Break a sentence into as few lines as letters allow, which are about as long."""
    lines = len(wrap(text, most, break_on_hyphens=False))
    lengths = range(1, most)
    fewest = next(
        (length for length in lengths if len(wrap(text, length, break_on_hyphens=False)) <= lines),
        most,
    )
    return wrap(text, max(fewest, max(map(len, text.split()), default=1)), break_on_hyphens=False)


def broken(name: str, most: int) -> list[str]:
    """Break a long name where its parts end, or anywhere if a part is too long."""
    lines = [""]
    for part in re.findall(rf"[^-./=_]{{1,{most - 1}}}[-./=_]?|[-./=_]", name):
        if len(lines[-1]) + len(part) > most:
            lines.append("")
        lines[-1] += part
    return lines


def printable(text: str) -> str:
    """Replace what no XML document may hold, not even escaped."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
