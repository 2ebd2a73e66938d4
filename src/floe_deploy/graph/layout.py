"""Where everything of a picture stands, as the layout engine answers."""

from dataclasses import dataclass
from typing import Any

from floe_deploy.graph import elk
from floe_deploy.graph.path import Point
from floe_deploy.graph.picture import Arrow, Box, Frame, Picture
from floe_deploy.graph.request import Request


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where something stands, in pixels."""

    x: float
    """From the left border of the picture."""

    y: float
    """From its upper border."""

    width: float
    """From left to right."""

    height: float
    """From top to bottom."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Where everything of a picture stands."""

    width: float
    """Of the picture."""

    height: float
    """Of the picture, without its legend."""

    namespace: Place
    """The frame around all that is in the namespace."""

    applications: dict[str, Place]
    """The ground of each application."""

    frames: dict[Frame, Place]
    """Frames within applications."""

    boxes: dict[Box, Place]
    """Boxes, in applications and outside."""

    paths: dict[Arrow, tuple[tuple[Point, ...], ...]]
    """One path for each source of an arrow; those of one arrow may share a way."""


def plan(picture: Picture) -> Plan:
    """Ask the layout engine."""
    request = Request(picture)
    answer = elk.layout(request.graph())
    places: dict[str, Place] = {}
    _places(answer, places)
    paths: dict[Arrow, list[tuple[Point, ...]]] = {}
    for edge in answer["edges"]:
        for section in edge["sections"]:
            points = [section["startPoint"], *section.get("bendPoints", ()), section["endPoint"]]
            path = tuple((point["x"], point["y"]) for point in points)
            paths.setdefault(request.arrows[edge["id"]], []).append(path)
    return Plan(
        width=answer["width"],
        height=answer["height"],
        namespace=places["namespace"],
        applications={
            frame.application: places[request.id(frame)] for frame in picture.applications
        },
        frames={frame: places[request.id(frame)] for frame in picture.frames},
        boxes={box: places[request.id(box)] for box in picture.boxes},
        paths={arrow: tuple(found) for arrow, found in paths.items()},
    )


def _places(node: dict[str, Any], found: dict[str, Place]) -> None:
    for child in node.get("children", ()):
        found[child["id"]] = Place(**{key: child[key] for key in ("x", "y", "width", "height")})
        _places(child, found)
