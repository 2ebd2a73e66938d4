"""What an environment may decide about every workload's pods."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from floe_constructs.kubernetes.value import Cpu, DnsName, LabelKey, LabelValue, Memory, mebibytes
from floe_constructs.spec import Spec


class Resources(Spec):
    """What a container asks for, and where it is stopped."""

    cpu: Cpu
    """CPU request. No limit unless one is given: throttling helps nobody on a shared node."""

    memory: Memory
    """Memory request, and the limit as well unless another is given."""

    cpu_limit: Cpu | None = None
    """CPU limit, where a quota demands one."""

    memory_limit: Memory | None = None
    """Memory limit, at least the request."""

    @model_validator(mode="after")
    def _limit_is_not_below_request(self) -> Self:
        if self.memory_limit and mebibytes(self.memory_limit) < mebibytes(self.memory):
            msg = f"memory_limit {self.memory_limit} is below memory {self.memory}"
            raise ValueError(msg)
        return self


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


class Workload(Spec):
    """Settings of one workload's pods."""

    resources: Resources
    """CPU and memory of the main container."""

    node_selector: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    """Labels of the nodes that the pods may run on."""

    tolerations: tuple[Toleration, ...] = ()
    """Taints that the pods accept."""


class LongRunning(Workload):
    """Settings of pods that run until they are replaced."""

    restart: (
        Annotated[
            str,
            Field(
                pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._:-]{0,62}$",
                json_schema_extra={"rule": "any word or date of at most 63 characters"},
            ),
        ]
        | None
    ) = None
    """A text of no meaning, in an annotation of the pods: another one replaces them, so that they
    read their Secrets anew."""


class Replicated(LongRunning):
    """Settings of a workload that may run more than once."""

    replicas: int = Field(default=1, ge=1, le=1000)
    """Number of pods. From 2 on they spread over nodes and zones and get a PodDisruptionBudget."""


class Storage(Spec):
    """Space that outlives a pod."""

    size: Memory
    """How much. Most storage classes let it grow later, none lets it shrink."""

    storage_class: DnsName | None = None
    """StorageClass; the cluster's default when silent."""
