"""Room: quotas that an update fits into, and budgets that let nodes be drained."""

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any

from floe_deploy.rules.objects import Object, Objects, runs_of
from floe_deploy.rules.references import launched
from floe_deploy.rules.rule import Breach, Rule
from floe_deploy.rules.selection import selects
from floe_deploy.rules.shape import entries, inside, mapping, number, text

_POWERS = {"m": Decimal("0.001"), "": Decimal(1), "k": Decimal(1000)}
_POWERS |= {unit: Decimal(1000) ** power for power, unit in enumerate("MGTPE", 2)}
_POWERS |= {f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", 1)}

Amounts = Mapping[str, Decimal]
"""Amounts by the names that quotas have for them."""

_NOTHING: dict[str, Decimal] = {}
_TOKEN = "automount_service_account_token"  # noqa: S105  a field, which only such runs need


def amount(quantity: object) -> Decimal:
    """Answer a quantity of Kubernetes as a number; 0 for what is none."""
    said = str(quantity)
    digits = said.rstrip("".join(_POWERS))
    with suppress(InvalidOperation, KeyError):
        return Decimal(digits) * _POWERS[said[len(digits) :]]
    return Decimal(0)


def _of_container(container: Mapping[str, Any]) -> dict[str, Decimal]:
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


def _beside(main: Amounts, pod: Mapping[str, Any]) -> dict[str, Decimal]:
    """Answer what a pod takes with its init containers, as Kubernetes counts.

    Sidecars stay; the others take their turn before the main containers.
    """
    sidecars, most = _NOTHING, _NOTHING
    for container in entries(pod.get("initContainers")):
        now = _sum([sidecars, _of_container(container)])
        if container.get("restartPolicy") == "Always":
            sidecars = now
        most = _larger(most, now)
    return _larger(most, _sum([main, sidecars]))


def _larger(one: Amounts, other: Amounts) -> dict[str, Decimal]:
    zero = Decimal(0)
    return {name: max(one.get(name, zero), other.get(name, zero)) for name in {**one, **other}}


def _of_pod(it: Object) -> Amounts:
    """Answer what one pod takes."""
    if it.pod is None:
        return {}
    claims = entries(it.spec.get("volumeClaimTemplates"))
    sizes = [inside(claim, "spec", "resources", "requests").get("storage") for claim in claims]
    main = _sum(map(_of_container, entries(it.pod.spec.get("containers"))))
    found = _beside(main, it.pod.spec)
    found |= {"requests.storage": _total(map(amount, sizes))} if sizes else {}
    return found | {"pods": Decimal(1), "persistentvolumeclaims": Decimal(len(sizes))}


def _of_service(it: Object) -> Amounts:
    """Answer what a Service takes of what clusters have few of."""
    kind, ports = it.spec.get("type"), Decimal(len(entries(it.spec.get("ports"))))
    if kind == "LoadBalancer":
        allocates = it.spec.get("allocateLoadBalancerNodePorts") is not False
        balancer = {"services.loadbalancers": Decimal(1)}
        return balancer | ({"services.nodeports": ports} if allocates else {})
    return {"services.nodeports": ports} if kind == "NodePort" else {}


def _total(values: Iterable[Decimal]) -> Decimal:
    return sum(values, Decimal(0))


def _replicas(it: Object) -> int:
    """Answer how many pods there may be: as many as an autoscaler makes of them."""
    for scaler in it.among.of("HorizontalPodAutoscaler"):
        target = inside(scaler.spec, "scaleTargetRef")
        if (target.get("kind"), target.get("name")) == (it.kind, it.name):
            return number(scaler.spec.get("maxReplicas"))
    return number(it.spec.get("replicas"))


def _surge(it: Object) -> int:
    """Answer how many pods more there are while a Deployment is updated; a quarter by default."""
    strategy = mapping(it.spec.get("strategy"))
    if strategy.get("type") == "Recreate":
        return 0
    said = inside(strategy, "rollingUpdate").get("maxSurge", "25%")
    share = math.ceil(_replicas(it) * amount(text(said).rstrip("%")) / 100)
    return number(said, share)


def _run(objects: Objects) -> tuple[int, Amounts]:
    """Answer how many runs there may be at once, and what the largest of them takes."""
    limit, shared = 0, _NOTHING
    if instance := objects.find("ConfigMap", "dagster-instance"):
        said = instance.files.get("dagster.yaml")
        limit = number(inside(said, "concurrency", "runs").get("max_concurrent_runs"), 0)
        launcher = inside(said, "run_launcher", "config", "run_k8s_config")
        shared = _of_container(mapping(launcher.get("container_config")))
    told = [said for server in objects.of("Deployment") for said in server.runs]
    sizes = [shared | {"pods": Decimal(1)}, *map(_of_run, told)]
    names = {name for size in sizes for name in size}
    return limit, {name: max(size.get(name, Decimal(0)) for size in sizes) for name in names}


def _of_run(said: dict[str, Any]) -> dict[str, Decimal]:
    """Answer what a run takes: its pod, and one more where steps have pods of their own."""
    alone = not inside(said, "run_k8s_config", "pod_spec_config").get(_TOKEN)
    taken = _beside(_of_container(said), launched(said))
    return _sum([taken | {"pods": Decimal(1)}], 1 if alone else 2)


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
    always = [_sum([_of_pod(it)], _replicas(it)) for it in lasting]
    return {
        "what always runs": _sum([*always, *map(_of_service, objects.of("Service"))]),
        "an update": release,
        "what runs at times": _sum(map(_of_pod, objects.of("CronJob"))),
        f"{limit} runs": _sum([run], max(limit, 0)),
    }


def _room(it: Object) -> Iterator[Breach]:
    if it.kind != "ResourceQuota":
        return
    if _run(it.among)[0] < 0:
        yield Breach(found="runs without a limit", allowed="as many as the quota has room for")
    needed = need(it.among)
    for name, most in inside(it.spec, "hard").items():
        key = {"cpu": "requests.cpu", "memory": "requests.memory"}.get(name, name)
        parts = {why: part[key] for why, part in needed.items() if part.get(key)}
        total = _total(parts.values())
        if total > amount(most):
            sums = " + ".join(f"{_shown(key, part)} for {why}" for why, part in parts.items())
            found = f"{name} of {text(most) or 'no text'}"
            yield Breach(found=found, allowed=f"at least {_shown(key, total)}: {sums}")


def _shown(name: str, value: Decimal) -> str:
    if name.endswith(("memory", "storage")):
        return f"{math.ceil(value / 1024**2)}Mi"
    return f"{math.ceil(value * 1000)}m" if name.endswith("cpu") else str(value)


def _limits(it: Object) -> Iterator[Breach]:
    """Find containers that a quota of CPU limits would refuse; the rest is demanded anyway."""
    if not any("limits.cpu" in inside(one.spec, "hard") for one in it.among.of("ResourceQuota")):
        return
    for container in it.containers:
        name = text(container.get("name"))
        takes = [(f"container {name}", _of_container(container))]
        for said in runs_of(container):
            takes.append((f"runs of container {name}", _of_container(said)))
            takes += [
                (f"container {text(first.get('name'))} of runs", _of_container(first))
                for first in entries(launched(said).get("initContainers"))
            ]
        for who, said in takes:
            if "limits.cpu" not in said:
                yield Breach(found=f"{who} without a CPU limit")


def _drained(it: Object) -> Iterator[Breach]:
    if it.kind != "PodDisruptionBudget":
        return
    selector = it.spec.get("selector")
    pods = [
        other
        for other in it.among.of("Deployment", "StatefulSet")
        if other.pod and selects(selector, other.pod.labels)
    ]
    there = sum(map(_replicas, pods))
    least, most = it.spec.get("minAvailable"), it.spec.get("maxUnavailable")
    if most in (0, "0%") or least == "100%" or (isinstance(least, int) and least >= there):
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
        why="Pods beyond the quota are refused: an update stops half-way, a migration never "
        "starts, runs fail when they are launched.",
        remedy="raise the quota, or run less: replicas, concurrency.runs.max_concurrent_runs",
        check=_room,
    ),
    Rule(
        id="quota-limits",
        summary="Every container has a CPU limit where a quota counts them.",
        why="Such a quota refuses every pod with a container that has none.",
        remedy="give cpu_limit in the workload's resources, or leave it out of the quota",
        check=_limits,
    ),
    Rule(
        id="budget-drains",
        summary="A disruption budget lets at least one pod go, and any pod that is not ready.",
        why="Otherwise no node with such a pod can be drained, and the cluster's upgrade waits.",
        remedy="set maxUnavailable: 1 and unhealthyPodEvictionPolicy: AlwaysAllow",
        check=_drained,
    ),
)
