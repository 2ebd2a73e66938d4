"""Filling in what an environment says once for all of its parts."""

from floe_constructs.dagster.code_location import CodeLocation
from floe_constructs.kubernetes.capacity import platform_class, runs_class
from floe_constructs.kubernetes.workload import Workload
from floe_deploy import registry
from floe_deploy.environment import Environment
from floe_deploy.registry import Images
from floe_deploy.walk import each


def completed(environment: Environment) -> Environment:
    """Answer an environment in which every part says itself what holds for it."""
    images = environment.images
    environment = registry.moved(environment, images)
    environment = each(environment, Workload, images.pulled)
    environment = each(environment, CodeLocation, _pulled_alike)
    return environment if environment.capacity.priorities is None else _prioritized(environment)


def _pulled_alike(location: CodeLocation) -> CodeLocation:
    """A location's server and its runs pull the same image."""
    logins = Images(pull_secrets=(*location.server.pull_secrets, *location.runs.pull_secrets))
    workloads = {"server": location.server, "runs": location.runs}
    return location.model_copy(
        update={name: logins.pulled(workload) for name, workload in workloads.items()}
    )


def _prioritized(environment: Environment) -> Environment:
    namespace = environment.namespace

    def of_runs(location: CodeLocation) -> CodeLocation:
        runs = _with_class(location.runs, runs_class(namespace))
        return location.model_copy(update={"runs": runs})

    environment = each(environment, CodeLocation, of_runs)
    return each(environment, Workload, lambda it: _with_class(it, platform_class(namespace)))


def _with_class(workload: Workload, priority_class: str) -> Workload:
    if workload.priority_class:
        return workload
    return workload.model_copy(update={"priority_class": priority_class})
