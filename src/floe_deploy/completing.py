"""Filling in what an environment says once for all of its parts."""

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel

from floe_constructs.dagster.code_location import CodeLocation
from floe_constructs.kubernetes.capacity import platform_class, runs_class
from floe_constructs.kubernetes.workload import Workload
from floe_deploy.environment import Environment

T = TypeVar("T", bound=BaseModel)
S = TypeVar("S", bound=BaseModel)


def completed(environment: Environment) -> Environment:
    """Answer an environment in which every workload says itself what holds for it."""
    if environment.capacity.priorities is None:
        return environment
    namespace = environment.namespace

    def of_runs(location: CodeLocation) -> CodeLocation:
        runs = _prioritized(location.runs, runs_class(namespace))
        return location.model_copy(update={"runs": runs})

    environment = each(environment, CodeLocation, of_runs)
    return each(environment, Workload, lambda it: _prioritized(it, platform_class(namespace)))


def _prioritized(workload: Workload, priority_class: str) -> Workload:
    if workload.priority_class:
        return workload
    return workload.model_copy(update={"priority_class": priority_class})


def each(settings: T, kind: type[S], change: Callable[[S], S]) -> T:
    """Answer the settings with every `kind` in them changed, however deep; the rest is the same."""
    changed: T = _changed(settings, kind, change)
    return changed


def _changed(value: Any, kind: type[S], change: Callable[[S], S]) -> Any:
    if isinstance(value, BaseModel):
        inner = {name: _changed(item, kind, change) for name, item in value}
        new = {name: item for name, item in inner.items() if item is not getattr(value, name)}
        value = value.model_copy(update=new) if new else value
        return change(value) if isinstance(value, kind) else value
    if isinstance(value, tuple):
        items = tuple(_changed(item, kind, change) for item in value)
        return (
            items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        )
    if isinstance(value, dict):
        by_key = {key: _changed(item, kind, change) for key, item in value.items()}
        return by_key if any(by_key[key] is not value[key] for key in value) else value
    return value
