"""A Kubernetes control plane of the tests' own: etcd, API server and controllers, no node."""

import base64
import json
import secrets
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import urllib3
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from postgres import free_port
from test_dist import BIN

Body = dict[str, Any]
Program = subprocess.Popen[bytes]


class RefusedError(Exception):
    """The API server's answer to what may not be, or is not there."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


@dataclass(frozen=True)
class Resource:
    """A resource, or a part of one, as the API server lists it."""

    group: str
    version: str
    kind: str
    name: str
    namespaced: bool
    verbs: tuple[str, ...]

    def path(self, namespace: str | None) -> str:
        """Answer where its objects are."""
        root = f"/apis/{self.group}" if self.group else "/api"
        inside = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{root}/{self.version}{inside}/{self.name}"


class ControlPlane:
    """The API server, as somebody who may do everything sees it."""

    def __init__(self, port: int, ca: Path, token: str) -> None:
        self.port, self.ca, self._token = port, ca, token

    @cached_property
    def _pool(self) -> urllib3.HTTPSConnectionPool:
        return urllib3.HTTPSConnectionPool(
            "127.0.0.1", self.port, ca_certs=str(self.ca), maxsize=8, timeout=30, retries=False
        )

    def ask(
        self, method: str, path: str, body: object = None, content: str = "application/json"
    ) -> Body:
        """Answer what the API server answers."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": content}
        text = None if body is None else json.dumps(body)
        answer = self._pool.request(method, path, body=text, headers=headers)
        found: Body = answer.json()
        if answer.status >= 400:
            raise RefusedError(answer.status, found["message"])
        return found

    def ready(self) -> bool:
        """Answer whether it answers."""
        if not self.ca.exists():
            return False
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            return self._pool.request("GET", "/readyz", headers=headers).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """All that it serves, in each group's preferred version."""
        groups = self.ask("GET", "/apis")["groups"]
        versions = [("", "v1", "/api/v1")]
        for group in groups:
            at = group["preferredVersion"]
            versions.append((group["name"], at["version"], f"/apis/{at['groupVersion']}"))
        return tuple(
            Resource(
                group=group,
                version=version,
                kind=found["kind"],
                name=found["name"],
                namespaced=found["namespaced"],
                verbs=tuple(found["verbs"]),
            )
            for group, version, path in versions
            for found in self.ask("GET", path)["resources"]
        )

    def path(self, found: Mapping[str, Any]) -> str:
        """Answer where an object is."""
        group, _, version = found["apiVersion"].rpartition("/")
        wanted = group, version, found["kind"]
        (resource,) = (
            known
            for known in self.resources
            if (known.group, known.version, known.kind) == wanted and "/" not in known.name
        )
        metadata = found["metadata"]
        return f"{resource.path(metadata.get('namespace'))}/{metadata['name']}"

    def apply(self, objects: Iterable[Mapping[str, Any]]) -> None:
        """Bring objects to what is said, as a GitOps controller does."""
        query = "?fieldManager=tests&force=true"
        for found in objects:
            self.ask("PATCH", self.path(found) + query, found, "application/apply-patch+yaml")

    def token(self, namespace: str, account: str) -> str:
        """Answer a token of a ServiceAccount, as its pods get one."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        token: str = self.ask("POST", path, request)["status"]["token"]
        return token

    def account(self, namespace: str, name: str) -> "ControlPlane":
        """Answer it as a ServiceAccount sees it."""
        return ControlPlane(self.port, self.ca, self.token(namespace, name))

    def kubeconfig(self, namespace: str = "default") -> Body:
        """Answer how others reach it with the same token."""
        authority = base64.b64encode(self.ca.read_bytes()).decode()
        server = f"https://127.0.0.1:{self.port}"
        cluster = {"server": server, "certificate-authority-data": authority}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "it",
            "clusters": [{"name": "it", "cluster": cluster}],
            "users": [{"name": "it", "user": {"token": self._token}}],
            "contexts": [
                {"name": "it", "context": {"cluster": "it", "user": "it", "namespace": namespace}}
            ],
        }


@contextmanager
def control_plane(folder: Path) -> Iterator[ControlPlane]:
    """Run one with its data below a folder; admission is Kubernetes' own, authorization RBAC."""
    etcd, peers, port = free_port(), free_port(), free_port()
    store, token = f"http://127.0.0.1:{etcd}", secrets.token_hex(16)
    (folder / "tokens").write_text(f"{token},admin,admin,system:masters\n")
    signing, certificates = folder / "signing.key", folder / "certificates"
    signing.write_bytes(_private_key())
    plane = ControlPlane(port, certificates / "apiserver.crt", token)
    with ExitStack() as running:

        def start(name: str, *flags: str) -> Program:
            return running.enter_context(_running(folder, name, flags))

        start(
            "etcd",
            f"--data-dir={folder / 'etcd'}",
            f"--listen-client-urls={store}",
            f"--advertise-client-urls={store}",
            f"--listen-peer-urls=http://127.0.0.1:{peers}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        )
        server = start(
            "kube-apiserver",
            f"--etcd-servers={store}",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            f"--cert-dir={certificates}",
            "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.0.0.0/16",
            f"--token-auth-file={folder / 'tokens'}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={signing}",
            f"--service-account-signing-key-file={signing}",
        )
        _wait(plane, server, folder / "kube-apiserver.log")
        (folder / "kubeconfig").write_text(json.dumps(plane.kubeconfig()))
        start(
            "kube-controller-manager",
            f"--kubeconfig={folder / 'kubeconfig'}",
            "--leader-elect=false",
            "--secure-port=0",
            f"--service-account-private-key-file={signing}",
            f"--root-ca-file={plane.ca}",
        )
        yield plane


def _private_key() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


@contextmanager
def _running(folder: Path, name: str, flags: Iterable[str]) -> Iterator[Program]:
    with (folder / f"{name}.log").open("wb") as log:
        program = subprocess.Popen(
            [BIN / "hyperkube", name, *flags], stdout=log, stderr=log, cwd=folder
        )
    try:
        yield program
    finally:
        program.kill()  # there is nothing to save
        program.wait(10)


def _wait(plane: ControlPlane, server: Program, log: Path) -> None:
    end = time.monotonic() + 60
    while not plane.ready():
        assert server.poll() is None, log.read_text()[-3000:]
        assert time.monotonic() < end, log.read_text()[-3000:]
        time.sleep(0.1)
