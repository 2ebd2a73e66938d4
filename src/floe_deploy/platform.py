"""The composition root: which constructs make the platform."""

from collections.abc import Callable, Sequence
from typing import Any

from cdk8s import App, Chart
from constructs import Construct

from floe_constructs.cube.cube import Cube
from floe_constructs.dagster.dagster import Dagster
from floe_constructs.exposure.expose import expose
from floe_constructs.gitops.account import FluxAccount, FluxServiceAccount
from floe_constructs.gitops.argocd import ArgoCdApplication, ArgoCdProject
from floe_constructs.gitops.flux import FluxPhases, FluxSource
from floe_constructs.gitops.kinds import kinds
from floe_constructs.gitops.spec import FluxDelivery
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
from floe_constructs.services.brought import BroughtServices
from floe_deploy.exposing import annotated
from floe_deploy.manifests import Manifest, fitting, phase_of
from floe_deploy.reloading import watched
from floe_deploy.wiring import Wired

Compose = Callable[[Chart, Wired], None]
"""What adds an environment's constructs to its chart."""


def compose(chart: Construct, wired: Wired) -> None:
    """Add everything that an environment asks for."""
    foundation(chart, wired)
    if wired.services:
        BroughtServices(chart, "services", wired.services)
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
    if wired.verification:
        Preflight(chart, "verify", wired.verification)
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


def render(wired: Wired, add: Compose, copies: Sequence[Manifest] = ()) -> list[dict[str, Any]]:
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
    if isinstance(environment.delivery, FluxDelivery):  # who may apply exactly that
        placed = [(phase_of(item), item) for item in fitting(wired.name, [*objects, *copies])]
        chart = Chart(app, f"{wired.name}-account", **given)
        _account(chart, wired, environment.delivery, placed)
        objects += chart.to_json()
    objects = [annotated(item, wired.routes) for item in objects]
    return [watched(item) for item in objects] if environment.cluster.reloader else objects


def _account(
    chart: Chart, wired: Wired, delivery: FluxDelivery, objects: Sequence[tuple[Phase, Manifest]]
) -> None:
    _, of_namespace = kinds(objects)
    FluxAccount(
        chart,
        "account",
        _delivery_labels(wired),
        account=wired.environment.namespace,
        account_namespace=delivery.namespace,
        kinds=of_namespace,
        roles=[item["metadata"]["name"] for _, item in objects if item["kind"] == "Role"],
    )


def deliver(
    wired: Wired, objects: Sequence[tuple[Phase, Manifest]], path: str
) -> list[dict[str, Any]]:
    """Answer what points a controller to an environment whose phases are folders of a path."""
    environment, delivery = wired.environment, wired.environment.delivery
    if delivery is None:
        return []
    labels, namespace = _delivery_labels(wired), environment.namespace
    chart = Chart(
        App(record_construct_metadata=False),
        wired.name,
        namespace=delivery.namespace,
        disable_resource_name_hashes=True,
    )
    if isinstance(delivery, FluxDelivery):
        FluxServiceAccount(chart, "account", labels, namespace)
        read = FluxSource(chart, "source", labels, delivery.source, namespace)
        FluxPhases(
            chart,
            "phases",
            labels,
            delivery,
            namespace=namespace,
            path=path,
            source=read.reference,
            objects=objects,
        )
    else:
        of_cluster, of_namespace = kinds(objects)
        ArgoCdProject(
            chart,
            "project",
            labels,
            delivery,
            namespace=namespace,
            of_cluster=of_cluster,
            of_namespace=of_namespace,
        )
        plugin = environment.argocd_plugin
        ArgoCdApplication(
            chart, "application", labels, delivery, namespace=namespace, path=path, plugin=plugin
        )
    answer: list[dict[str, Any]] = chart.to_json()
    return answer


def _delivery_labels(wired: Wired) -> Labels:
    return Labels(name="floe", instance=wired.name, component="delivery", phase=Phase.CLUSTER)
