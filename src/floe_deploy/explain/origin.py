"""Where each part of a Job comes from."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from floe_constructs.problem import SettingError
from floe_deploy.errors import InputError, missing_extra
from floe_deploy.explain.asked import Asked, Pods

Path = tuple[str | int, ...]
"""Keys and positions on the way to a value."""


class Explained(NamedTuple):
    """A pod's Job, and whose each of its values is."""

    pods: Pods
    """What the pod is for."""

    job: dict[str, Any]
    """The Job, as the API server gets it."""

    origins: Mapping[Path, str]
    """By the path of a value that is no mapping and no list, or an empty one, whose it is."""


def explained(asked: Asked) -> list[Explained]:
    """Answer the pods that are asked for.

    Raises:
        InputError: the extra `explain` is not installed, settings contradict each other, or
            Dagster refuses what an option says.

    """
    try:
        from floe_deploy.explain.layers import jobs
    except ModuleNotFoundError as cause:
        raise missing_extra("explain") from cause
    try:
        return [_explained(pods, jobs(asked, pods)) for pods in asked.pods]
    except SettingError as cause:
        raise InputError("Settings cannot be together", [cause.problem]) from cause


def _explained(pods: Pods, jobs: Iterable[tuple[str, dict[str, Any]]]) -> Explained:
    """A value is of the part that last changed it."""
    job: dict[str, Any] = {}
    origins: dict[Path, str] = {}
    before: dict[Path, Any] = {}
    for name, job in jobs:
        values = dict(_values(job, ()))
        origins = {
            path: origins[path] if path in before and before[path] == value else name
            for path, value in values.items()
        }
        before = values
    return Explained(pods, job, origins)


def _values(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    match value:
        case dict() if value:
            for key, inner in value.items():
                yield from _values(inner, (*path, key))
        case list() if value:
            for position, inner in enumerate(value):
                yield from _values(inner, (*path, position))
        case _:
            yield path, value


def data(of: Explained) -> dict[str, Any]:
    """Answer it for a program; paths are JSON Pointers (RFC 6901)."""
    pointers = {"".join(f"/{_escaped(part)}" for part in at): of.origins[at] for at in of.origins}
    return {"pod": of.pods, "job": of.job, "origins": pointers}


def _escaped(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")
