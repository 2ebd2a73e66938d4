"""Lines of right angles as SVG draws them, with round corners and a head."""

Point = tuple[float, float]

_ROUND, _HEAD = 6, 7


def rounded(points: tuple[Point, ...]) -> str:
    """Draw a line."""
    drawn = f"M{_at(points[0])}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        enters, leaves = _towards(corner, before), _towards(corner, after)
        drawn += f"L{_at(enters)}Q{_at(corner)} {_at(leaves)}"
    return drawn + f"L{_at(points[-1])}"


def short(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """End a line where its head begins."""
    x, y = points[-1]
    return (*points[:-1], (x - _HEAD, y))


def head(end: Point) -> str:
    """Draw the head of a line that arrives from the left."""
    return f"M{_at(end)}l-{_HEAD} -3.5v7z"


def number(pixels: float) -> str:
    """Write a number of pixels, in tenths."""
    return f"{pixels:.1f}".removesuffix(".0")


def _at(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"


def _towards(corner: Point, end: Point) -> Point:
    """Answer where a corner's curve begins: not beyond the middle of the way to the next one."""
    across, down = end[0] - corner[0], end[1] - corner[1]
    length = abs(across) + abs(down)
    part = min(_ROUND, length / 2) / length if length else 0
    return corner[0] + across * part, corner[1] + down * part
