"""What a construct's docstring says it makes is what it makes."""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest
from cdk8s import ApiObject, App, Chart
from constructs import Construct

import cube_example
import dagster_example
import delivery_example
import floe_constructs
import jaeger_example
import login_example
import marquez_example
import preflight_example
import route_example
import services_example
from floe_constructs.cube.cube import Cube
from floe_constructs.cube.spec import CubeSpec
from floe_constructs.dagster.dagster import Dagster
from floe_constructs.dagster.spec import DagsterSpec
from floe_constructs.exposure.expose import expose
from floe_constructs.jaeger import watch as jaeger_watch
from floe_constructs.jaeger.jaeger import Jaeger
from floe_constructs.jaeger.spec import JaegerSpec
from floe_constructs.kubernetes.capacity import Priorities, Quota
from floe_constructs.kubernetes.endpoint import Flow
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.namespace import Namespace
from floe_constructs.kubernetes.network_policy import DefaultDeny, NetworkPolicies
from floe_constructs.kubernetes.priority_class import PriorityClasses
from floe_constructs.kubernetes.quota import ContainerDefaults, NamespaceQuota
from floe_constructs.kubernetes.resources import Resources
from floe_constructs.login.login import Login
from floe_constructs.login.spec import LoginSpec
from floe_constructs.marquez.marquez import Marquez
from floe_constructs.marquez.spec import MarquezSpec
from floe_constructs.monitoring.monitoring import Monitoring
from floe_constructs.monitoring.spec import MonitoringSettings
from floe_constructs.preflight.cluster import ClusterGate
from floe_constructs.preflight.preflight import Preflight
from floe_constructs.preflight.spec import PreflightSpec
from floe_constructs.preflight.targets import ClusterNeeds
from floe_constructs.secrets.external_secret import ExternalSecret
from floe_constructs.secrets.spec import ExternalSecrets, SecretStore
from floe_constructs.services.brought import BroughtServices

LABELS = Labels(name="shop", instance="test", component="web")
OBJECT = re.compile(r"\b([A-Z][A-Za-z]+)/([A-Za-z0-9-]+)")


def classes() -> list[type[Construct]]:
    found = set()
    for module in pkgutil.walk_packages(floe_constructs.__path__, "floe_constructs."):
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(kind, Construct) and kind.__module__.startswith("floe_constructs."):
                found.add(kind)
    return sorted(found, key=lambda kind: kind.__name__)


def build(chart: Construct) -> None:
    """Make every construct of the library, in its small and its large forms."""
    for number, values in enumerate((dagster_example.SMALL, dagster_example.LARGE)):
        Dagster(chart, f"dagster-{number}", DagsterSpec.model_validate(values))
    for number, values in enumerate((cube_example.SMALL, cube_example.LARGE)):
        Cube(chart, f"cube-{number}", CubeSpec.model_validate(values))
    for number, values in enumerate((marquez_example.SMALL, marquez_example.LARGE)):
        Marquez(chart, f"marquez-{number}", MarquezSpec.model_validate(values))
    for number, values in enumerate(
        (jaeger_example.MEMORY, jaeger_example.BADGER, jaeger_example.LARGE)
    ):
        Jaeger(chart, f"jaeger-{number}", JaegerSpec.model_validate(values))
    for number, values in enumerate((login_example.SMALL, login_example.LARGE)):
        Login(chart, f"login-{number}", LoginSpec.model_validate(values))
    for number, values in enumerate((preflight_example.SMALL, preflight_example.LARGE)):
        Preflight(chart, f"preflight-{number}", PreflightSpec.model_validate(values))
    BroughtServices(chart, "services", services_example.spec())
    ClusterGate(chart, "cluster-gate", preflight_example.spec(), ClusterNeeds())
    for number, route in enumerate(route_example.ROUTES):
        expose(chart, f"route-{number}", route)
    delivery_example.everything(chart)
    Namespace(chart, "namespace", LABELS, "data", "1.34")
    DefaultDeny(chart, "deny", LABELS, [])
    NetworkPolicies(chart, "policies", [Flow(source=LABELS, target=LABELS, port=1, why="talk")])
    NamespaceQuota(chart, "quota", LABELS, Quota(pods=9))
    ContainerDefaults(chart, "defaults", LABELS, Resources(cpu="1", memory="1Gi"))
    PriorityClasses(chart, "priorities", LABELS, "data", Priorities(platform=2, runs=1))
    store = ExternalSecrets(strategy="external-secrets", store=SecretStore(name="store"))
    settings = MonitoringSettings(dashboards={"grafana_dashboard": "1"})
    watch = jaeger_watch.watched(JaegerSpec.model_validate(jaeger_example.SEARCH))
    Monitoring(chart, "monitoring", watch, settings, "data")
    ExternalSecret(chart, "secret", LABELS, store, "database", ["password"])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[tuple[str, str]]]:
    """The objects that stand directly in each kind of construct."""
    app = App(outdir=str(tmp_path_factory.mktemp("dist")))
    chart = Chart(app, "test", namespace="data", disable_resource_name_hashes=True)
    build(chart)
    ours = {kind.__name__ for kind in classes()}
    found: dict[str, set[tuple[str, str]]] = {name: set() for name in ours}
    for node in chart.node.find_all():
        if isinstance(node, ApiObject):
            owners = [scope for scope in node.node.scopes if type(scope).__name__ in ours]
            found[type(owners[-1]).__name__].add((node.kind, node.name))
    return found


def promised(kind: type[Construct]) -> list[tuple[str, re.Pattern[str]]]:
    """Read `Kind/name` off the docstring; a word in capitals stands for whatever it names."""
    doc = inspect.getdoc(kind) or ""
    objects = doc.partition("Objects:")[2].partition("Needs:")[0]
    return [
        (what, re.compile(re.sub(r"[A-Z]+", "[a-z0-9.-]+", name)))
        for what, name in OBJECT.findall(objects)
    ]


def test_every_construct_is_found() -> None:
    assert len(classes()) > 15
    assert {"Cube", "Dagster", "Jaeger", "Marquez"} <= {kind.__name__ for kind in classes()}


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: kind.__name__)
def test_a_construct_makes_what_its_docstring_says(
    kind: type[Construct], made: dict[str, set[tuple[str, str]]]
) -> None:
    said, found = promised(kind), made[kind.__name__]
    assert "Objects:" in (kind.__doc__ or "")
    unsaid = {
        (what, name)
        for what, name in found
        if not any(what == w and pattern.fullmatch(name) for w, pattern in said)
    }
    assert unsaid == set()
    for what, pattern in said:
        assert any(what == w and pattern.fullmatch(name) for w, name in found), (what, pattern)


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: kind.__name__)
def test_a_construct_takes_scope_id_and_what_it_is(kind: type[Construct]) -> None:
    parameters = list(inspect.signature(kind.__init__).parameters)
    assert parameters[1:3] == ["scope", "id"]
    assert Path(inspect.getfile(kind)).is_relative_to(Path(floe_constructs.__path__[0]))
