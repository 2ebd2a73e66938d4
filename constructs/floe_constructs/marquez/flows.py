"""Where Marquez is reached, and what it talks to."""

from floe_constructs.kubernetes.endpoint import Flow, endpoint_of
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.phase import Phase
from floe_constructs.kubernetes.workload import Workload
from floe_constructs.marquez.config import HTTP
from floe_constructs.marquez.java import JavaWorkload
from floe_constructs.marquez.spec import MarquezSpec

API_URL = f"http://marquez-api:{HTTP}"
"""Where lineage is sent; an OpenLineage client adds `/api/v1/lineage`."""


def labels(spec: MarquezSpec, component: str) -> Labels:
    """Labels of one role."""
    return Labels(name="marquez", instance=spec.instance, component=component)


def migration(spec: MarquezSpec) -> Labels:
    """Labels of the migration, whose objects are there before everything else's."""
    return Labels(name="marquez", instance=spec.instance, component="migrate", phase=Phase.MIGRATE)


def workloads(spec: MarquezSpec) -> list[tuple[Labels, Workload]]:
    """Answer all pods, and what an environment says of them."""
    found: list[tuple[Labels, Workload]] = [
        (labels(spec, "api"), spec.api),
        (migration(spec), spec.migration),
    ]
    if spec.web:
        found.append((labels(spec, "web"), spec.web))
    if spec.retention:
        found.append((labels(spec, "retention"), spec.retention))
    return found


def working(spec: MarquezSpec) -> list[tuple[Labels, JavaWorkload]]:
    """Answer the pods that work on the database: all in which Marquez' program runs."""
    return [
        (pods, settings) for pods, settings in workloads(spec) if isinstance(settings, JavaWorkload)
    ]


def flows(spec: MarquezSpec) -> list[Flow]:
    """Answer what Marquez' pods talk to; API and interface have no login of their own."""
    database = spec.database.endpoint
    found = [
        Flow(source=pods, target=database, port=database.port, why="keep lineage")
        for pods, _ in working(spec)
    ]
    if spec.search:
        search = endpoint_of("search", spec.search.url, spec.search.cidrs)
        api = labels(spec, "api")
        found.append(Flow(source=api, target=search, port=search.port, why="index and search"))
    if spec.web:
        web, api = labels(spec, "web"), labels(spec, "api")
        found.append(Flow(source=web, target=api, port=HTTP, why="show lineage"))
    return found
