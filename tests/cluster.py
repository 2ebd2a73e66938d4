"""A cluster of the tests' own: a control plane, one node, definitions of custom resources.

API server, admission, controllers and scheduler are Kubernetes' own. The node is kwok's: its pods
have a status and run nothing. What else is not real is in `played.py`.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from api_server import ApiServer, Body, RefusedError
from control_plane import control_plane, program
from played import MERGE, Played
from test_dist import ROOT

Answer = TypeVar("Answer")
PATIENCE_SECONDS = 300
"""How long anything is waited for: machines that run tests are busy."""

_NODE = "node"
_STORAGE = "/apis/storage.k8s.io/v1/storageclasses"


@dataclass(frozen=True)
class Cluster:
    """What runs, and what is played."""

    plane: ApiServer
    played: Played
    folder: Path
    """Logs, and a `kubeconfig` of whoever may do anything."""

    def until(self, ask: Callable[[], Answer | None], what: object = "") -> Answer:
        """Ask until there is an answer that counts."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not (answer := ask()):
            if self.played.fault:
                raise self.played.fault
            assert time.monotonic() < end, what() if callable(what) else what
            time.sleep(0.5)
        return answer

    def settled(self, namespace: str) -> bool:
        """Answer whether everything of a namespace has what it wants, and every Job its end."""
        path = f"/apis/{{}}/namespaces/{namespace}/{{}}"
        sets = [
            found
            for kind in ("deployments", "statefulsets")
            for found in self.plane.ask("GET", path.format("apps/v1", kind))["items"]
        ]
        jobs = self.plane.ask("GET", path.format("batch/v1", "jobs"))["items"]
        return all(map(_has_all, sets)) and all(
            found.get("status", {}).get("completionTime") for found in jobs
        )

    def remove(self, objects: Iterable[Body]) -> None:
        """Remove objects and all that is in their namespaces, and wait until they are gone."""
        outside = [found for found in objects if "namespace" not in found["metadata"]]
        for found in outside:
            with suppress(RefusedError):
                self.plane.ask("DELETE", self.plane.path(found))
        self.until(lambda: not any(map(self.has, outside)))

    def has(self, found: Body) -> bool:
        """Answer whether an object is there."""
        try:
            self.plane.ask("GET", self.plane.path(found))
        except RefusedError as error:
            if error.code != 404:
                raise
            return False
        return True


def _has_all(found: Body) -> bool:
    wanted, status = found["spec"]["replicas"], found.get("status", {})
    ready = status.get("readyReplicas"), status.get("updatedReplicas")
    return (
        ready == (wanted, wanted)
        and status["observedGeneration"] == (found["metadata"]["generation"])
    )


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Run one with its data below a folder."""
    ending = threading.Event()
    with control_plane(folder, scheduler=True) as plane:
        _define(plane)
        _add_node(plane)
        stages = f"--config={Path(__file__).with_name('kwok.yaml')}"
        node = ["--manage-all-nodes", "--cidr=10.244.0.0/16", "--node-lease-duration-seconds=0"]
        config = f"--kubeconfig={folder / 'kubeconfig'}"
        found = Cluster(plane, Played(plane), folder)
        player = threading.Thread(target=found.played.work, args=(ending,))
        with program(folder, "kwok", ["kwok", config, stages, *node]):
            player.start()
            try:
                # Accounts of namespaces come with their controller.
                default = "/api/v1/namespaces/default/serviceaccounts?fieldSelector=metadata.name="
                found.until(lambda: plane.ask("GET", f"{default}default")["items"])
                yield found
            finally:
                ending.set()
                player.join()


def _define(plane: ApiServer) -> None:
    """Bring in the definitions, and classes of disks that are made where a pod first uses them."""
    files = sorted((ROOT / ".tools" / "crds").glob("*.json"))
    assert files
    definitions = [json.loads(file.read_text()) for file in files]
    plane.apply(definitions)
    for name in ("standard", "gp3"):
        default = {"storageclass.kubernetes.io/is-default-class": str(name == "standard").lower()}
        found = {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": name, "annotations": default},
            "provisioner": "tests.floe.dev/disks",
            "volumeBindingMode": "WaitForFirstConsumer",
        }
        plane.ask("POST", _STORAGE, found)
    end = time.monotonic() + PATIENCE_SECONDS
    while not all(_served(plane, definition) for definition in definitions):
        assert time.monotonic() < end
        time.sleep(0.1)
    plane.__dict__.pop("resources", None)  # there are more of them now


def _served(plane: ApiServer, definition: Body) -> bool:
    spec = definition["spec"]
    version = next(each["name"] for each in spec["versions"] if each["served"])
    try:
        plane.ask("GET", f"/apis/{spec['group']}/{version}/{spec['names']['plural']}")
    except RefusedError:
        return False
    return True


def _add_node(plane: ApiServer) -> None:
    labels = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    labels |= {"kubernetes.io/hostname": _NODE, "topology.kubernetes.io/zone": "a"}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": _NODE, "labels": labels}}
    plane.ask("POST", "/api/v1/nodes", node)
    # A new node counts as one that is not ready until the controller says otherwise that has no
    # place here: nobody tells it that the node lives.
    plane.ask("PATCH", f"/api/v1/nodes/{_NODE}", {"spec": {"taints": None}}, MERGE)
