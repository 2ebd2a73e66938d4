"""What is to be explained, as the command line says it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from floe_constructs.dagster.code_location import AnyLocation, CodeLocation
from floe_constructs.dagster.spec import DagsterSpec
from floe_constructs.problem import Problem, nearest
from floe_deploy.errors import InputError
from floe_deploy.wiring import Wired

TAGS = ("dagster-k8s/config", "dagster-k8s/resource_requirements")
"""The tags that change a pod (dagster-k8s 0.29)."""

Pods = Literal["run", "step"]
"""A run has one pod; each of its steps another, where `k8s_job_executor` runs them."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The pods of one code location, and what its code adds to them."""

    dagster: DagsterSpec
    """Dagster of the environment."""

    location: AnyLocation
    """The code location."""

    pods: tuple[Pods, ...]
    """Which pods."""

    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of the run, as of its job."""

    op: str = "op"
    """The step's op or asset."""

    op_tags: Mapping[str, str] = field(default_factory=dict)
    """Its tags."""

    executor: Mapping[str, Any] = field(default_factory=dict)
    """Configuration of the `k8s_job_executor`."""


def asked(  # noqa: PLR0913  the command line's
    wired: Wired,
    name: str,
    *,
    run: bool = False,
    step: bool = False,
    tags: Iterable[str] = (),
    op: str | None = None,
    op_tags: Iterable[str] = (),
    executor: str | None = None,
) -> Asked:
    """Answer what is asked for; with neither `run` nor `step`, all pods that the location has.

    Raises:
        InputError: there is no such location, or what is added to it cannot be understood.

    """
    dagster = wired.dagster
    if dagster is None:
        raise InputError(f"{wired.name} deploys no Dagster, so that it has no run pods")
    location = _location(wired.name, dagster, name)
    steps = isinstance(location, CodeLocation) and location.executor == "k8s_job"
    wanted: list[Pods] = ["run"] if run or not step else []
    wanted += ["step"] if step or (steps and not run) else []
    if "step" in wanted and isinstance(location, CodeLocation) and not steps:
        problem = Problem(
            where="--step",
            found=f"executor: {location.executor}, whose steps run in the run's pod",
            fix=f"give the code location {name} `executor: k8s_job`",
        )
        raise InputError(f"{name} of {wired.name} has no pods for steps", [problem])
    if "step" not in wanted and (op or op_tags or executor):
        problem = Problem(
            where="--op, --op-tag and --executor", fix="add --step: they are of steps"
        )
        raise InputError("What is added to steps does not change the pod of a run", [problem])
    return Asked(
        dagster=dagster,
        location=location,
        pods=tuple(wanted),
        tags=_tags("--tag", tags),
        op=op or "op",
        op_tags=_tags("--op-tag", op_tags),
        executor=_mapping("--executor", executor) if executor else {},
    )


def _location(environment: str, dagster: DagsterSpec, name: str) -> AnyLocation:
    there = {location.name: location for location in dagster.code_locations}
    if name in there:
        return there[name]
    problem = Problem(
        where=name,
        found="no such code location",
        allowed=", ".join(there) or "none is there",
        fix=nearest(name, there),
    )
    raise InputError(f"{environment} does not have what was asked for", [problem])


def _tags(option: str, said: Iterable[str]) -> dict[str, str]:
    found = {}
    for text in said:
        key, _, value = text.partition("=")
        if key not in TAGS:
            problem = Problem(
                where=f"{option} {key}",
                found="a tag that changes no pod",
                allowed=" or ".join(f"{tag}=JSON" for tag in TAGS),
                fix=nearest(key, TAGS),
            )
            raise InputError("A tag cannot be explained", [problem])
        _mapping(f"{option} {key}", value)
        found[key] = value
    return found


def _mapping(where: str, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as cause:
        problem = Problem(where=where, found=f"no JSON ({cause})", allowed="a JSON object")
        raise InputError("What is to be added cannot be read", [problem]) from cause
    if isinstance(found, dict):
        return found
    problem = Problem(where=where, found="JSON that is no object", allowed='{"key": …}')
    raise InputError("What is to be added cannot be read", [problem])
