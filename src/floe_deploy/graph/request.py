"""What the layout engine is asked: a picture's boxes, frames and arrows, and how they may stand."""

from collections.abc import Iterator, Sequence
from typing import Any

from floe_deploy.graph import sheet
from floe_deploy.graph.picture import Arrow, Box, Frame, Picture
from floe_deploy.graph.sheet import Sheet

_OPTIONS = {
    "elk.algorithm": "layered",
    "elk.alignment": "LEFT",
    "elk.direction": "RIGHT",
    "elk.edgeRouting": "ORTHOGONAL",
    "elk.hierarchyHandling": "INCLUDE_CHILDREN",
    "elk.json.edgeCoords": "ROOT",
    "elk.json.shapeCoords": "ROOT",
    "elk.spacing.nodeNode": "14",
    "elk.spacing.edgeNode": "12",
    "elk.spacing.edgeEdge": "8",
    "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",  # fewer bends than the default
    "elk.layered.spacing.nodeNodeBetweenLayers": "30",
    "elk.layered.spacing.edgeNodeBetweenLayers": "14",
    "elk.layered.spacing.edgeEdgeBetweenLayers": "8",
}
_LAYER = "elk.layered.layering.layerConstraint"
_INSIDE = 14


class Request:
    """A picture as the layout engine reads it."""

    arrows: dict[str, Arrow]
    """The arrow that each edge is a part of."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        parts: list[Box | Frame] = [*picture.applications, *picture.frames, *picture.boxes]
        self.ids: dict[Box | Frame, str] = {}
        for part in parts:
            self.ids.setdefault(part, f"{type(part).__name__.lower()}-{len(self.ids)}")
        self.sheets = {box: sheet.of_box(box, picture.arrows) for box in picture.boxes}
        self.arrows = {}
        self.edges: list[dict[str, Any]] = []
        self.exits: dict[Box | Frame, dict[str, None]] = {}
        for index, arrow in enumerate(picture.arrows):
            for source in arrow.sources:
                if source != arrow.target:
                    self._edge(index, arrow, source)

    def id(self, part: Box | Frame) -> str:
        """Answer what a box or a frame is called."""
        return self.ids[part]

    def _edge(self, index: int, arrow: Arrow, source: Box | Frame) -> None:
        """Arrows with one source leave it together; those with several meet at their target.

        One of both only: where lines join twice, nobody could tell which leads where.
        """
        way = f"dashed-{arrow.is_open}" if len(arrow.sources) == 1 else str(index)
        exit_ = f"{self.id(source)}-out-{way}"
        self.exits.setdefault(source, {})[exit_] = None
        edge = f"{self.id(source)}-{index}"
        self.arrows[edge] = arrow
        self.edges.append({"id": edge, "sources": [exit_], "targets": [f"in-{index}"]})

    def graph(self) -> dict[str, Any]:
        """Answer the whole, as ELK's JSON."""
        title = sheet.of_title(self.picture)
        secrets = sheet.of_secrets(self.picture, "")
        sides = (title.height, 18, 18 + _room(secrets), 18)
        least = _least(max(title.width, secrets.width))
        applications = [self._application(frame) for frame in self.picture.applications]
        return {
            "id": "picture",
            "children": [
                self._group("namespace", applications, sides, least),
                *self._outside(),
            ],
            "edges": self.edges,
            "layoutOptions": {**_OPTIONS, "elk.padding": _padding((16, 16, 16, 16))},
        }

    def _outside(self) -> Iterator[dict[str, Any]]:
        starting = {source for arrow in self.picture.arrows for source in arrow.sources}
        wide = max((self.sheets[box].width for box in self.picture.outside), default=0)
        for box in self.picture.outside:
            options = {_LAYER: "FIRST" if box in starting else "LAST"}
            yield self._box(box, self.sheets[box].width if box in starting else wide, options)

    def _application(self, frame: Frame) -> dict[str, Any]:
        secrets = sheet.of_secrets(self.picture, frame.application)
        children: list[dict[str, Any]] = []
        framed: set[Box] = set()
        for inner in self.picture.frames:
            if inner.application == frame.application:
                framed.update(inner.boxes)
                boxes = [self._box(box) for box in inner.boxes]
                children.append(self._group(inner, boxes, (10, 10, 10, 10)))
        children += [self._box(box) for box in frame.boxes if box not in framed]
        first = {} if self._is_asked(frame.application) else {_LAYER: "FIRST"}
        heading = sheet.of_heading(frame.application)
        options = {**_least(max(secrets.width, heading.width)), **first}
        sides = (heading.height, _INSIDE, _INSIDE + _room(secrets), _INSIDE)
        return self._group(frame, children, sides, options)

    def _is_asked(self, application: str) -> bool:
        """Tell whether another application talks to this one, which then stands left of it."""
        return any(
            source.application not in {"", application}
            for arrow in self.picture.arrows
            if arrow.target.application == application
            for source in arrow.sources
        )

    def _group(
        self,
        part: Frame | str,
        children: Sequence[dict[str, Any]],
        padding: tuple[int, int, int, int],
        options: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        exits = () if isinstance(part, str) else self.exits.get(part, ())
        return {
            "id": part if isinstance(part, str) else self.id(part),
            "children": list(children),
            "ports": [{"id": exit_, "layoutOptions": {"elk.port.side": "EAST"}} for exit_ in exits],
            "layoutOptions": {
                **_OPTIONS,
                "elk.padding": _padding(padding),
                "elk.portConstraints": "FIXED_SIDE",
                **(options or {}),
            },
        }

    def _box(
        self, box: Box, wide: int = 0, options: dict[str, str] | None = None
    ) -> dict[str, Any]:
        written = self.sheets[box]
        wide = wide or written.width
        exits = self.exits.get(box, {})
        doors = [
            _port(f"in-{self.picture.arrows.index(arrow)}", "WEST", 0, y)
            for arrow, y in written.doors.items()
            if arrow.sources != (box,)
        ]
        ways = [
            _port(exit_, "EAST", wide, round(written.height * (index + 1) / (len(exits) + 1)))
            for index, exit_ in enumerate(exits)
        ]
        return {
            "id": self.id(box),
            "width": wide,
            "height": written.height,
            "ports": [*doors, *ways],
            "layoutOptions": {"elk.portConstraints": "FIXED_POS", **(options or {})},
        }


def _port(name: str, side: str, x: int, y: int) -> dict[str, Any]:
    return {"id": name, "x": x, "y": y, "layoutOptions": {"elk.port.side": side}}


def _room(secrets: Sheet) -> int:
    """Answer the room below the boxes that Secrets take."""
    return secrets.height + 8 if secrets.rows else 0


def _least(width: int) -> dict[str, str]:
    return {
        "elk.nodeSize.constraints": "MINIMUM_SIZE",
        "elk.nodeSize.minimum": f"({width}, 60)",
    }


def _padding(sides: tuple[int, int, int, int]) -> str:
    top, left, bottom, right = sides
    return f"[top={top},left={left},bottom={bottom},right={right}]"
