"""The picture as Mermaid, which code hosts draw in a pull request."""

import re
from collections.abc import Iterator

from floe_deploy.graph import sentences
from floe_deploy.graph.picture import Arrow, Box, Frame, Picture
from floe_deploy.graph.text import printable


def text(picture: Picture) -> str:
    """Write a picture as a flowchart."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    ids = _ids(picture)
    yield '%%{init: {"flowchart": {"wrappingWidth": 400}}}%%'
    yield "flowchart LR"
    yield f"  subgraph namespace[{_quoted(f'{picture.name}: namespace {picture.namespace}')}]"
    for frame in picture.applications:
        name = frame.application
        yield f"    subgraph {ids[frame]}[{_quoted(name[:1].upper() + name[1:])}]"
        framed: set[Box] = set()
        for inner in (part for part in picture.frames if part.application == name):
            framed.update(inner.boxes)
            yield f'      subgraph {ids[inner]}[" "]'
            yield from (f"        {_box(ids[box], box)}" for box in inner.boxes)
            yield "      end"
        yield from (f"      {_box(ids[box], box)}" for box in frame.boxes if box not in framed)
        yield from (f"      {line}" for line in _secrets(picture, name))
        yield "    end"
    yield from (f"    {line}" for line in _secrets(picture, ""))
    yield "  end"
    yield from (f"  {_box(ids[box], box)}" for box in picture.outside)
    for arrow in picture.arrows:
        yield f"  {_arrow(ids, arrow)}"


def _secrets(picture: Picture, application: str) -> Iterator[str]:
    said = [
        _escaped(f"{secret.name}: {', '.join(sentences.users(picture, secret))}")
        for secret in picture.secrets
        if secret.application == application
    ]
    if said:
        name = _id(f"{application or 'other'}-secrets")
        yield f'{name}>"{"<br/>".join(["Secrets", *said])}"]'


def _box(name: str, box: Box) -> str:
    said = "<br/>".join(_escaped(line) for node in box.nodes for line in (node.name, *node.details))
    return f'{name}["{said}"]' if box.application else f'{name}(["{said}"])'


def _arrow(ids: dict[Box | Frame, str], arrow: Arrow) -> str:
    sources = " & ".join(ids[source] for source in arrow.sources)
    ports = ", ".join(map(str, arrow.ports))
    line = "-.->" if arrow.is_open else "-->"
    return f"{sources} {line}|{_quoted(f'{ports} {arrow.why}')}| {ids[arrow.target]}"


def _ids(picture: Picture) -> dict[Box | Frame, str]:
    """Name everything after what it is; what is a word of Mermaid's own gets a `_`."""
    names: dict[Box | Frame, str] = {box: box.nodes[0].name for box in picture.boxes}
    names |= {frame: f"{frame.application}-pods" for frame in picture.frames}
    names |= {frame: frame.application for frame in picture.applications}
    taken = {"namespace", "end", "default", "graph", "flowchart", "subgraph", "style", "click"}
    taken |= {
        _id(f"{name}-secrets")
        for name in ("other", *(each.application for each in picture.applications))
    }
    found: dict[Box | Frame, str] = {}
    for part, given in names.items():
        name = _id(given)
        while name in taken:
            name += "_"
        taken.add(name)
        found[part] = name
    return found


def _id(name: str) -> str:
    return re.sub(r"[^a-z0-9-]", "_", name)


def _quoted(said: str) -> str:
    return f'"{_escaped(said)}"'


def _escaped(said: str) -> str:
    """Write what has a meaning in Mermaid or HTML as a character's number."""
    return re.sub(r"[^\w .,:/@=*()+-]", lambda found: f"#{ord(found[0])};", printable(said))
