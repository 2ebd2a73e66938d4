"""What there is to draw of an environment: who talks to whom, and which Secrets are taken."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, order=True)
class Node:
    """One workload of the namespace, or somebody outside of it."""

    name: str
    """What it is called."""

    application: str = ""
    """The application that a workload belongs to; nothing for somebody outside."""

    details: tuple[str, ...] = ()
    """Where it is: host, addresses, namespaces."""

    is_open: bool = False
    """Whether policies let pods reach any address, because its own are not known."""


@dataclass(frozen=True, kw_only=True)
class Box:
    """Nodes of one kind with the same flows, so that an arrow from or to it is one for each."""

    nodes: tuple[Node, ...]
    """What is in it."""

    @property
    def application(self) -> str:
        """The application that its nodes belong to."""
        return self.nodes[0].application


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Boxes of one application that often start arrows together."""

    boxes: tuple[Box, ...]
    """What is in it: some of the application's boxes, or all of them."""

    @property
    def application(self) -> str:
        """The application that its boxes belong to."""
        return self.boxes[0].application


@dataclass(frozen=True, kw_only=True)
class Arrow:
    """From each node of the sources to each node of the target, on each of the ports."""

    sources: tuple[Box | Frame, ...]
    """Who opens the connections."""

    target: Box
    """Who answers."""

    ports: tuple[int, ...]
    """TCP ports."""

    why: str
    """What is said over them."""

    @property
    def is_open(self) -> bool:
        """Whether its target may be any address."""
        return any(node.is_open for node in self.target.nodes)


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A Secret as one application takes it."""

    name: str
    """Its name."""

    application: str
    """Who takes it; nothing where no container does."""

    pods: tuple[str, ...]
    """Names of the workloads that take a key of it, or who else does."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One environment, as it is drawn."""

    name: str
    """Name of the environment."""

    namespace: str
    """Its namespace."""

    boxes: tuple[Box, ...]
    """All that is drawn, in the order of its flows."""

    frames: tuple[Frame, ...]
    """Which boxes stand together, within an application; no box is in two."""

    arrows: tuple[Arrow, ...]
    """Its flows."""

    secrets: tuple[Secret, ...]
    """Its Secrets, by application and name."""

    @property
    def applications(self) -> tuple[Frame, ...]:
        """The boxes of each application, in the order of wiring."""
        found: dict[str, list[Box]] = {}
        for box in self.boxes:
            if box.application:
                found.setdefault(box.application, []).append(box)
        return tuple(Frame(boxes=tuple(same)) for same in found.values())

    @property
    def outside(self) -> tuple[Box, ...]:
        """What is not in the namespace."""
        return tuple(box for box in self.boxes if not box.application)
