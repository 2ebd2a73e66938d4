"""Who watches an environment, and what there is to watch."""

from collections.abc import Iterator

from floe_constructs.cube import watch as cube_watch
from floe_constructs.cube.spec import CubeSpec
from floe_constructs.dagster import watch as dagster_watch
from floe_constructs.dagster.spec import DagsterSpec
from floe_constructs.jaeger import watch as jaeger_watch
from floe_constructs.jaeger.spec import JaegerSpec
from floe_constructs.kubernetes.endpoint import Flow, Outside
from floe_constructs.marquez import watch as marquez_watch
from floe_constructs.marquez.spec import MarquezSpec
from floe_constructs.monitoring import cluster
from floe_constructs.monitoring.watch import Watch
from floe_constructs.preflight import watch as preflight_watch
from floe_constructs.preflight.spec import PreflightSpec
from floe_deploy.environment import Environment


def watched(
    name: str,
    *specs: DagsterSpec | CubeSpec | MarquezSpec | JaegerSpec | PreflightSpec | None,
) -> tuple[Watch, ...]:
    """Answer what there is to watch of an environment and of what is deployed in it."""
    found = [cluster.watched(name)]
    for spec in specs:
        match spec:
            case DagsterSpec():
                found.append(dagster_watch.watched(spec))
            case CubeSpec():
                found.append(cube_watch.watched(spec))
            case MarquezSpec():
                found.append(marquez_watch.watched(spec))
            case JaegerSpec():
                found.append(jaeger_watch.watched(spec))
            case PreflightSpec() if spec.schedule:
                found.append(preflight_watch.watched(spec))
    return tuple(found)


def flows(environment: Environment, watched: tuple[Watch, ...]) -> Iterator[Flow]:
    """Let Prometheus in, to where metrics are and nowhere else."""
    if peers := environment.cluster.monitoring:
        prometheus = Outside(name="monitoring", peers=peers)
        for watch in watched:
            for target in watch.targets:
                yield Flow(
                    source=prometheus, target=target.pods, port=target.number, why="read metrics"
                )
