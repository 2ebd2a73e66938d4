"""How much of a cluster an environment may take, and which of its pods come first."""

from typing import Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from floe_constructs.kubernetes.resources import CpuAndMemory
from floe_constructs.kubernetes.value import Cpu, Memory
from floe_constructs.spec import Spec

MOST = 1_000_000_000
"""Priorities above are the cluster's own."""


def platform_class(namespace: str) -> str:
    """Answer the PriorityClass of everything but runs; classes have no namespace of their own."""
    return f"{namespace}-platform"


def runs_class(namespace: str) -> str:
    """Answer the PriorityClass of runs."""
    return f"{namespace}-runs"


class Priorities(Spec):
    """Two PriorityClasses, called after the namespace: `NAMESPACE-platform`, `NAMESPACE-runs`.

    Their values cannot be changed in place: a cluster refuses it.
    """

    platform: int = Field(ge=-MOST, le=MOST)
    """Priority of everything but runs; for lack of room these pods evict others below them."""

    runs: int = Field(ge=-MOST, le=MOST)
    """Priority of runs, which wait for room and evict nobody."""

    @model_validator(mode="after")
    def _platform_comes_first(self) -> Self:
        if self.platform <= self.runs:
            msg = "platform has to be above runs: a daemon that waits behind runs launches none"
            raise ValueError(msg)
        return self


class Quota(Spec):
    """What all pods of the namespace may take together; what is not given is not limited."""

    cpu: Cpu | None = None
    """Sum of the CPU requests."""

    memory: Memory | None = None
    """Sum of the memory requests."""

    cpu_limit: Cpu | None = None
    """Sum of the CPU limits; every container then needs one."""

    memory_limit: Memory | None = None
    """Sum of the memory limits."""

    pods: PositiveInt | None = None
    """Number of pods that have not ended."""

    storage: Memory | None = None
    """Sum of what PersistentVolumeClaims request."""

    claims: NonNegativeInt | None = None
    """Number of PersistentVolumeClaims."""

    load_balancers: NonNegativeInt = 0
    """Number of Services of type LoadBalancer."""

    node_ports: NonNegativeInt = 0
    """Number of Services of type NodePort or LoadBalancer."""

    @property
    def hard(self) -> dict[str, str]:
        """The same as Kubernetes names it."""
        named: dict[str, str | int | None] = {
            "requests.cpu": self.cpu,
            "requests.memory": self.memory,
            "limits.cpu": self.cpu_limit,
            "limits.memory": self.memory_limit,
            "pods": self.pods,
            "requests.storage": self.storage,
            "persistentvolumeclaims": self.claims,
            "services.loadbalancers": self.load_balancers,
            "services.nodeports": self.node_ports,
        }
        return {name: str(value) for name, value in named.items() if value is not None}


class Capacity(Spec):
    """How much an environment may take, and which of its pods come first."""

    priorities: Priorities | None = None
    """PriorityClasses that the environment brings; none, when silent."""

    quota: Quota | None = None
    """What all pods may take together; as much as there is, when silent."""

    container_defaults: CpuAndMemory | None = None
    """What a container gets that says nothing itself. None of ours does: it is for pods that
    others make in the namespace, which a quota would refuse otherwise."""

    @model_validator(mode="after")
    def _defaults_change_nothing_of_ours(self) -> Self:
        limit = self.container_defaults and self.container_defaults.cpu_limit
        if limit and not (self.quota and self.quota.cpu_limit):
            msg = (
                "container_defaults.cpu_limit would be the limit of all containers without one, "
                "ours too, of which some request more: give it with quota.cpu_limit only"
            )
            raise ValueError(msg)
        return self
