"""Reads a picture of `floe graph` back, by what is drawn: boxes, letters and lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import dejavu

SVG = "{http://www.w3.org/2000/svg}"
BOLD = {"title", "application", "name", "port"}
SIZES = {"title": 15.0, "application": 13.0, "name": 12.5}
Point = tuple[float, float]
Flow = tuple[str, str, int, str]


@dataclass(frozen=True)
class Rect:
    style: str
    x: float
    y: float
    right: float
    bottom: float

    def holds(self, other: "Rect") -> bool:
        return (
            self.x <= other.x
            and self.y <= other.y
            and self.right >= other.right
            and self.bottom >= other.bottom
        )

    def has(self, x: float, y: float) -> bool:
        return self.x <= x <= self.right and self.y <= y <= self.bottom

    def lies_upon(self, other: "Rect") -> bool:
        """Tell whether two straight ways, which have no width, are one for a while."""
        across = min(self.right, other.right) - max(self.x, other.x)
        down = min(self.bottom, other.bottom) - max(self.y, other.y)
        return max(across, down) > 2 and min(across, down) == 0

    def meets(self, other: "Rect") -> bool:
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )


@dataclass(frozen=True)
class Letters:
    style: str
    text: str
    room: Rect


@dataclass(frozen=True)
class Line:
    points: tuple[Point, ...]
    """From source to target, with corners where they would be without curves."""

    is_dashed: bool

    @property
    def segments(self) -> Iterator[Rect]:
        for (x, y), (to, down) in zip(self.points, self.points[1:], strict=False):
            yield Rect("", min(x, to), min(y, down), max(x, to), max(y, down))


class Drawn:
    def __init__(self, svg: str) -> None:
        self.root = ET.fromstring(svg)  # noqa: S314  our own
        self.page = Rect(
            "page", 0, 0, *(float(self.root.attrib[key]) for key in ("width", "height"))
        )
        self.rects = [
            _rect(element) for element in self.root.iter(f"{SVG}rect") if "x" in element.attrib
        ]
        self.letters = [_letters(element) for element in self.root.iter(f"{SVG}text")]
        self.lines = [line for group in self.root.iter(f"{SVG}g") for line in _lines(group)]

    def of(self, *styles: str) -> list[Rect]:
        return [rect for rect in self.rects if rect.style.split()[0] in styles]

    @property
    def boxes(self) -> list[Rect]:
        return self.of("box", "outside")

    def names(self, part: Rect) -> list[str]:
        """Answer all names in a box or a frame; one that ends in `-` goes on in the next line."""
        lines = [
            letters.text
            for letters in self.letters
            if letters.style == "name" and part.holds(letters.room)
        ]
        return "\n".join(lines).replace("-\n", "-").splitlines()

    def rows(self, box: Rect) -> Iterator[tuple[float, list[int], str]]:
        """Answer where arrows may arrive at a box, with the ports and the reason written there."""
        written = [letters for letters in self.letters if box.holds(letters.room)]
        ports = [letters for letters in written if letters.style == "port"]
        ends = [*(port.room.y for port in ports), box.bottom][1:]
        for port, end in zip(ports, ends, strict=True):
            why = [
                letters.text
                for letters in written
                if letters.style == "why" and port.room.y <= letters.room.y < end
            ]
            numbers = [int(number) for number in port.text.split(", ")]
            yield port.room.bottom - 4, numbers, " ".join(why)

    def source(self, start: Point) -> Rect:
        """Answer what a line starts at: the innermost whose right border it touches."""
        parts = [*self.boxes, *self.of("frame", "ground")]
        touched = [
            part
            for part in parts
            if abs(part.right - start[0]) < 0.2 and part.y <= start[1] <= part.bottom
        ]
        return min(touched, key=lambda part: part.right - part.x)

    def flows_of(self, line: Line) -> Iterator[Flow]:
        sources = self.names(self.source(line.points[0]))
        x, y = line.points[-1]
        (box,) = [box for box in self.boxes if abs(box.x - x) < 0.2 and box.y < y < box.bottom]
        (row,) = [row for row in self.rows(box) if abs(row[0] - y) < 0.2]
        for target in self.names(box):
            yield from ((name, target, port, row[2]) for name in sources for port in row[1])

    def flows(self) -> Iterator[Flow]:
        for line in self.lines:
            yield from self.flows_of(line)
        for box in self.boxes:
            for _, ports, why in self.rows(box):
                if why.startswith("to each other: "):
                    said = why.removeprefix("to each other: ")
                    names = self.names(box)
                    yield from ((a, b, port, said) for a in names for b in names for port in ports)


def _rect(element: ET.Element) -> Rect:
    x, y, wide, high = (float(element.attrib[key]) for key in ("x", "y", "width", "height"))
    return Rect(element.attrib["class"], x, y, x + wide, y + high)


def _letters(element: ET.Element) -> Letters:
    style, text = element.attrib["class"], element.text or ""
    x, y = float(element.attrib["x"]), float(element.attrib["y"])
    size = SIZES.get(style, 10.5)
    wide = dejavu.width(text, size, bold=style in BOLD | {"open"})
    if element.get("text-anchor") == "middle":
        x -= wide / 2
    return Letters(style, text, Rect("", x, y - 0.75 * size, x + wide, y))


def _lines(group: ET.Element) -> Iterator[Line]:
    ways, heads = (
        [
            path.attrib
            for path in group.findall(f"{SVG}path")
            if path.attrib["class"].split()[0] == style
        ]
        for style in ("line", "head")
    )
    for way, head in zip(ways, heads, strict=True):
        tips = {(float(x), float(y)) for x, y in re.findall(r"M([-\d.]+) ([-\d.]+)l", head["d"])}
        for path in way["d"].split("M")[1:]:
            # A curve's own point is the corner; where it begins and ends lies on the way.
            ends = re.findall(r"[-\d.]+", re.split("[LQ]", path)[0]) + re.findall(
                r"[-\d.]+", path.split("L")[-1]
            )
            corners = re.findall(r"Q([-\d.]+) ([-\d.]+) ", path)
            first, last = _point(ends[:2]), _point(ends[2:])
            points = [first, *map(_point, corners), last]
            if (round(first[0] + 7, 1), first[1]) in tips:
                points.reverse()
            tip = (round(points[-1][0] + 7, 1), points[-1][1])
            assert tip in tips
            yield Line((*points[:-1], tip), "dashed" in way["class"])


def _point(numbers: tuple[str, str] | list[str]) -> Point:
    x, y = map(float, numbers)
    return x, y
