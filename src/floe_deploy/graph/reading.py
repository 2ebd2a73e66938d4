"""An environment's picture, read out of its wiring: nodes that are alike share a box."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from floe_constructs.dagster.flows import RunPods, runs
from floe_constructs.kubernetes.endpoint import Endpoint, Outside, Peer
from floe_constructs.kubernetes.labels import Labels
from floe_deploy.graph.picture import Arrow, Box, Frame, Node, Picture, Secret
from floe_deploy.secrets import report
from floe_deploy.secrets.listing import listing
from floe_deploy.wiring import Wired

OPEN = ("any address",)
"""What is said of a service whose addresses are not known."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One flow between nodes."""

    source: Node
    """Who opens the connection."""

    target: Node
    """Who answers."""

    port: int
    """TCP port."""

    why: str
    """What is said over it."""


def picture(wired: Wired) -> Picture:
    """Answer what there is to draw; between boxes there are exactly the flows of wiring."""
    lines = tuple(dict.fromkeys(_lines(wired)))
    watched = [node(target.pods) for watch in wired.watched for target in watch.targets]
    nodes = dict.fromkeys(
        [*(end for line in lines for end in (line.source, line.target)), *watched]
    )
    boxes = _boxes(tuple(nodes), lines)
    plain = Picture(
        name=wired.name,
        namespace=wired.environment.namespace,
        boxes=boxes,
        frames=(),
        arrows=tuple(_arrows(boxes, lines)),
        secrets=tuple(_secrets(wired)),
    )
    frames = [frame for same in plain.applications for frame in _frames(same, plain.arrows)]
    wholes = [*plain.applications, *frames]
    arrows = (_shorter(arrow, wholes) for arrow in plain.arrows)
    return replace(plain, frames=tuple(frames), arrows=tuple(arrows))


def _lines(wired: Wired) -> Iterator[Line]:
    for flow in wired.flows:
        for source in _single(wired, flow.source):
            yield Line(source=node(source), target=node(flow.target), port=flow.port, why=flow.why)


def _single(wired: Wired, pods: Labels | Outside) -> list[Labels | Outside]:
    """Answer the runs of each code location for those of all: a pod is one of the former.

    Runs of code locations that are served elsewhere are told apart by nothing.
    """
    if wired.dagster is None or not isinstance(pods, RunPods) or pods.location:
        return [pods]
    others = [pods] if wired.dagster.external else []
    return [*(runs(wired.dagster, each) for each in wired.dagster.deployed), *others]


def node(end: Labels | Endpoint | Outside) -> Node:
    """Answer what is drawn of one end of a flow."""
    match end:
        case Labels():
            return Node(name=end.object_name, application=end.name)
        case Outside():
            return Node(
                name=end.name, details=tuple(text for peer in end.peers for text in _peer(peer))
            )
        case Endpoint():
            host = end.host or "host: in a Secret"
            reach = end.cidrs or _reach(end.host)
            return Node(name=end.name, details=(host, *reach), is_open=reach == OPEN)


def _reach(host: str | None) -> tuple[str, ...]:
    """Answer whom a policy lets pods reach that knows no addresses, as `network_policy` does."""
    if match := re.fullmatch(r"[^.]+\.([^.]+)\.svc(\..+)?", host or ""):
        return (f"namespace {match[1]}",)
    return ("any pod of this namespace",) if host and "." not in host else OPEN


def _peer(peer: Peer) -> tuple[str, ...]:
    pods = (f"{name}={value}" for name, value in peer.pods.items())
    return (f"namespace {peer.namespace}", *pods) if peer.namespace else peer.cidrs


def _boxes(nodes: tuple[Node, ...], lines: tuple[Line, ...]) -> tuple[Box, ...]:
    alike: dict[object, list[Node]] = {}
    for each in nodes:
        out = frozenset((line.target, line.port, line.why) for line in lines if line.source == each)
        into = frozenset(
            (line.source, line.port, line.why) for line in lines if line.target == each
        )
        kind = (each.application or each.name, each.is_open)
        alike.setdefault((kind, out, into), []).append(each)
    return tuple(Box(nodes=tuple(same)) for same in alike.values())


def _arrows(boxes: tuple[Box, ...], lines: tuple[Line, ...]) -> list[Arrow]:
    box_of = {each: box for box in boxes for each in box.nodes}
    sources: dict[tuple[Box, str, int], dict[Box, None]] = {}
    for line in lines:
        key = (box_of[line.target], line.why, line.port)
        sources.setdefault(key, {})[box_of[line.source]] = None
    ports: dict[tuple[Box, str, tuple[Box, ...]], list[int]] = {}
    for (target, why, port), found in sources.items():
        ports.setdefault((target, why, tuple(found)), []).append(port)
    return [
        Arrow(sources=found, target=target, ports=tuple(sorted(numbers)), why=why)
        for (target, why, found), numbers in ports.items()
    ]


def _frames(application: Frame, arrows: Iterable[Arrow]) -> Iterator[Frame]:
    """Find boxes that start two arrows or more together, the most used first."""
    together: Counter[tuple[Box, ...]] = Counter()
    for arrow in arrows:
        inside = tuple(box for box in application.boxes if box in arrow.sources)
        if 1 < len(inside) < len(application.boxes):
            together[inside] += 1
    framed: set[Box] = set()
    for boxes, times in sorted(together.items(), key=lambda item: -item[1] * len(item[0])):
        if times > 1 and framed.isdisjoint(boxes):
            framed.update(boxes)
            yield Frame(boxes=boxes)


def _shorter(arrow: Arrow, frames: Iterable[Frame]) -> Arrow:
    """Let an arrow start at frames where it starts at all that is in them."""
    sources = list(arrow.sources)
    for frame in frames:
        if len(frame.boxes) > 1 and set(frame.boxes) <= set(sources) - {arrow.target}:
            sources = [frame, *(source for source in sources if source not in frame.boxes)]
    return replace(arrow, sources=tuple(sources))


def _secrets(wired: Wired) -> Iterator[Secret]:
    users: dict[tuple[str, str], set[str]] = {}
    for needed in listing(wired):
        taking = [use.pods for key in needed.keys for use in key.uses]
        for taker in (node(one) for pods in taking for one in _single(wired, pods)):
            users.setdefault((taker.application, needed.name), set()).add(taker.name)
        if not taking:
            users["", needed.name] = {report.no_pod(key) for key in needed.keys}
    for (application, name), names in sorted(users.items()):
        yield Secret(name=name, application=application, pods=tuple(sorted(names)))
