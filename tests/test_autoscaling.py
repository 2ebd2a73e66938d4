"""What a real control plane makes of an autoscaler, without anybody who measures."""

import time
from collections.abc import Iterator

import pytest

from api_server import ApiServer
from conftest import Objects, build
from cube_example import SMALL
from floe_constructs.cube import Cube, CubeSpec

pytestmark = [pytest.mark.tools, pytest.mark.slow]
NAMESPACE = "autoscaling"
API = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/cube-api"


def rendered(**api: object) -> Objects:
    cube = CubeSpec.model_validate(SMALL | {"api": SMALL["api"] | {"replicas": 3} | api})
    return build(lambda chart: Cube(chart, "cube", cube), NAMESPACE)


def apply(plane: ApiServer, objects: Objects) -> None:
    kinds = ("ServiceAccount", "Deployment", "HorizontalPodAutoscaler")
    plane.apply(objects[kind, "cube-api"] for kind in kinds if (kind, "cube-api") in objects)


def replicas(plane: ApiServer) -> int:
    return int(plane.ask("GET", API)["spec"]["replicas"])


@pytest.fixture
def namespace(plane: ApiServer) -> Iterator[None]:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    plane.apply([body])
    yield
    plane.ask("DELETE", f"/api/v1/namespaces/{NAMESPACE}")


@pytest.mark.usefixtures("namespace")
def test_an_autoscaler_holds_the_least_and_no_apply_sets_back_what_it_did(plane: ApiServer) -> None:
    apply(plane, rendered())
    assert replicas(plane) == 3
    scaled = rendered(autoscale={"max_replicas": 6})
    apply(plane, scaled)
    assert replicas(plane) == 1  # as the page says, until the autoscaler looks
    end = time.monotonic() + 60
    while replicas(plane) != 3:
        assert time.monotonic() < end
        time.sleep(0.5)
    patch = "application/merge-patch+json"
    plane.ask("PATCH", f"{API}/scale", {"spec": {"replicas": 5}}, patch)  # as it does under load
    apply(plane, scaled)
    assert replicas(plane) == 5
