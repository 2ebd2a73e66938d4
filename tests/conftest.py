"""One way to synthesize a construct and look its objects up."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from floe_constructs.kubernetes.endpoint import Flow
from floe_constructs.kubernetes.labels import Labels
from floe_deploy import node

node.prepare()
pytest.register_assert_rewrite("dist_cases", "gate_cases", "release_cases")
# Programs under test are interrupted; whoever runs the tests in the background of a script has it
# ignored, and all programs would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The machine may be busy. What a run says depends on the change alone; to look for more than the
# same examples: `pytest --hypothesis-profile=search`.
settings.register_profile("search", deadline=None)
settings.register_profile("same", deadline=None, derandomize=True)
settings.load_profile("same")

from cdk8s import App, Chart  # noqa: E402  Node has to be chosen first
from constructs import Construct  # noqa: E402

if TYPE_CHECKING:
    from tools.building import Image

    from api_server import ApiServer
    from cluster import Cluster
    from cube_warehouse import Warehouse
    from flux import Flux
    from trino import Trino

import quick_jsii  # noqa: E402  once it is imported

quick_jsii.prepare()

Objects = dict[tuple[str, str], dict[str, Any]]
Synth = Callable[[Callable[[Construct], object]], Objects]


def build(add: Callable[[Construct], object], namespace: str = "data") -> Objects:
    """Build constructs in an empty chart; answer the objects by kind and name."""
    chart = Chart(App(), "test", namespace=namespace, disable_resource_name_hashes=True)
    add(chart)
    objects = chart.to_json()
    found = {(o["kind"], o["metadata"]["name"]): o for o in objects}
    assert len(found) == len(objects), "two objects share kind and name"
    return found


@pytest.fixture
def synth() -> Synth:
    """Answer `build`, for a namespace that no test cares for."""
    return build


@pytest.fixture
def folder() -> Iterator[Path]:
    """Answer a folder that other users reach."""
    with TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator["ApiServer"]:
    """Run a Kubernetes control plane, which the tests of a process share."""
    from control_plane import control_plane

    with control_plane(tmp_path_factory.mktemp("control-plane")) as found:
        yield found


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Cluster"]:
    """Run a cluster, which the tests of a process share; each leaves it as it was."""
    import cluster as clusters

    with clusters.cluster(tmp_path_factory.mktemp("cluster")) as found:
        yield found


@pytest.fixture(scope="session")
def flux(cluster: "Cluster", tmp_path_factory: pytest.TempPathFactory) -> Iterator["Flux"]:
    """Run Flux on the cluster, with dependants that look for each other each second."""
    import flux as controllers
    from git_server import git_server

    with (
        git_server(tmp_path_factory.mktemp("git")) as server,
        controllers.flux(cluster, server, "--requeue-dependency=1s") as found,
    ):
        yield found


@pytest.fixture(scope="session")
def warehouse() -> Iterator["Warehouse"]:
    """Run a database with orders in it, which the tests of a process share."""
    import cube_warehouse

    with cube_warehouse.warehouse() as found:
        yield found


@pytest.fixture(scope="session")
def coordinator(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Trino"]:
    """Run a Trino, which takes long to start, and which the tests of a process share."""
    from trino import trino

    with trino(tmp_path_factory.mktemp("trino")) as found:
        yield found


@pytest.fixture(scope="session")
def preflight_image() -> "Image":
    """Build the image of preflight, as it is without a target."""
    from built import built

    return built("preflight")


def opens(flow: Flow) -> Labels:
    """Answer the workload that a flow starts at."""
    assert isinstance(flow.source, Labels)
    return flow.source
