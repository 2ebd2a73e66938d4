"""The composition root: which constructs make the platform."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cdk8s import App, Chart
from constructs import Construct

from floe_constructs.cube.cube import Cube
from floe_constructs.dagster.dagster import Dagster
from floe_constructs.exposure.expose import expose
from floe_constructs.jaeger.jaeger import Jaeger
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.namespace import Namespace
from floe_constructs.kubernetes.network_policy import DefaultDeny, NetworkPolicies
from floe_constructs.kubernetes.phase import Phase
from floe_constructs.kubernetes.priority_class import PriorityClasses
from floe_constructs.kubernetes.quota import ContainerDefaults, NamespaceQuota
from floe_constructs.login.login import Login
from floe_constructs.marquez.marquez import Marquez
from floe_constructs.monitoring.monitoring import Monitoring
from floe_constructs.preflight.cluster import ClusterGate
from floe_constructs.preflight.needs import needs
from floe_constructs.preflight.preflight import Preflight
from floe_constructs.secrets.external_secret import ExternalSecret
from floe_constructs.secrets.spec import ExternalSecrets
from floe_deploy.exposing import annotated
from floe_deploy.reloading import watched
from floe_deploy.wiring import Wired

Compose = Callable[[Chart, Wired], None]
"""What adds an environment's constructs to its chart."""


def compose(chart: Construct, wired: Wired) -> None:
    """Add everything that an environment asks for."""
    foundation(chart, wired)
    if wired.gate:
        Preflight(chart, "preflight", wired.gate)
    if wired.dagster:
        Dagster(chart, "dagster", wired.dagster)
    if wired.cube:
        Cube(chart, "cube", wired.cube)
    if wired.marquez:
        Marquez(chart, "marquez", wired.marquez)
    if wired.jaeger:
        Jaeger(chart, "jaeger", wired.jaeger)
    monitoring(chart, wired)
    for login in wired.logins:
        Login(chart, f"login-{login.interface}", login)
    for route in wired.routes:
        expose(chart, f"route-{route.name}", route)


def foundation(chart: Construct, wired: Wired) -> None:
    """Add what all components stand on: namespace, Secrets, and who may talk to whom."""
    environment = wired.environment
    labels = Labels(
        name="floe", instance=wired.name, component="foundation", phase=Phase.FOUNDATION
    )
    namespace = environment.namespace
    root = any(at.run_as_root for at in wired.dagster.deployed) if wired.dagster else False
    Namespace(chart, "namespace", labels, namespace, environment.cluster.kubernetes, root=root)
    if priorities := environment.capacity.priorities:
        PriorityClasses(chart, "priority-classes", labels, namespace, priorities)
    if quota := environment.capacity.quota:
        NamespaceQuota(chart, "quota", labels, quota)
    if defaults := environment.capacity.container_defaults:
        ContainerDefaults(chart, "container-defaults", labels, defaults)
    DefaultDeny(chart, "default-deny", labels, environment.cluster.dns)
    NetworkPolicies(chart, "network-policies", wired.flows)
    if isinstance(environment.secrets, ExternalSecrets):
        for name, keys in wired.secrets.items():
            ExternalSecret(chart, f"secret-{name}", labels, environment.secrets, name, keys)


def monitoring(chart: Construct, wired: Wired) -> None:
    """Add what watches the components, where the overlay says that somebody does."""
    if settings := wired.environment.monitoring:
        for watch in wired.watched:
            name = f"{watch.name}-monitoring"
            Monitoring(chart, name, watch, settings, wired.environment.namespace)


def render(
    wired: Wired, add: Compose, copies: Sequence[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """Answer the objects of one environment, in the order in which they were composed.

    `copies` come beside them: they need something of the cluster as well.
    """
    app, environment = App(record_construct_metadata=False), wired.environment
    given: Any = {"namespace": environment.namespace, "disable_resource_name_hashes": True}
    chart = Chart(app, wired.name, **given)
    add(chart, wired)
    objects: list[dict[str, Any]] = chart.to_json()
    if (
        wired.gate and wired.gate.asks_cluster
    ):  # whose part for the cluster follows from all that was composed
        asked = needs([*objects, *copies], environment.cluster.kubernetes)
        chart = Chart(app, f"{wired.name}-cluster", **given)
        ClusterGate(chart, "preflight-cluster", wired.gate, asked)
        objects += chart.to_json()
    objects = [annotated(item, wired.routes) for item in objects]
    return [watched(item) for item in objects] if environment.cluster.reloader else objects
