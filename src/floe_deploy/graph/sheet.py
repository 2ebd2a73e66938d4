"""What is written where, and how much room that takes."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from floe_deploy.graph.picture import Arrow, Box, Picture
from floe_deploy.graph.sentences import users
from floe_deploy.graph.text import broken, printable, width, wrapped

MARGIN = 11
"""Pixels between a border and the text inside."""

_SIZES = {"title": 15.0, "application": 13.0, "name": 12.5}
_TEXT = 10.5
_BOLD = ("title", "application", "name", "port")
_NAME, _PLACE, _SENTENCE, _USERS = 34, 34, 30, 60
"""How many letters a line may have."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One text, in pixels from the upper left corner of what it stands in."""

    style: str
    """What it is: `name`, `where`, `open`, `port`, `why`, `secret`, `user`, …"""

    text: str
    """What is written."""

    x: float
    """Where it begins."""

    y: float
    """The line that its letters stand on."""

    room: float = 0
    """How much room it stands in the middle of, where it does not begin at `x`."""

    @property
    def size(self) -> float:
        """Size of the letters."""
        return _SIZES.get(self.style, _TEXT)

    @property
    def width(self) -> float:
        """At most how wide it gets."""
        return width(self.text, self.size, bold=self.style in _BOLD)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Some text, and the room it needs."""

    rows: tuple[Row, ...]
    """Its lines."""

    height: int
    """Room from top to bottom."""

    doors: dict[Arrow, int] = field(default_factory=dict, hash=False)
    """How far below the upper border each arrow arrives."""

    keys: tuple[int, ...] = ()
    """How far below the upper border a Secret's line begins."""

    @property
    def width(self) -> int:
        """Room from left to right."""
        return round(max((row.x + row.width for row in self.rows), default=0)) + MARGIN


def of_title(picture: Picture) -> Sheet:
    """Write which environment it is."""
    title = _row("title", picture.name, 18, 28)
    x = title.x + title.width + 10
    return Sheet(rows=(title, _row("where", f"namespace {picture.namespace}", x, 28)), height=44)


def of_heading(application: str) -> Sheet:
    """Write which application it is."""
    row = _row("application", application[:1].upper() + application[1:], 14, 22)
    return Sheet(rows=(row,), height=34)


def of_box(box: Box, arrows: Sequence[Arrow]) -> Sheet:
    """Write names, places, and for each arrow that arrives its ports and what it is for."""
    rows: list[Row] = []
    doors: dict[Arrow, int] = {}
    y = 8
    for node in box.nodes:
        names = broken(node.name, _NAME)
        rows += _below("name", names, MARGIN, y + 12, 17)
        y += 17 * len(names)
        for detail in node.details:
            is_open = node.is_open and detail == node.details[-1]
            lines = broken(detail, _PLACE)
            rows += _below("open" if is_open else "where", lines, MARGIN, y + 10)
            y += 14 * len(lines)
    arriving = {
        arrow: _row("port", ", ".join(map(str, arrow.ports)), MARGIN, 0)
        for arrow in arrows
        if arrow.target == box
    }
    room = max((row.width for row in arriving.values()), default=0) + 8
    for arrow, port in arriving.items():
        y += 4
        doors[arrow] = y + 7
        among = "to each other: " if arrow.sources == (box,) else ""
        lines = wrapped(among + arrow.why, _SENTENCE)
        rows.append(replace(port, y=y + 11, room=room))
        rows += _below("why", lines, MARGIN + room + 7, y + 11)
        y += 14 * len(lines)
    return Sheet(rows=tuple(rows), height=y + 9, doors=doors)


def of_secrets(picture: Picture, application: str) -> Sheet:
    """Write the Secrets that an application's pods take, and which of them do."""
    secrets = [secret for secret in picture.secrets if secret.application == application]
    names = [broken(secret.name, _NAME) for secret in secrets]
    column = MARGIN + 32 + max((width(line, _TEXT) for name in names for line in name), default=0)
    rows: list[Row] = []
    keys: list[int] = []
    y = 0
    for secret, name in zip(secrets, names, strict=True):
        takers = wrapped(", ".join(users(picture, secret)), _USERS)
        rows += _below("secret", name, MARGIN + 22, y + 11)
        rows += _below("user", takers, column, y + 11)
        keys.append(y + 11)
        y += 1 + 14 * max(len(name), len(takers))
    return Sheet(rows=tuple(rows), height=y, keys=tuple(keys))


def of_legend(picture: Picture, room: float) -> Sheet:
    """Write what is not plain, as far as this picture has it, in as many lines as it takes."""
    said = []
    if picture.frames or any(len(box.nodes) > 1 for box in picture.boxes):
        said.append("An arrow holds for every name in the boxes and frames at its ends.")
    if any(arrow.is_open for arrow in picture.arrows):
        said.append("Dashed: the addresses are not known, so that the port is open to any.")
    if picture.secrets:
        said.append("Keys: Secrets, and whose pods take them.")
    lines = [" ".join(said)]
    if width(lines[0], _TEXT) > room:
        lines = said
    rows = _below("legend", [line for line in lines if line], 20, 11)
    return Sheet(rows=tuple(rows), height=14 * len(rows))


def _below(style: str, lines: Sequence[str], x: float, y: float, step: int = 14) -> list[Row]:
    return [_row(style, line, x, y + step * index) for index, line in enumerate(lines)]


def _row(style: str, text: str, x: float, y: float) -> Row:
    return Row(style=style, text=printable(text), x=x, y=y)
