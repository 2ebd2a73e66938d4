"""Draw columns of a table as lines, one below the other: an SVG of its own, without a library."""

from collections.abc import Mapping, Sequence

WIDTH, HEIGHT, LEFT, TOP = 720, 60, 150, 24
"""Of one line's field, and what is left beside and above it."""
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.least{fill:#777}"
    "polyline{fill:none;stroke:#0b6bcb;stroke-width:1.5}line{stroke:#ccc}"
    ".ground{fill:#fff}"
)


def drawn(title: str, columns: Mapping[str, Sequence[float]], marks: Mapping[int, str]) -> str:
    """Answer the drawing: each column from zero to its most; marks are words below its rows."""
    high = TOP + len(columns) * (HEIGHT + TOP) + TOP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 20} {high}">',
        f"<title>{title}</title><style>{STYLE}</style>",
        '<rect class="ground" width="100%" height="100%"/>',
    ]
    for number, (name, values) in enumerate(columns.items()):
        parts += _field(TOP + number * (HEIGHT + TOP), name, values)
    count = max(map(len, columns.values()))
    parts += [
        f'<text x="{_across(row, count)}" y="{high - TOP / 2}">{words}</text>'
        for row, words in marks.items()
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _field(top: float, name: str, values: Sequence[float]) -> list[str]:
    most, ground = max(values), top + HEIGHT
    points = " ".join(
        f"{_across(row, len(values))},{round(ground - HEIGHT * value / (most or 1), 1)}"
        for row, value in enumerate(values)
    )
    return [
        f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{ground}" y2="{ground}"/>',
        f'<text x="4" y="{top + 12}">{name}</text>',
        f'<text class="least" x="4" y="{top + 28}">most {most:,.10g}</text>',
        f'<polyline points="{points}"/>',
    ]


def _across(row: int, count: int) -> float:
    return round(LEFT + WIDTH * row / max(1, count - 1), 1)
