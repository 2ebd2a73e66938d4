"""The pods of an environment: those that its objects make, and those that Dagster will make."""

from dataclasses import dataclass
from typing import Any

from floe_deploy.rules.objects import Object, Objects
from floe_deploy.rules.selection import is_everything, selects
from floe_deploy.rules.shape import inside, mapping


@dataclass(frozen=True, eq=False)
class Workload:
    """Pods that are alike."""

    object: Object
    """The object that makes them, or that Dagster makes them from."""

    labels: dict[str, Any]
    """What selectors see."""

    is_launched: bool = False
    """Whether Dagster makes them, for runs."""

    def __str__(self) -> str:
        """Who they are, in a message."""
        return f"the runs of {self.object}" if self.is_launched else str(self.object)


def workloads(among: Objects) -> list[Workload]:
    """Answer all pods of the environment."""
    return among.once("workloads", lambda: _found(among))


def _found(among: Objects) -> list[Workload]:
    found = [Workload(it, it.pod.labels) for it in among if it.pod]
    shared: dict[str, Any] = {}
    for it in among.of("ConfigMap"):
        for settings in it.runs:
            shared |= mapping(settings.get("labels"))
            found.append(Workload(it, mapping(settings.get("labels")), is_launched=True))
    for it in among:
        for settings in it.runs if it.pod else ():
            labels = shared | mapping(settings.get("labels"))
            found.append(Workload(it, labels, is_launched=True))
    return found


def selected(among: Objects, selector: object) -> list[Workload]:
    """Answer the pods that a LabelSelector selects."""
    return [pods for pods in workloads(among) if selects(selector, pods.labels)]


def budgets(pods: Workload) -> list[Object]:
    """Answer the disruption budgets that hold for pods."""
    found = pods.object.among.of("PodDisruptionBudget")
    return [it for it in found if selects(it.spec.get("selector"), pods.labels)]


def policies(pods: Workload) -> list[Object]:
    """Answer the NetworkPolicies that are for pods, but not for all."""
    found = pods.object.among.of("NetworkPolicy")
    selectors = [(it, inside(it.spec, "podSelector")) for it in found]
    return [it for it, said in selectors if not is_everything(said) and selects(said, pods.labels)]
