"""Jobs that gate, and deadlines that are reached in the right order."""

from collections.abc import Iterator
from typing import Any

from floe_deploy.rules.objects import Object
from floe_deploy.rules.rule import Breach, Rule
from floe_deploy.rules.shape import inside, mapping, number, text

_GRACE, _PROGRESS = 30, 600
"""Seconds that Kubernetes gives a pod to end, and a Deployment to get on, unless told."""

_FAILURES, _PERIOD = 3, 10


def job_of(it: Object) -> dict[str, Any]:
    """Answer the specification of the Job that an object is or makes; an empty one for others."""
    if it.kind == "CronJob":
        return inside(it.spec, "jobTemplate", "spec")
    return it.spec if it.kind == "Job" else {}


def _deadline(it: Object) -> Iterator[Breach]:
    if job_of(it) and "activeDeadlineSeconds" not in job_of(it):
        yield Breach(found="a Job without activeDeadlineSeconds")


def _time_to_live(it: Object) -> Iterator[Breach]:
    if it.kind == "Job" and "ttlSecondsAfterFinished" in it.spec:
        yield Breach(found=f"ttlSecondsAfterFinished: {it.spec['ttlSecondsAfterFinished']}")


def _suspended(it: Object) -> Iterator[Breach]:
    if it.kind == "Job" and it.spec.get("suspend"):
        yield Breach(found="suspend: true")


def _order(it: Object) -> Iterator[Breach]:
    pod = it.pod.spec if it.pod else {}
    job = number(job_of(it).get("activeDeadlineSeconds"), 0)
    own = number(pod.get("activeDeadlineSeconds"), 0)
    if job and own >= job:
        yield Breach(found=f"a pod that ends after {own} s, and its Job after {job} s")
    grace = number(pod.get("terminationGracePeriodSeconds"), _GRACE)
    for container in it.containers:
        name = text(container.get("name"))
        sleep = number(inside(container, "lifecycle", "preStop", "sleep").get("seconds"), 0)
        if sleep >= grace:
            yield Breach(found=f"container {name} sleeps {sleep} of the {grace} s it has to end")
        progress = number(it.spec.get("progressDeadlineSeconds"), _PROGRESS)
        if it.kind == "Deployment" and _starting(container) > progress:
            found = f"container {name} may take {_starting(container)} s to start"
            yield Breach(found=f"{found}, and the rollout fails after {progress} s")


def _starting(container: dict[str, Any]) -> int:
    """Answer the seconds after which a container that does not start is ended."""
    probe = mapping(container.get("startupProbe"))
    if not probe:
        return 0
    tries = number(probe.get("failureThreshold"), _FAILURES)
    first = number(probe.get("initialDelaySeconds"), 0)
    return first + tries * number(probe.get("periodSeconds"), _PERIOD)


RULES = (
    Rule(
        id="job-deadline",
        summary="Every Job has a deadline.",
        why="Nothing else ends one whose pod cannot be scheduled, or whose image is missing: "
        "Argo CD's operation would never end, and a CronJob would skip every later run.",
        remedy="set activeDeadlineSeconds",
        check=_deadline,
    ),
    Rule(
        id="job-ttl",
        summary="A Job is not deleted when it has finished.",
        why="Flux takes a Job that is gone for one that succeeded: a gate that failed opens. "
        "Argo CD makes it again, and it runs for ever.",
        remedy="leave out ttlSecondsAfterFinished: a Job with another name replaces it",
        check=_time_to_live,
    ),
    Rule(
        id="job-suspended",
        summary="No Job is suspended.",
        why="Flux takes it for ready, so that a gate opens without having run; Argo CD waits for "
        "ever.",
        remedy="leave out suspend",
        check=_suspended,
    ),
    Rule(
        id="deadline-order",
        summary="Of two deadlines the inner one comes first: pod and Job, start and rollout, "
        "preStop and the time to end.",
        why="The outer one would end what the inner one was to explain; a release would fail "
        "while pods still start.",
        remedy="shorten the inner one, or lengthen the outer one",
        check=_order,
    ),
)
