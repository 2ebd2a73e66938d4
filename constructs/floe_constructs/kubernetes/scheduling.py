"""Which nodes pods run on, and how far apart."""

from typing import Literal, Self

from pydantic import Field, model_validator

from floe_constructs.kubernetes.value import LabelKey, LabelValue
from floe_constructs.spec import Spec


class Toleration(Spec):
    """A taint that the pods accept."""

    key: LabelKey
    """Key of the taint."""

    operator: Literal["Exists", "Equal"] = "Equal"
    """Whether the value counts."""

    value: LabelValue | None = None
    """Value of the taint, with `Equal`."""

    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """The effect accepted; all, when silent."""

    @model_validator(mode="after")
    def _value_counts(self) -> Self:
        if self.operator == "Exists" and self.value:
            msg = "operator Exists takes no value"
            raise ValueError(msg)
        return self


class NodeTerm(Spec):
    """Something about a node's labels."""

    key: LabelKey
    """Key of the label."""

    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"] = "In"
    """How the label is compared."""

    values: tuple[LabelValue, ...] = ()
    """Values to compare with, for `In` and `NotIn`."""

    @model_validator(mode="after")
    def _values_count(self) -> Self:
        if (self.operator in {"In", "NotIn"}) != bool(self.values):
            msg = "In and NotIn need values, Exists and DoesNotExist take none"
            raise ValueError(msg)
        return self


class NodeAffinity(Spec):
    """What a node has to be, and what it had better be, beyond `node_selector`."""

    required: tuple[NodeTerm, ...] = ()
    """All of these hold for the node, or the pods wait."""

    preferred: tuple[NodeTerm, ...] = ()
    """Nodes for which more of these hold are taken first."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.required and not self.preferred:
            msg = "give required or preferred"
            raise ValueError(msg)
        return self


Spread = dict[LabelKey, Literal["prefer", "require"]]
"""Labels of nodes over whose values pods are spread evenly, and whether they wait otherwise."""


def over_nodes_and_zones() -> Spread:
    """Spread over nodes and zones as far as there is room."""
    return {"kubernetes.io/hostname": "prefer", "topology.kubernetes.io/zone": "prefer"}


class Spreading(Spec):
    """Settings of pods of which there may be several."""

    replicas: int
    """Number of pods."""

    spread: Spread = Field(default_factory=over_nodes_and_zones)
    """Labels of nodes over whose values two or more pods are spread evenly: as far as there is room
    (`prefer`), or else they wait (`require`)."""

    @property
    def most(self) -> int:
        """The most pods there may be."""
        return self.replicas
