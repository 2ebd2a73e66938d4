"""Jobs that stand before a release: what would open one that has not passed, or keep it shut."""

import re
from collections.abc import Iterator
from itertools import pairwise

from floe_constructs.kubernetes.phase import Phase
from floe_constructs.preflight.config import DEFINITIVE
from floe_deploy.rules.objects import Object
from floe_deploy.rules.references import references
from floe_deploy.rules.rule import Breach, Rule
from floe_deploy.rules.shape import entries, inside, number, text

_OPTION = re.compile(r"--(timeout|deadline|wait)(?:=(\d+))?")
_LIMITS = {"timeout": 0, "deadline": 25, "wait": 0}
"""Seconds of `floe preflight`, unless it is told others; a check has those of the run."""

_RETRIES, _FIRST_PAUSE = 6, 10
"""Pods after the first, and seconds before the second one, unless a Job says otherwise."""


def _is_gate(it: Object) -> bool:
    return it.kind == "Job" and it.phase is Phase.PREFLIGHT


def _final(it: Object) -> Iterator[Breach]:
    if not _is_gate(it):
        return
    rules = entries(inside(it.spec, "podFailurePolicy").get("rules"))
    if not any(
        rule.get("action") == "FailJob"
        and inside(rule, "onExitCodes").get("operator") == "In"
        and DEFINITIVE in (inside(rule, "onExitCodes").get("values") or ())
        for rule in rules
    ):
        yield Breach(found=f"no podFailurePolicy that ends it at exit code {DEFINITIVE}")
    if it.pod and it.pod.spec.get("restartPolicy") != "Never":
        yield Breach(
            found=f"restartPolicy: {it.pod.spec.get('restartPolicy')}",
            allowed="restartPolicy: Never",
        )


def _runs(it: Object) -> Iterator[Breach]:
    if not _is_gate(it):
        return
    for field in ("completions", "parallelism"):
        if it.spec.get(field) == 0:
            yield Breach(found=f"{field}: 0")
    for field in ("managedBy", "successPolicy"):
        if it.spec.get(field):
            yield Breach(found=field)


def _starts(it: Object) -> Iterator[Breach]:
    if _is_gate(it) and it.pod:
        pod = {key: value for key, value in it.pod.spec.items() if key != "imagePullSecrets"}
        for reference in dict.fromkeys(references(pod)):
            if reference.kind == "Secret":
                yield Breach(
                    found=f"a reference to {reference.kind}/{reference.name} that is not optional"
                )


def _time(it: Object) -> Iterator[Breach]:
    """Compare what the program is told with what its pod and Job are."""
    if it.kind != "Job" or it.pod is None:
        return
    for container in it.containers:
        told = [text(part) for key in ("command", "args") for part in container.get(key) or ()]
        if "preflight" not in told:
            continue
        seconds = _seconds(told)
        run = seconds["deadline"] + seconds["wait"]
        tries = number(it.spec.get("backoffLimit"), _RETRIES) + 1
        pauses = _FIRST_PAUSE * (2 ** (tries - 1) - 1)
        steps = [
            ("a check", seconds["timeout"]),
            ("a run", seconds["deadline"]),
            ("the program", run + 1),  # without `wait` they are one
            ("its pod", number(it.pod.spec.get("activeDeadlineSeconds"), 0)),
        ]
        for (inner, shorter), (outer, longer) in pairwise(steps):
            if longer and shorter >= longer:
                yield Breach(found=f"{inner} that may take {shorter} s, and {outer} {longer} s")
        job = number(it.spec.get("activeDeadlineSeconds"), 0)
        if job and tries * run + pauses >= job:
            found = f"{tries} tries of {run} s with {pauses} s between them"
            yield Breach(found=f"{found}, and a Job that ends after {job} s")


def _seconds(told: list[str]) -> dict[str, int]:
    found = dict(_LIMITS)
    for part, following in pairwise([*told, ""]):
        if match := _OPTION.fullmatch(part):
            said = match[2] or following
            found[match[1]] = int(said) if said.isdigit() else found[match[1]]
    return found


RULES = (
    Rule(
        id="gate-final",
        summary=f"A gate's Job ends at exit code {DEFINITIVE}, and its pods are not restarted.",
        why="A wrong password would be tried until the deadline, and lock the user out; a pod that "
        "is restarted loses the log that tells why.",
        remedy="add a podFailurePolicy with FailJob for the code, and restartPolicy: Never",
        check=_final,
    ),
    Rule(
        id="gate-runs",
        summary="A gate's Job runs its pods, and all of them have to succeed.",
        why="A Job that wants no pod is complete at once, and one that may succeed early too: the "
        "gate opens. One that is left to another controller may never end.",
        remedy="leave out the field",
        check=_runs,
    ),
    Rule(
        id="gate-starts",
        summary="A gate's pods start whether or not their Secrets are there.",
        why="A pod that waits for a Secret says nothing until its Job is over; the check would "
        "name the Secret and its key.",
        remedy="set optional: true",
        check=_starts,
    ),
    Rule(
        id="gate-time",
        summary="Of a gate's limits the inner one comes first: a check, a run, all runs of a pod "
        "(`--timeout`, `--deadline`, `--wait`) and the pod; and all tries of its Job.",
        why="What ends a gate from outside takes its report with it.",
        remedy="shorten the inner one, or lengthen the outer one",
        check=_time,
    ),
)
