"""Selectors select the pods that they are meant for: not none, and not another's."""

from collections.abc import Iterator
from typing import Any

from floe_deploy.rules.objects import Object
from floe_deploy.rules.rule import Breach, Rule, Severity
from floe_deploy.rules.selection import is_everything, selects
from floe_deploy.rules.shape import entries, inside, mapping, number, text
from floe_deploy.rules.workloads import Workload, budgets, selected

_COMPONENT = "app.kubernetes.io/component"
_CONTROLLERS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"})


def _selector(it: Object) -> dict[str, Any] | None:
    """Answer the pods that an object is for, if it is for particular ones."""
    match it.kind:
        case "Service":
            labels = mapping(it.spec.get("selector"))
            return {"matchLabels": labels} if labels else None
        case "NetworkPolicy":
            selector = mapping(it.spec.get("podSelector"))
            return None if is_everything(selector) else selector
        case "PodDisruptionBudget" | "PodMonitor":
            return mapping(it.spec.get("selector"))
    return mapping(it.spec.get("selector")) if it.kind in _CONTROLLERS and it.pod else None


def _own_pods(it: Object) -> Iterator[Breach]:
    if it.kind in _CONTROLLERS and it.pod:
        selector = mapping(it.spec.get("selector"))
        if is_everything(selector) or not selects(selector, it.pod.labels):
            yield Breach(found="a selector that does not select the pods of its template")
    for spread in entries(it.pod.spec.get("topologySpreadConstraints")) if it.pod else ():
        if it.pod and not selects(spread.get("labelSelector"), it.pod.labels):
            key = text(spread.get("topologyKey"))
            yield Breach(found=f"a spread over {key} that counts the pods of others")


def _none(it: Object) -> Iterator[Breach]:
    if it.kind in {"Service", "PodDisruptionBudget", "PodMonitor"}:
        yield from _nobody(it)


def _nobody(it: Object) -> Iterator[Breach]:
    selector = _selector(it)
    if selector is not None and not selected(it.among, selector):
        yield Breach(found="a selector that selects no pod")


def _policy(it: Object) -> Iterator[Breach]:
    if it.kind != "NetworkPolicy":
        return
    yield from _nobody(it)
    for direction, side in (("ingress", "from"), ("egress", "to")):
        for rule in entries(it.spec.get(direction)):
            for peer in entries(rule.get(side)):
                pods = peer.get("podSelector")
                near = pods is not None and "namespaceSelector" not in peer
                if near and not selected(it.among, pods):
                    yield Breach(found=f"{direction} {side} pods that nothing makes")


def _others(it: Object) -> Iterator[Breach]:
    selector = _selector(it)
    if selector is None or is_everything(selector):
        return
    if it.kind == "NetworkPolicy" and _COMPONENT not in mapping(selector.get("matchLabels")):
        return  # it says that it is for several
    if it.kind == "PodMonitor":
        return
    pods = selected(it.among, selector)
    if it.kind in _CONTROLLERS:
        pods = [Workload(it, {}), *(one for one in pods if one.object is not it)]
    if len(pods) > 1:
        names = ", ".join(sorted(map(str, pods)))
        yield Breach(found=f"a selector that selects pods of {names}")


def _budget(it: Object) -> Iterator[Breach]:
    if it.pod:
        found = budgets(Workload(it, it.pod.labels))
        if len(found) > 1:
            yield Breach(found=f"{' and '.join(map(str, found))} for the same pods")


def _service_port(it: Object) -> Iterator[Breach]:
    selector = _selector(it)
    if it.kind != "Service" or selector is None:
        return
    pods = [one.object for one in selected(it.among, selector) if not one.is_launched]
    there = {
        text(port.get("name"))
        for pod in pods
        for container in pod.containers
        for port in entries(container.get("ports"))
    }
    for port in entries(it.spec.get("ports")):
        wanted = port.get("targetPort")
        if pods and isinstance(wanted, str) and wanted not in there:
            yield Breach(
                found=f"a port that leads to the port {wanted} of its pods, which is not there",
                allowed=", ".join(sorted(there - {""})),
            )


def _probe_port(it: Object) -> Iterator[Breach]:
    for container in it.containers:
        there = {text(port.get("name")) for port in entries(container.get("ports"))}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            for kind in ("httpGet", "tcpSocket"):
                wanted = inside(container, probe, kind).get("port")
                if isinstance(wanted, str) and wanted not in there:
                    yield Breach(
                        found=f"a {probe} of the port {wanted}, which container "
                        f"{text(container.get('name'))} does not have",
                        allowed=", ".join(sorted(there - {""})),
                    )


def _stateful_set(it: Object) -> Iterator[Breach]:
    if it.kind != "StatefulSet" or it.pod is None:
        return
    service = it.among.find("Service", it.spec.get("serviceName"))
    if service is None:
        yield Breach(found=f"Service/{it.spec.get('serviceName')}, which is not there")
    elif not selects(_selector(service), it.pod.labels):
        yield Breach(found=f"{service}, which selects other pods")
    elif number(it.spec.get("replicas"), 1) > 1 and service.spec.get("clusterIP") != "None":
        yield Breach(found=f"{service}, which has an address of its own", allowed="clusterIP: None")


RULES = (
    Rule(
        id="selector-own-pods",
        summary="A workload's selector, and what it spreads over nodes, are its own pods.",
        why="The API server refuses a workload that does not select its own pods; a spread that "
        "counts others leaves all pods on one node.",
        remedy="use the labels of the pod template",
        check=_own_pods,
    ),
    Rule(
        id="selector-none",
        summary="Services, disruption budgets and monitors select some pod.",
        why="A Service without pods answers nobody, a budget without pods protects nothing.",
        remedy="correct the labels, or remove the object",
        check=_none,
    ),
    Rule(
        id="policy-none",
        summary="A NetworkPolicy is for pods that there are, and lets in and out such pods.",
        why="If its labels are wrong, what should be open is closed.",
        remedy="correct the labels, or remove the policy",
        check=_policy,
        severity=Severity.WARNING,
    ),
    Rule(
        id="selector-others",
        summary="What is for one workload selects no other's pods. A NetworkPolicy may be for "
        f"several when its selector does not name a `{_COMPONENT}`.",
        why="Requests go to pods that cannot answer them; two Deployments take each other's pods "
        "for their own and delete them.",
        remedy="give each workload labels of its own, and name all of them in the selector",
        check=_others,
    ),
    Rule(
        id="budget-once",
        summary="Pods have one disruption budget at most.",
        why="The API server refuses to evict a pod that has two: its node cannot be drained.",
        remedy="remove one of them",
        check=_budget,
    ),
    Rule(
        id="service-port",
        summary="The port that a Service leads to by name is one of its pods' ports.",
        why="The Service has no endpoints, and every connection is refused.",
        remedy="correct `targetPort`, or name the container's port",
        check=_service_port,
    ),
    Rule(
        id="probe-port",
        summary="The port that a probe asks by name is one of its container's ports.",
        why="The probe fails, and the container is restarted for ever.",
        remedy="correct the probe's port, or name the container's",
        check=_probe_port,
    ),
    Rule(
        id="stateful-set-service",
        summary="A StatefulSet's Service is there and selects its pods; it is headless when there "
        "are several.",
        why="The names of the single pods would not resolve.",
        remedy="correct `serviceName`, or make the Service headless",
        check=_stateful_set,
    ),
)
