"""What a reviewer has to see first."""

from enum import IntEnum


class Rank(IntEnum):
    """Kinds of changes, the weightiest first."""

    IMMUTABLE = 0
    REMOVED = 1
    BEFORE_GATE = 2
    RBAC = 3
    NETWORK = 4
    IMAGE = 5
    SIZE = 6
    RESTART = 7
    ADDED = 8
    OTHER = 9
    NAME = 10

    @property
    def id(self) -> str:
        """Its stable name in JSON."""
        return self.name.lower().replace("_", "-")

    @property
    def title(self) -> str:
        """What a section of it is called."""
        return _TITLES[self]


_TITLES = {
    Rank.IMMUTABLE: "Cannot be changed in place",
    Rank.REMOVED: "Removed",
    Rank.BEFORE_GATE: "Takes effect before the gate",
    Rank.RBAC: "Rights",
    Rank.NETWORK: "Network",
    Rank.IMAGE: "Images",
    Rank.SIZE: "Replicas and resources",
    Rank.RESTART: "Pods that are replaced",
    Rank.ADDED: "Added",
    Rank.OTHER: "Other",
    Rank.NAME: "Only called otherwise",
}
