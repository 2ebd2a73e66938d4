"""What one part of the platform needs of another: an overlay's components, wired."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from floe_constructs.artifacts import CompiledArtifacts
from floe_constructs.artifacts.consumption import Consumption
from floe_constructs.cube import flows as cube_flows
from floe_constructs.cube.spec import CubeSettings, CubeSpec
from floe_constructs.dagster import flows as dagster_flows
from floe_constructs.dagster.spec import DagsterSettings, DagsterSpec
from floe_constructs.dagster.telemetry import Lineage, Traces
from floe_constructs.exposure.route import Route
from floe_constructs.jaeger import flows as jaeger_flows
from floe_constructs.jaeger.spec import JaegerSettings, JaegerSpec
from floe_constructs.kubernetes.authority import Authority
from floe_constructs.kubernetes.capacity import runs_class
from floe_constructs.kubernetes.endpoint import Endpoint, Flow
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.secret import DOCKER_CONFIG, SecretKey, secret_keys
from floe_constructs.login.spec import LoginSpec
from floe_constructs.marquez import flows as marquez_flows
from floe_constructs.marquez.spec import MarquezSettings, MarquezSpec
from floe_constructs.monitoring.watch import Watch
from floe_constructs.preflight import flows as preflight_flows
from floe_constructs.preflight.spec import FOLDER, PreflightSpec, VerifySpec
from floe_constructs.preflight.targets import CLUSTER, PreflightConfig
from floe_constructs.problem import Problem
from floe_constructs.services import flows as services_flows
from floe_constructs.services.spec import ServicesSpec
from floe_deploy import (
    bringing,
    completing,
    cube_source,
    derivation,
    exposing,
    gating,
    log_storage,
    monitoring,
    telemetry,
    verifying,
    workloads,
)
from floe_deploy.environment import Environment
from floe_deploy.exposable import targets
from floe_deploy.gating import gate as gates
from floe_deploy.gating.derived import Derived
from floe_deploy.overlay import Overlay
from floe_deploy.telemetry import Reached
from floe_deploy.verifying import Deployed

API_SERVER_PORTS = (443, 6443)
"""The Service's port and the endpoints': which of the two a policy sees depends on the network."""


@dataclass(frozen=True, kw_only=True)
class Wired:
    """One environment, ready to be composed: each spec is complete, each flow has two ends."""

    name: str
    """Name of the environment."""

    environment: Environment
    """What the overlay says, with what it says once for all parts filled in to each."""

    dagster: DagsterSpec | None = None
    """Dagster, if it is deployed here."""

    cube: CubeSpec | None = None
    """Cube, if it is deployed here."""

    marquez: MarquezSpec | None = None
    """Marquez, if it is deployed here."""

    jaeger: JaegerSpec | None = None
    """Jaeger, if it is deployed here."""

    services: ServicesSpec | None = None
    """What the environment brings itself, if it brings anything."""

    gate: PreflightSpec | None = None
    """What proves that all is there before a release, if it is proven."""

    verification: VerifySpec | None = None
    """What asks all that is deployed after a release, if it is asked."""

    logins: tuple[LoginSpec, ...] = ()
    """Logins before interfaces."""

    routes: tuple[Route, ...] = ()
    """Ways in from outside."""

    flows: tuple[Flow, ...] = ()
    """Who talks to whom."""

    watched: tuple[Watch, ...] = ()
    """What there is to watch."""

    targets: tuple[Derived, ...] = ()
    """What preflight checks: the services that the workloads cannot do without."""

    deployed: tuple[Deployed, ...] = ()
    """What is asked after a release: the services that are deployed here."""

    unchecked: tuple[Problem, ...] = ()
    """Why preflight cannot check others, for which the artifacts do not say enough."""

    secrets: dict[str, tuple[str, ...]]
    """Keys of every Secret that a pod refers to and the strategy brings, by its name."""

    made: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Keys of every Secret that is made in the cluster, by its name."""

    secret_files: Mapping[str, str] | None = None
    """Text of the encrypted Secrets, by path; None with the other strategies."""

    def preflight(self, folder: str = FOLDER) -> PreflightConfig:
        """Answer all that preflight checks; its files are in a folder."""
        return gating.moved(gating.config(self.name, self.targets), folder)

    def verify(self, folder: str = FOLDER) -> PreflightConfig:
        """Answer all that is asked after a release; its files are in a folder."""
        return gating.moved(verifying.config(self.name, self.deployed), folder)


def wire(overlay: Overlay) -> Wired:
    """Give each component what it needs of the others and of the artifacts."""
    overlay = replace(overlay, environment=completing.completed(overlay.environment))
    environment = overlay.environment
    marquez = _marquez(overlay)
    jaeger = _jaeger(overlay)
    cube = _cube(overlay)
    lineage, traces = telemetry.lineage(overlay, marquez), telemetry.traces(overlay, jaeger)
    dagster = _dagster(overlay, lineage, traces)
    flows = cube_flows.flows(cube) if cube else []
    flows += marquez_flows.flows(marquez) if marquez else ()
    flows += jaeger_flows.flows(jaeger) if jaeger else ()
    if dagster:
        flows += dagster_flows.flows(dagster)
        flows += _user_code_flows(overlay, dagster, lineage, traces)
        asking = dagster_flows.api_clients(dagster)
        flows += _api_server_flows(environment, asking, "launch and watch runs")
    found, unchecked = gating.derive(
        environment,
        overlay.artifacts,
        dagster=dagster,
        cube=cube,
        marquez=marquez,
        jaeger=jaeger,
    )
    services = bringing.bring(overlay.name, environment, found)
    if services:
        flows += services_flows.flows(services)
        asking = [services_flows.secrets(services)]
        flows += _api_server_flows(environment, asking, "make Secrets")
    exposed = exposing.expose(environment, dict(targets(dagster, cube, marquez, jaeger)))
    components = (dagster, cube, marquez, jaeger, *exposed.logins)
    read = {key for spec in components for key in secret_keys(spec) if key.key != DOCKER_CONFIG}
    gate = gates.gate(overlay.name, environment, found, unchecked, read)
    if gate:
        flows += preflight_flows.flows(gate)
    if gate and gate.asks_cluster:
        asking = [preflight_flows.labels(gate, CLUSTER)]
        flows += _api_server_flows(environment, asking, "ask what is there")
    deployed = verifying.derive(dagster, cube, marquez, jaeger, exposed.logins)
    verification = verifying.verification(overlay.name, environment, deployed)
    if verification:
        flows += verifying.flows(verification, deployed)
    watched = monitoring.watched(overlay.name, dagster, cube, marquez, jaeger, gate)
    flows += monitoring.flows(environment, watched)
    flows += exposed.flows
    flows += workloads.flows((*components, gate, verification, services))
    if services:
        flows = [*services_flows.inward(services, environment.namespace, flows)]
    keys: dict[str, set[str]] = {}
    specs = (*components, gate, verification, services, environment.images, *_own(environment))
    for secret in (secret for spec in specs for secret in secret_keys(spec)):
        keys.setdefault(secret.name, set()).add(secret.key)
    made = bringing.made_here(services, keys)
    return Wired(
        name=overlay.name,
        environment=environment,
        dagster=dagster,
        cube=cube,
        marquez=marquez,
        jaeger=jaeger,
        services=services,
        gate=gate,
        verification=verification,
        logins=exposed.logins,
        routes=exposed.routes,
        flows=tuple(dict.fromkeys(flows)),
        watched=watched,
        targets=found,
        deployed=deployed,
        unchecked=unchecked,
        secrets={name: tuple(sorted(keys[name])) for name in sorted(keys.keys() - made)},
        made=made,
        secret_files=overlay.secret_files,
    )


def _own(environment: Environment) -> Iterator[object]:
    """Answer the settings that a composition of the user's has added."""
    for name, value in environment:
        if name not in Environment.model_fields:
            yield value


def _marquez(overlay: Overlay) -> MarquezSpec | None:
    settings = overlay.environment.marquez
    if not isinstance(settings, MarquezSettings):
        return None
    return MarquezSpec(**dict(settings), instance=overlay.name)


def _jaeger(overlay: Overlay) -> JaegerSpec | None:
    settings = overlay.environment.jaeger
    if not isinstance(settings, JaegerSettings):
        return None
    return JaegerSpec(**dict(settings), instance=overlay.name)


def _cube(overlay: Overlay) -> CubeSpec | None:
    environment, consumption = overlay.environment, overlay.artifacts.consumption
    settings = environment.cube
    if not isinstance(settings, CubeSettings):
        return None
    given = dict(settings) | _by_artifacts(settings, consumption)
    source = settings.source or cube_source.found(environment, overlay.artifacts)
    given["source"] = source and cube_source.exporting(environment, overlay.artifacts, source)
    signed_elsewhere = settings.jwt and settings.jwt.jwk_url
    reference = consumption.api_secret_ref if consumption else None
    if settings.api_secret is None and reference and not signed_elsewhere:
        given["api_secret"] = environment.secrets.resolve(reference, "CUBEJS_API_SECRET", "value")
    return CubeSpec(**given, instance=overlay.name, model=overlay.cube_model or None)


def _by_artifacts(settings: CubeSettings, consumption: Consumption | None) -> dict[str, object]:
    """Answer what the overlay leaves to the artifacts, and what neither says."""
    said = (consumption or Consumption()).pre_aggregations
    found = {
        "time_zones": (said.timezone,),
        "refresh_schedule": said.refresh_schedule,
        "external_pre_aggregations": said.external,
    }
    silent = {name: value for name, value in found.items() if getattr(settings, name) is None}
    return silent | {"row_level_security": cube_source.row_level_security(settings, consumption)}


def _dagster(
    overlay: Overlay, lineage: Reached | None, traces: Reached | None
) -> DagsterSpec | None:
    environment, artifacts = overlay.environment, overlay.artifacts
    settings = environment.dagster
    if not isinstance(settings, DagsterSettings):
        return None
    variables: dict[str, str | SecretKey] = derivation.trino_variables(environment)
    files: dict[str, Authority] = derivation.trino_files(environment)
    for item in derivation.user_credentials(environment, artifacts):
        secret = environment.secrets.resolve(item.reference, item.variable, item.key)
        (files if item.file else variables)[item.variable] = secret
    logs = log_storage.resolved(environment, artifacts)
    handed = log_storage.handed(environment, artifacts, logs)
    variables = {**handed.variables, **variables}
    files = {**handed.files, **files, **(traces.files if traces else {})}
    namespace = artifacts.lineage_namespace or overlay.name
    priorities = environment.capacity.priorities
    return DagsterSpec(
        **(dict(settings) | {"compute_logs": logs}),
        instance=overlay.name,
        namespace=environment.namespace,
        run_priority=runs_class(environment.namespace) if priorities else None,
        pull_secrets=environment.images.pull_secrets,
        lineage=Lineage(url=lineage.url, namespace=namespace) if lineage else None,
        traces=Traces(
            url=traces.url,
            attributes=telemetry.attributes(overlay),
            sampler_ratio=_ratio(artifacts),
        )
        if traces
        else None,
        artifacts=overlay.artifacts_text,
        variables=variables,
        credential_files=files,
        code_identity=derivation.code_identity(environment, artifacts),
        demo=environment.demo,
    )


def _ratio(artifacts: CompiledArtifacts) -> float | None:
    """Answer the share of traces that are kept; None is all."""
    sampling = artifacts.sampling
    if sampling is None or sampling.sampling_type == "always_on":
        return None
    return 0.0 if sampling.sampling_type == "always_off" else sampling.probability


def _user_code_flows(
    overlay: Overlay, dagster: DagsterSpec, lineage: Reached | None, traces: Reached | None
) -> Iterator[Flow]:
    services = [*derivation.service_endpoints(overlay.environment, overlay.artifacts)]
    for pods in dagster_flows.user_code(dagster):
        for why, endpoint in services:
            yield Flow(source=pods, target=endpoint, port=endpoint.port, why=why)
        if lineage:
            yield Flow(source=pods, target=lineage.target, port=lineage.port, why="report lineage")
        if traces:
            yield Flow(source=pods, target=traces.target, port=traces.port, why="send spans")


def _api_server_flows(
    environment: Environment, clients: Iterable[Labels], why: str
) -> Iterator[Flow]:
    for pods in clients:
        for port in API_SERVER_PORTS:
            server = Endpoint(
                name="kubernetes",
                host="kubernetes.default.svc",
                port=port,
                cidrs=environment.cluster.api_server_cidrs,
            )
            yield Flow(source=pods, target=server, port=port, why=why)
