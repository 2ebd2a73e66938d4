"""The picture as SVG: one file for light and dark, without scripts, fonts or references."""

from collections.abc import Iterator
from dataclasses import replace
from html import escape

from floe_deploy.graph import colours, layout, path, sentences, sheet
from floe_deploy.graph.layout import Place
from floe_deploy.graph.path import number as _n
from floe_deploy.graph.picture import Arrow, Box, Picture
from floe_deploy.graph.sheet import Row
from floe_deploy.graph.text import printable

_KEY = "M6 0h8v3M11.5 0v2.4M6 0a3 3 0 1 0-6 0a3 3 0 1 0 6 0"


def text(picture: Picture) -> str:
    """Draw a picture."""
    return "\n".join(_Drawing(picture).lines()) + "\n"


class _Drawing:
    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.plan = layout.plan(picture)
        self.applications = [frame.application for frame in picture.applications]
        self.classes = colours.classes(self.applications)

    def lines(self) -> Iterator[str]:
        picture = self.picture
        legend = sheet.of_legend(picture, self.plan.width)
        size = max(self.plan.width, legend.width), self.plan.height + legend.height + 12
        wide, high = map(_n, size)
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" '
            f'viewBox="0 0 {wide} {high}" role="img" '
            'aria-labelledby="title" aria-describedby="desc">'
        )
        title = f"{picture.name}: who talks to whom in namespace {picture.namespace}"
        yield f'<title id="title">{_e(title)}</title>'
        yield f'<desc id="desc">{_e(chr(10).join(sentences.all_of(picture)))}</desc>'
        yield f"<style>\n{colours.style(self.applications)}\n</style>"
        yield '<rect class="page" width="100%" height="100%" rx="8"/>'
        yield _rect("namespace", self.plan.namespace, 14)
        yield from _texts(sheet.of_title(picture).rows, self.plan.namespace)
        yield '<g class="o">'
        yield from self._secrets("", replace(self.plan.namespace, x=self.plan.namespace.x + 4))
        yield "</g>"
        for application in self.applications:
            yield from self._application(application)
        for arrows in self._together():
            yield from self._arrows(arrows)
        for box in picture.boxes:
            yield from self._box(box)
        yield from _texts(legend.rows, Place(x=0, y=self.plan.height, width=0, height=0))
        yield "</svg>"

    def _application(self, name: str) -> Iterator[str]:
        place = self.plan.applications[name]
        yield f'<g class="{self.classes[name]}">'
        yield _rect("ground", place, 10)
        yield from _texts(sheet.of_heading(name).rows, place)
        for frame, where in self.plan.frames.items():
            if frame.application == name:
                yield _rect("frame", where, 8)
        yield from self._secrets(name, place)
        yield "</g>"

    def _secrets(self, application: str, place: Place) -> Iterator[str]:
        secrets = sheet.of_secrets(self.picture, application)
        below = replace(place, y=place.y + place.height - secrets.height - 10)
        for key in secrets.keys:
            at = f"translate({_n(below.x + sheet.MARGIN + 3)} {_n(below.y + key - 4)})"
            yield f'<path class="key" transform="{at}" d="{_KEY}"/>'
        yield from _texts(secrets.rows, below)

    def _box(self, box: Box) -> Iterator[str]:
        place = self.plan.boxes[box]
        dashed = " dashed" if any(node.is_open for node in box.nodes) else ""
        yield f'<g class="{self.classes[box.application]}">'
        yield _rect(("box" if box.application else "outside") + dashed, place, 6)
        yield from _texts(sheet.of_box(box, self.picture.arrows).rows, place)
        yield "</g>"

    def _together(self) -> Iterator[list[Arrow]]:
        """Answer the arrows that leave a source by one line; and each of those that meet."""
        found: dict[object, list[Arrow]] = {}
        for arrow in self.plan.paths:
            line = (arrow.sources, arrow.is_open) if len(arrow.sources) == 1 else arrow
            found.setdefault(line, []).append(arrow)
        yield from found.values()

    def _arrows(self, arrows: list[Arrow]) -> Iterator[str]:
        """Draw in one path what shares a way, from the end that is shared: dashes stay dashes."""
        paths = [points for arrow in arrows for points in self.plan.paths[arrow]]
        ways = [points[::-1] if len(arrows) == 1 else points for points in map(path.short, paths)]
        dashed = " dashed" if arrows[0].is_open else ""
        ends = dict.fromkeys(points[-1] for points in paths)
        owners = {source.application for source in arrows[0].sources}
        yield f'<g class="{self.classes[owners.pop() if len(owners) == 1 else ""]}">'
        yield f"<title>{_e(chr(10).join(map(sentences.of, arrows)))}</title>"
        yield f'<path class="line{dashed}" d="{"".join(map(path.rounded, ways))}"/>'
        yield f'<path class="head" d="{"".join(map(path.head, ends))}"/>'
        yield "</g>"


def _rect(style: str, place: Place, radius: int) -> str:
    at = f'x="{_n(place.x)}" y="{_n(place.y)}"'
    size = f'width="{_n(place.width)}" height="{_n(place.height)}"'
    return f'<rect class="{style}" {at} {size} rx="{radius}"/>'


def _texts(rows: tuple[Row, ...], place: Place) -> Iterator[str]:
    for row in rows:
        x, y, middle = place.x + row.x, place.y + row.y, ""
        if row.room:
            yield _rect("badge", Place(x=x, y=y - 10.5, width=row.room, height=14), 4)
            x, middle = x + row.room / 2, ' text-anchor="middle"'
        yield f'<text class="{row.style}" x="{_n(x)}" y="{_n(y)}"{middle}>{_e(row.text)}</text>'


def _e(said: str) -> str:
    return escape(printable(said))
