"""Room: quotas that an update fits into, and budgets that let nodes be drained."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml

from floe_constructs.yaml_text import load
from floe_deploy.rules.objects import Object, Objects, entries, inside, mapping, text
from floe_deploy.rules.rule import Breach, Rule

CONTEXT = "DAGSTER_CLI_API_GRPC_CONTAINER_CONTEXT"
"""Variable of code servers that says what the pods of runs are like."""

_POWERS = {"m": Decimal("0.001"), "": Decimal(1), "k": Decimal(1000)}
_POWERS |= {unit: Decimal(1000) ** power for power, unit in enumerate("MGTPE", 2)}
_POWERS |= {f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", 1)}

Amounts = Mapping[str, Decimal]
"""Amounts by the names that quotas have for them."""


def amount(quantity: object) -> Decimal:
    """Answer a quantity of Kubernetes as a number; 0 for what is none."""
    said = str(quantity)
    digits = said.rstrip("".join(_POWERS))
    with suppress(InvalidOperation, KeyError):
        return Decimal(digits) * _POWERS[said[len(digits) :]]
    return Decimal(0)


def _of_container(container: Mapping[str, Any]) -> Amounts:
    return {
        f"{kind}.{resource}": amount(quantity)
        for kind in ("requests", "limits")
        for resource, quantity in inside(container, "resources", kind).items()
    }


def _sum(parts: Iterable[Amounts], times: int = 1) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for part in parts:
        for name, value in part.items():
            total[name] = total.get(name, Decimal(0)) + value * times
    return total


def _of_pod(it: Object) -> Amounts:
    """Answer what one pod takes; containers that come first take no more than the others do."""
    if it.pod is None:
        return {}
    return _sum(map(_of_container, entries(it.pod.spec.get("containers")))) | {"pods": Decimal(1)}


def _replicas(it: Object) -> int:
    """Answer how many pods there may be: as many as an autoscaler makes of them."""
    for scaler in it.among.of("HorizontalPodAutoscaler"):
        target = inside(scaler.spec, "scaleTargetRef")
        if (target.get("kind"), target.get("name")) == (it.kind, it.name):
            return int(scaler.spec.get("maxReplicas", 1))
    return int(it.spec.get("replicas", 1))


def _surge(it: Object) -> int:
    """Answer how many pods more there are while a Deployment is updated; a quarter by default."""
    strategy = mapping(it.spec.get("strategy"))
    if strategy.get("type") == "Recreate":
        return 0
    said = inside(strategy, "rollingUpdate").get("maxSurge", "25%")
    if isinstance(said, int):
        return said
    return math.ceil(_replicas(it) * amount(text(said).rstrip("%")) / 100)


def _run(objects: Objects) -> tuple[int, Amounts]:
    """Answer how many runs there may be at once, and what the largest of them takes."""
    limit, shared = 0, {}
    if instance := objects.find("ConfigMap", "dagster-instance"):
        with suppress(yaml.YAMLError):
            said = load(inside(instance.manifest, "data").get("dagster.yaml", ""))
            limit = int(inside(said, "concurrency", "runs").get("max_concurrent_runs", 0))
            launcher = inside(said, "run_launcher", "config", "run_k8s_config")
            shared = _of_container(mapping(launcher.get("container_config")))
    sizes = [shared, *(_of_container(inside(said, "k8s")) for said in _contexts(objects))]
    names = {name for size in sizes for name in size}
    largest = {name: max(size.get(name, Decimal(0)) for size in sizes) for name in names}
    return limit, largest | {"pods": Decimal(1)}


def _contexts(objects: Objects) -> Iterator[object]:
    for server in objects.of("Deployment"):
        for container in server.containers:
            for variable in entries(container.get("env")):
                if variable.get("name") == CONTEXT:
                    with suppress(ValueError):
                        yield json.loads(text(variable.get("value")))


def need(objects: Objects) -> dict[str, Amounts]:
    """Answer what an environment takes at worst, by what it is for.

    A release runs its Jobs beside the old pods, and only then replaces these; so it needs room for
    the Jobs or for the pods that an update adds, whichever is more.
    """
    lasting = list(objects.of("Deployment", "StatefulSet"))
    limit, run = _run(objects)
    jobs = _sum(map(_of_pod, objects.of("Job")))
    surge = _sum(_sum([_of_pod(it)], _surge(it)) for it in objects.of("Deployment"))
    release = {
        name: max(jobs.get(name, Decimal(0)), surge.get(name, Decimal(0))) for name in jobs | surge
    }
    return {
        "what always runs": _sum(_sum([_of_pod(it)], _replicas(it)) for it in lasting),
        "an update": release,
        "what runs at times": _sum(map(_of_pod, objects.of("CronJob"))),
        f"{limit} runs": _sum([run], limit),
    }


def _room(it: Object) -> Iterator[Breach]:
    if it.kind != "ResourceQuota":
        return
    needed = need(it.among)
    for name, most in inside(it.spec, "hard").items():
        key = {"cpu": "requests.cpu", "memory": "requests.memory"}.get(name, name)
        parts = {why: part[key] for why, part in needed.items() if part.get(key)}
        if sum(parts.values()) > amount(most):
            sums = " + ".join(f"{_shown(key, part)} for {why}" for why, part in parts.items())
            total = _shown(key, Decimal(sum(parts.values())))
            yield Breach(found=f"{name} of {most}", allowed=f"at least {total}: {sums}")


def _shown(name: str, value: Decimal) -> str:
    if name.endswith("memory"):
        return f"{math.ceil(value / 1024**2)}Mi"
    return f"{math.ceil(value * 1000)}m" if name.endswith("cpu") else str(value)


def _limits(it: Object) -> Iterator[Breach]:
    """Find containers that a quota would refuse, because they do not say what it counts."""
    counted = [
        name
        for quota in it.among.of("ResourceQuota")
        for name in inside(quota.spec, "hard")
        if name.startswith(("requests.", "limits.")) and name.endswith((".cpu", ".memory"))
    ]
    for container in it.containers:
        runs = [
            _of_container(inside(json.loads(text(variable.get("value"))), "k8s"))
            for variable in entries(container.get("env"))
            if variable.get("name") == CONTEXT
        ]
        own = {text(container.get("name")): _of_container(container)}
        own |= {f"of runs {number}": said for number, said in enumerate(runs, 1)}
        for who, said in own.items():
            if missing := [name for name in counted if name not in said]:
                yield Breach(found=f"container {who} without {', '.join(missing)}")


def _drained(it: Object) -> Iterator[Breach]:
    if it.kind != "PodDisruptionBudget":
        return
    selector = inside(it.spec, "selector", "matchLabels")
    pods = [
        other
        for other in it.among.of("Deployment", "StatefulSet")
        if other.pod and selector.items() <= other.pod.labels.items()
    ]
    there = sum(map(_replicas, pods))
    least, most = it.spec.get("minAvailable"), it.spec.get("maxUnavailable")
    if most in {0, "0%"} or least == "100%" or (isinstance(least, int) and least >= there):
        yield Breach(found=f"a budget that lets none of {there} pods go")
    if it.spec.get("unhealthyPodEvictionPolicy") != "AlwaysAllow":
        yield Breach(
            found="a budget that keeps pods which are not ready",
            allowed="unhealthyPodEvictionPolicy: AlwaysAllow",
        )


RULES = (
    Rule(
        id="quota-room",
        summary="A quota leaves room for an update, for migrations and for all runs at once.",
        why="Pods beyond the quota are refused: an update stops half-way, a migration never starts, "
        "runs fail when they are launched.",
        remedy="raise the quota, or run less: replicas, run_limits.max_concurrent",
        check=_room,
    ),
    Rule(
        id="quota-limits",
        summary="Every container says what a quota counts.",
        why="A quota that counts CPU limits refuses every pod with a container that has none.",
        remedy="give cpu_limit in the workload's resources, or leave it out of the quota",
        check=_limits,
    ),
    Rule(
        id="budget-drains",
        summary="A PodDisruptionBudget lets at least one pod go, and pods that are not ready anyway.",
        why="Otherwise no node with such a pod can be drained, and an upgrade of the cluster waits.",
        remedy="set maxUnavailable: 1 and unhealthyPodEvictionPolicy: AlwaysAllow",
        check=_drained,
    ),
)
