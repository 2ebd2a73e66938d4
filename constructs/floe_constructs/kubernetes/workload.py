"""What an environment may decide about every workload's pods."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, PositiveInt, field_validator, model_validator

from floe_constructs.kubernetes import PREFIX
from floe_constructs.kubernetes.scheduling import NodeAffinity, Spreading, Toleration
from floe_constructs.kubernetes.secret import PullSecret, SecretKey
from floe_constructs.kubernetes.user_volume import UserVolume
from floe_constructs.kubernetes.value import (
    Cpu,
    DnsName,
    ExtendedResource,
    LabelKey,
    LabelValue,
    Memory,
    VariableName,
    mebibytes,
)
from floe_constructs.spec import Spec

_OURS = (
    f"{PREFIX}/",
    "app.kubernetes.io/",
    "argocd.argoproj.io/",
    "dagster/",
    "kustomize.toolkit.fluxcd.io/",
)


class CpuAndMemory(Spec):
    """What a container asks for of CPU and memory, and where it is stopped."""

    cpu: Cpu
    """CPU request. No limit unless one is given: throttling helps nobody on a shared node."""

    memory: Memory
    """Memory request, and the limit as well unless another is given."""

    cpu_limit: Cpu | None = None
    """CPU limit, where a quota demands one."""

    memory_limit: Memory | None = None
    """Memory limit, at least the request."""

    @property
    def requests(self) -> dict[str, str]:
        """What the scheduler plans with."""
        return {"cpu": self.cpu, "memory": self.memory}

    @property
    def limits(self) -> dict[str, str]:
        """Where the container is stopped; memory always has one."""
        memory = {"memory": self.memory_limit or self.memory}
        return memory | ({"cpu": self.cpu_limit} if self.cpu_limit else {})

    @model_validator(mode="after")
    def _limit_is_not_below_request(self) -> Self:
        if self.memory_limit and mebibytes(self.memory_limit) < mebibytes(self.memory):
            msg = f"memory_limit {self.memory_limit} is below memory {self.memory}"
            raise ValueError(msg)
        return self


class Resources(CpuAndMemory):
    """What a container asks for, and where it is stopped."""

    extended: dict[ExtendedResource, PositiveInt] = Field(default_factory=dict)
    """Devices and whatever else nodes offer by the piece, such as `nvidia.com/gpu: 1`: requested,
    and the limit as well."""

    @property
    def requests(self) -> dict[str, str]:
        """What the scheduler plans with."""
        return super().requests | self._pieces

    @property
    def limits(self) -> dict[str, str]:
        """Where the container is stopped; memory always has a limit."""
        return super().limits | self._pieces

    @property
    def _pieces(self) -> dict[str, str]:
        return {name: str(count) for name, count in self.extended.items()}


def _free(keys: dict[str, str]) -> dict[str, str]:
    if taken := sorted(key for key in keys if key.startswith(_OURS)):
        msg = f"{', '.join(taken)}: keys with these prefixes are given by floe, Dagster or delivery"
        raise ValueError(msg)
    return keys


class Workload(Spec):
    """Settings of one workload's pods."""

    resources: Resources
    """CPU and memory of the main container."""

    node_selector: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    """Labels of the nodes that the pods may run on."""

    tolerations: tuple[Toleration, ...] = ()
    """Taints that the pods accept."""

    affinity: NodeAffinity | None = None
    """What the nodes have to be, or had better be, where `node_selector` cannot say it."""

    priority_class: DnsName | None = None
    """PriorityClass of the pods; the environment's (`capacity.priorities`) when silent."""

    env: dict[VariableName, Annotated[str, Field(max_length=32_768)] | SecretKey] = Field(
        default_factory=dict
    )
    """More environment variables of the main container: a text, or where it is kept. A variable
    that is set already cannot be set again."""

    volumes: tuple[UserVolume, ...] = ()
    """More volumes of the main container."""

    labels: Annotated[dict[LabelKey, LabelValue], AfterValidator(_free)] = Field(
        default_factory=dict
    )
    """More labels of the pods."""

    annotations: Annotated[
        dict[LabelKey, Annotated[str, Field(max_length=32_768)]], AfterValidator(_free)
    ] = Field(default_factory=dict)
    """More annotations of the pods."""

    pull_secrets: tuple[PullSecret, ...] = ()
    """Registry logins that these pods need beside those of all pods (`images.pull_secrets`); what
    a code location's server needs for its image, its runs get too, and the other way round."""

    @field_validator("volumes")
    @classmethod
    def _names_differ(cls, volumes: tuple[UserVolume, ...]) -> tuple[UserVolume, ...]:
        names = [volume.name for volume in volumes]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            msg = f"each volume needs a name of its own; used more than once: {twice}"
            raise ValueError(msg)
        return volumes


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


class Replicated(Spreading, LongRunning):
    """Settings of a workload that may run more than once."""

    replicas: int = Field(default=1, ge=1, le=1000)
    """Number of pods. From 2 on they are spread and get a PodDisruptionBudget."""


class Storage(Spec):
    """Space that outlives a pod."""

    size: Memory
    """How much. Most storage classes let it grow later, none lets it shrink."""

    storage_class: DnsName | None = None
    """StorageClass; the cluster's default when silent."""
