"""A node of a control plane whose containers are processes on this machine.

Each pod has an address of its own on loopback, so that all keep their ports. What it knows is what
the pods under test have: one container, volumes of texts or of nothing, readiness by gRPC or HTTP.
"""

import base64
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

from api_server import ApiServer, Body, RefusedError
from container import Container, status
from loopback import address
from pods import Cluster, pod
from probe import answers
from service import Address, service

NODE = "here"
Answer = TypeVar("Answer")
BACKOFF_SECONDS = 10
"""Before a container that ended starts again, as Kubernetes waits the first time."""


class Kubelet:
    """What runs the pods of a namespace."""

    def __init__(self, plane: ApiServer, namespace: str, folder: Path, running: ExitStack) -> None:
        self._plane, self._folder, self._running = plane, folder, running
        self._namespace = f"/api/v1/namespaces/{namespace}"
        self.names: dict[str, str] = {}
        """What only a cluster's DNS knows."""
        self.containers: dict[str, Container] = {}
        """The last ones by their pods' names, also those that have been."""
        self.fault: Exception | None = None
        """Why it runs no more."""
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}}
        plane.apply([node])

    def pods(self, labels: Mapping[str, str]) -> list[Body]:
        """Answer the pods with these labels."""
        selector = ",".join(f"{name}={value}" for name, value in labels.items())
        query = f"?labelSelector={selector}"
        found: list[Body] = self._plane.ask("GET", f"{self._namespace}/pods{query}")["items"]
        return found

    def ready(self, labels: Mapping[str, str]) -> list[Container]:
        """Answer the containers with these labels that a Service would lead to."""
        names = [
            body["metadata"]["name"]
            for body in self.pods(labels)
            if "deletionTimestamp" not in body["metadata"]
        ]
        known = [self.containers[name] for name in names if name in self.containers]
        return [found for found in known if found.ready]

    def until(self, ask: Callable[[], Answer | None], seconds: int) -> Answer:
        """Ask until there is an answer that counts."""
        end = time.monotonic() + seconds
        while not (answer := ask()):
            if self.fault:
                raise self.fault
            assert time.monotonic() < end, "\n".join(
                f"{name}: {found.ready=} {found.codes=}\n{found.pod.log[-2000:]}"
                for name, found in self.containers.items()
            )
            time.sleep(0.2)
        return answer

    def expose(self, found: Body) -> str:
        """Answer an address that leads to the pods of a Service, and where its name leads."""
        at = address()
        (port,) = (port["port"] for port in found["spec"]["ports"])

        def ready() -> list[Address]:
            return [(pod.address, port) for pod in self.ready(found["spec"]["selector"])]

        self._running.enter_context(service((at, port), ready))
        return at

    def tick(self) -> None:
        """Do what is to be done now."""
        pods = {body["metadata"]["name"]: body for body in self.pods({})}
        for name, body in pods.items():
            try:
                known = self.containers.get(name)
                if not known or known.uid != body["metadata"]["uid"]:
                    self._start(name, body)
                self._attend(self.containers[name], body)
            except RefusedError as error:
                if error.code != 404:  # it is gone meanwhile
                    raise
        for name in self.containers.keys() - pods:
            self.containers[name].process.kill()

    def work(self, ending: threading.Event) -> None:
        """Do it five times a second."""
        try:
            while not ending.wait(0.2):
                self.tick()
        except Exception as fault:  # noqa: BLE001  for whoever waits
            self.fault = fault

    def end(self) -> None:
        """Leave nothing behind."""
        for found in self.containers.values():
            found.process.kill()
            found.process.wait(10)

    def _start(self, name: str, body: Body) -> None:
        namespace, account = body["metadata"]["namespace"], body["spec"]["serviceAccountName"]
        at = address()

        def texts(kind: str, called: str) -> Mapping[str, str]:
            path = f"{self._namespace}/{kind.lower()}s/{called}"
            found: dict[str, str] = self._plane.ask("GET", path)["data"]
            if kind == "ConfigMap":
                return found
            return {key: base64.b64decode(text).decode() for key, text in found.items()}

        fields = {"metadata.name": name, "metadata.namespace": namespace, "status.podIP": at}
        cluster = Cluster(texts, fields, lambda: self._plane.token(namespace, account))
        edits = self.names | {"0.0.0.0": at}
        uid: str = body["metadata"]["uid"]
        laid = pod(self._folder / f"{name}-{uid[:8]}", body["spec"], cluster, edits)
        laid.env.update(
            HOSTNAME=name,
            KUBERNETES_SERVICE_HOST="127.0.0.1",
            KUBERNETES_SERVICE_PORT=str(self._plane.port),
        )
        target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}}
        path = f"{self._path(body)}/binding"
        self._plane.ask("POST", path, binding | {"target": target})
        started = Container(uid=uid, pod=laid, address=at, process=laid.start())
        self.containers[name] = started
        self._report(started, body)

    def _attend(self, found: Container, body: Body) -> None:
        code, now = found.process.poll(), time.monotonic()
        if "deletionTimestamp" in body["metadata"]:
            if code is not None:
                self._plane.ask("DELETE", f"{self._path(body)}?gracePeriodSeconds=0")
            elif found.patience is None:
                found.patience = now + found.pod.grace_seconds
                found.process.terminate()
            elif now > found.patience:
                found.process.kill()
        elif code is None:
            if not found.ready and answers(found.address, body["spec"]["containers"][0]):
                found.ready = True
                self._report(found, body)
        elif found.patience is None:
            found.codes.append(code)
            found.ready, found.patience = False, now + BACKOFF_SECONDS
            self._report(found, body)
        elif now > found.patience and body["spec"]["restartPolicy"] == "Always":
            found.process, found.patience = found.pod.start(), None
            self._report(found, body)

    def _path(self, body: Body) -> str:
        return f"{self._namespace}/pods/{body['metadata']['name']}"

    def _report(self, found: Container, body: Body) -> None:
        path = f"{self._path(body)}/status"
        said = {"status": status(found, body)}
        self._plane.ask("PATCH", path, said, "application/merge-patch+json")


@contextmanager
def kubelet(plane: ApiServer, namespace: str, folder: Path) -> Iterator[Kubelet]:
    """Run every pod of a namespace, with its files below a folder that all users reach."""
    ending = threading.Event()
    with ExitStack() as running:
        found = Kubelet(plane, namespace, folder, running)
        thread = threading.Thread(target=found.work, args=(ending,))
        thread.start()
        try:
            yield found
        finally:
            ending.set()
            thread.join()
            found.end()
