"""Where Dagster is reached, and what it talks to."""

from collections.abc import Sequence
from dataclasses import dataclass

from floe_constructs.dagster.code_location import CodeLocation
from floe_constructs.dagster.config import GRPC, HTTP
from floe_constructs.dagster.run_pod import LOCATION_LABEL, RUN, WORKLOAD_LABEL
from floe_constructs.dagster.spec import WEBSERVER, DagsterSpec
from floe_constructs.kubernetes.cloud_identity import CloudIdentity
from floe_constructs.kubernetes.endpoint import Endpoint, Flow
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.phase import Phase
from floe_constructs.kubernetes.workload import Workload

WEBSERVER_URL = f"http://dagster-webserver:{HTTP}"
"""Where the interface and GraphQL are."""


@dataclass(frozen=True, kw_only=True)
class RunPods(Labels):
    """The pods of runs and of their steps: of one code location, or of all when it is silent.

    Dagster makes them, and labels both alike but for the component. Its own labels are those of
    every installation, so that ours select them.
    """

    location: str | None = None
    """Name of the code location."""

    @property
    def selector(self) -> dict[str, str]:
        """What selects exactly these pods."""
        own = {"app.kubernetes.io/instance": self.instance, WORKLOAD_LABEL: RUN}
        return own | ({LOCATION_LABEL: self.location} if self.location else {})


def runs(spec: DagsterSpec, location: CodeLocation | None = None) -> RunPods:
    """Answer the pods of runs: of one code location, or of all."""
    component = f"run-{location.name}" if location else "run"
    return RunPods(
        name="dagster",
        instance=spec.instance,
        component=component,
        location=location.name if location else None,
    )


def labels(spec: DagsterSpec, component: str) -> Labels:
    """Labels of one role."""
    return Labels(name="dagster", instance=spec.instance, component=component)


def code_server(spec: DagsterSpec, location: CodeLocation) -> Labels:
    """Labels of one code location's servers."""
    return labels(spec, f"code-{location.name}")


def migration(spec: DagsterSpec) -> Labels:
    """Labels of the migration, whose objects are there before everything else's."""
    return Labels(name="dagster", instance=spec.instance, component="migrate", phase=Phase.MIGRATE)


def control_plane(spec: DagsterSpec) -> list[Labels]:
    """Answer the pods that know all code locations."""
    return [*(labels(spec, name) for name in spec.webservers), labels(spec, "daemon")]


def user_code(spec: DagsterSpec) -> list[Labels]:
    """Answer the pods that run what data teams wrote."""
    servers: list[Labels] = [code_server(spec, location) for location in spec.deployed]
    return [*servers, runs(spec)] if spec.code_locations else []


def api_clients(spec: DagsterSpec) -> list[Labels]:
    """Answer the pods that talk to the cluster's API server."""
    launching = [location for location in spec.deployed if location.asks_cluster]
    asking = [labels(spec, WEBSERVER), labels(spec, "daemon")]
    return [*asking, *(runs(spec, location) for location in launching)]


def workloads(spec: DagsterSpec) -> list[tuple[Labels, Workload]]:
    """Answer all pods, and what an environment says of them."""
    found: list[tuple[Labels, Workload]] = [
        *((labels(spec, name), webserver) for name, webserver in spec.webservers.items()),
        (labels(spec, "daemon"), spec.daemon),
        (migration(spec), spec.migration),
    ]
    for location in spec.deployed:
        found.append((code_server(spec, location), location.server))
        found.append((runs(spec, location), location.runs))
    return found


def flows(spec: DagsterSpec) -> list[Flow]:
    """Answer what Dagster's pods talk to.

    A code server runs code for whoever reaches it, so that nothing but these lines protects it.
    """
    return [*_questions(spec), *_storage(spec), *_serving(spec), *_sessions(spec)]


def _questions(spec: DagsterSpec) -> list[Flow]:
    asking = control_plane(spec)
    why = "ask what is defined, and evaluate schedules and sensors"
    return [
        Flow(source=pods, target=code_server(spec, location), port=GRPC, why=why)
        for location in spec.deployed
        for pods in asking
    ] + [
        Flow(source=pods, target=location.endpoint, port=location.port, why=why)
        for location in spec.external
        for pods in asking
    ]


def _storage(spec: DagsterSpec) -> list[Flow]:
    """Code servers need the database as well: a sensor looks into the instance."""
    working = [*control_plane(spec), *user_code(spec)]
    found = _to(spec.database.endpoint, [*working, migration(spec)], "keep runs and events")
    for endpoint in spec.compute_logs.endpoints if spec.compute_logs else ():
        found += _to(endpoint, working, "keep the output of steps")
    return found


def _serving(spec: DagsterSpec) -> list[Flow]:
    serving = spec.demo.serving if spec.demo else None
    if serving is None:
        return []
    demo = [runs(spec, location) for location in spec.deployed if location.is_demo]
    return _to(serving.endpoint, demo, "serve what the models made")


def _sessions(spec: DagsterSpec) -> list[Flow]:
    elsewhere = [runs(spec)] if spec.external else []
    who: list[tuple[CloudIdentity | None, list[Labels]]] = [
        (spec.own_identity, control_plane(spec)),
        (spec.database.identity, [migration(spec), *elsewhere]),
    ]
    for location in spec.deployed:
        who.append((spec.identity(location), [code_server(spec, location)]))
        who.append((spec.run_identity(location), [runs(spec, location)]))
    return [
        flow
        for identity, pods in who
        for endpoint in (identity.endpoints if identity else ())
        for flow in _to(endpoint, pods, "prove the identity")
    ]


def _to(target: Endpoint, sources: Sequence[Labels], why: str) -> list[Flow]:
    return [Flow(source=pods, target=target, port=target.port, why=why) for pods in sources]
