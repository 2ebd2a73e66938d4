"""Cube Store's names and updates on a real control plane.

Its program cannot be had: a stand-in listens at the ports. What a cluster's DNS answers to the
names is not shown either, only what it answers from, hostnames and EndpointSlices.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import pytest

from api_server import ApiServer, Body
from conftest import Objects, build
from cube_example import S3, SMALL, WORKERS
from floe_constructs.cube import Cube, CubeSpec
from floe_constructs.cube.config import ROUTER, STORE_WORKER, WORKER
from kubelet import Kubelet, kubelet

Answer = TypeVar("Answer")
pytestmark = [pytest.mark.tools, pytest.mark.slow]
NAMESPACE = "cube-store"
SETS = f"/apis/apps/v1/namespaces/{NAMESPACE}/statefulsets"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
SERVICES = f"/api/v1/namespaces/{NAMESPACE}/services"
SLICES = f"/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices"
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


def rendered(workers: int = 2, image: str = "cubejs/cubestore:v1", **never: bool) -> Objects:
    """Answer a Cube whose store's image is the stand-in; nodes may be said never to be ready."""
    store = SMALL["store"] | {
        "image": image,
        "storage": S3,
        "workers": WORKERS | {"replicas": workers},
    }
    cube = CubeSpec.model_validate(SMALL | {"store": store})
    objects = build(lambda chart: Cube(chart, "cube", cube), NAMESPACE)
    for role, name in (("router", ROUTER), ("worker", WORKER)):
        (one,) = objects["StatefulSet", name]["spec"]["template"]["spec"]["containers"]
        assert "command" not in one
        one["command"] = ["python", "-m", "cube_store", "0.0.0.0"]
        one["args"] = ["never"] if never.get(role) else []
    return objects


@dataclass(frozen=True, kw_only=True)
class Store:
    """A namespace with Cube Store in it."""

    plane: ApiServer
    node: Kubelet
    folder: Path

    def until(self, ask: Callable[[], Answer | None], seconds: int = 60) -> Answer:
        """Ask until there is an answer that counts."""
        return self.node.until(ask, seconds)

    def apply(self, objects: Objects, *names: str) -> None:
        wanted = names or (ROUTER, WORKER)
        kinds = ("ServiceAccount", "Service", "StatefulSet")
        found = [objects.get((kind, name)) for kind in kinds for name in wanted]
        self.plane.apply(one for one in found if one)

    def pods(self, of: str | None = None) -> dict[str, Body]:
        """Answer pods by name, of a StatefulSet or all."""
        found = {pod["metadata"]["name"]: pod for pod in self.plane.ask("GET", PODS)["items"]}
        return {name: pod for name, pod in found.items() if not of or name.startswith(of)}

    def settled(self, name: str) -> bool:
        """Answer whether all pods of a StatefulSet are what it wants, and ready."""
        found = self.plane.ask("GET", f"{SETS}/{name}")
        status, wanted = found["status"], found["spec"]["replicas"]
        counted = ("replicas", "readyReplicas", "availableReplicas", "updatedReplicas")
        return (
            status.get("observedGeneration") == found["metadata"]["generation"]
            and status["currentRevision"] == status["updateRevision"]
            and [status.get(which) for which in counted] == [wanted] * 4
            and len(self.pods(name)) == wanted  # nor is one still on its way out
        )

    def settle(self, objects: Objects) -> None:
        """Bring it to what is rendered, and wait until it is."""
        self.apply(objects)
        self.until(lambda: self.settled(ROUTER) and self.settled(WORKER))

    def said(self, name: str) -> list[Body]:
        """Answer what all processes of a pod's name have said, in their order."""
        logs = self.folder.glob(f"{name}-????????.log")
        lines = [line for log in logs for line in log.read_text().splitlines()]
        return sorted(map(json.loads, lines), key=lambda said: float(said["at"]))

    def environment(self, name: str) -> dict[str, str]:
        """Answer Cube Store's variables as a pod's last process has them."""
        found: dict[str, str] = [said["env"] for said in self.said(name) if "env" in said][-1]
        return found

    def endpoints(self) -> dict[str, Body]:
        """Answer what a cluster's DNS makes the workers' names from, by hostname."""
        query = f"{SLICES}?labelSelector=kubernetes.io/service-name={WORKER}"
        slices = self.plane.ask("GET", query)["items"]
        return {one["hostname"]: one for found in slices for one in found["endpoints"] or ()}


@pytest.fixture(scope="module")
def known(plane: ApiServer) -> Iterator[Store]:
    with ExitStack() as running:
        folder = Path(running.enter_context(TemporaryDirectory()))
        folder.chmod(0o755)
        metadata = {"name": NAMESPACE, "labels": RESTRICTED}
        plane.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}])
        secret = {"apiVersion": "v1", "kind": "Secret", "stringData": {"id": "a", "secret": "b"}}
        plane.apply([secret | {"metadata": {"name": "store", "namespace": NAMESPACE}}])
        node = running.enter_context(kubelet(plane, NAMESPACE, folder))
        yield Store(plane=plane, node=node, folder=folder)


@pytest.fixture
def store(known: Store) -> Store:
    """Answer a router and two workers in a namespace of their own."""
    known.settle(rendered())
    return known


def uid(pod: Body) -> str:
    return str(pod["metadata"]["uid"])


def test_workers_are_known_by_the_names_that_the_stateful_set_gives_its_pods(store: Store) -> None:
    pods = store.pods(WORKER)
    names = [
        f"{pod['spec']['hostname']}.{pod['spec']['subdomain']}:{STORE_WORKER}"
        for pod in pods.values()
    ]
    assert [store.environment(pod)["SERVER_NAME"] for pod in pods] == names
    assert {store.environment(pod)["WORKERS"] for pod in store.pods()} == {",".join(names)}
    service = store.plane.ask("GET", f"{SERVICES}/{WORKER}")["spec"]
    assert ({pod["spec"]["subdomain"] for pod in pods.values()}, service["clusterIP"]) == (
        {WORKER},
        "None",
    )
    assert store.until(lambda: store.endpoints().keys() == pods.keys())


def test_a_worker_has_its_name_before_it_is_ready(store: Store) -> None:
    before = store.pods(WORKER)
    last = f"{WORKER}-1"
    store.apply(rendered(worker=True))

    def named() -> Body | None:
        pod, endpoint = store.pods(WORKER).get(last), store.endpoints().get(last)
        if not pod or not endpoint or uid(pod) == uid(before[last]):
            return None
        return endpoint if endpoint["addresses"] == [pod["status"].get("podIP")] else None

    endpoint = store.until(named)
    assert not store.node.containers[last].ready
    assert endpoint["conditions"]["ready"]  # to whoever asks for the name
    assert uid(store.pods(WORKER)[f"{WORKER}-0"]) == uid(before[f"{WORKER}-0"])


def test_another_number_of_workers_restarts_all_of_them_and_the_router(store: Store) -> None:
    before = {uid(pod) for pod in store.pods().values()}
    store.settle(rendered(3))
    after = store.pods()
    assert len(after) == 4
    assert not before & {uid(pod) for pod in after.values()}
    (workers,) = {store.environment(pod)["WORKERS"] for pod in after}
    assert workers.count(",") == 2


def broken(store: Store, objects: Objects, name: str) -> Body:
    """Bring a StatefulSet of one pod to a revision that never gets ready; answer its pod."""
    (before,) = store.pods(name).values()
    store.apply(objects, name)
    pod = f"{name}-0"

    def runs() -> bool:
        found = store.node.containers[pod]
        return found.uid != uid(before) and bool(found.pod.log)

    store.until(runs)
    (found,) = store.pods(name).values()
    assert not store.settled(name)
    return found


def test_an_update_never_runs_two_routers_even_after_one_that_never_gets_ready(
    store: Store,
) -> None:
    since = store.plane.ask("GET", PODS)["metadata"]["resourceVersion"]
    (first,) = store.pods(ROUTER).values()
    before = len(store.said(f"{ROUTER}-0"))
    second = broken(store, rendered(image="cubejs/cubestore:v2", router=True), ROUTER)
    store.settle(rendered(image="cubejs/cubestore:v3"))
    (third,) = store.pods(ROUTER).values()
    there, seen = {uid(first)}, []
    for event in store.plane.events(PODS, since):
        pod = event["object"]
        if pod["metadata"]["name"].startswith(ROUTER):
            (there.discard if event["type"] == "DELETED" else there.add)(uid(pod))
            seen.append(set(there))
    assert [pods for pods, last in zip(seen, [set(), *seen], strict=False) if pods != last] == [
        {uid(first)},
        set(),
        {uid(second)},
        set(),
        {uid(third)},
    ]
    said = [said["what"] for said in store.said(f"{ROUTER}-0")[before:]]
    assert said == ["ended", "started", "ended", "started"]


def test_ready_by_order_it_would_stay_with_a_revision_that_never_gets_ready(store: Store) -> None:
    def ordered(objects: Objects) -> Objects:
        """Answer the router by another name, with the order that StatefulSets have by default."""
        found: Objects = {}
        for kind in ("ServiceAccount", "StatefulSet"):
            text = json.dumps(objects[kind, ROUTER]).replace("store-router", "store-ordered")
            found[kind, "cube-store-ordered"] = json.loads(text)
        found["StatefulSet", "cube-store-ordered"]["spec"]["podManagementPolicy"] = "OrderedReady"
        return found

    name = "cube-store-ordered"
    store.apply(ordered(rendered()), name)
    store.until(lambda: store.settled(name))
    second = broken(store, ordered(rendered(router=True)), name)
    store.apply(ordered(rendered(image="cubejs/cubestore:v3")), name)
    time.sleep(4)
    (pod,) = store.pods(name).values()
    assert uid(pod) == uid(second)
    store.plane.ask("DELETE", f"{SETS}/{name}")
