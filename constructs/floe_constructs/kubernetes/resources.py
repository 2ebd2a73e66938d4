"""What containers ask for, and where they are stopped."""

from typing import Self

from pydantic import Field, PositiveInt, model_validator

from floe_constructs.kubernetes.value import Cpu, ExtendedResource, Memory, mebibytes
from floe_constructs.spec import Spec


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
