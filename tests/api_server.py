"""A Kubernetes API server, as somebody with a token sees it."""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import urllib3

Body = dict[str, Any]


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


class ApiServer:
    """What it answers to this token."""

    def __init__(self, port: int, ca: Path, token: str) -> None:
        self.port, self.ca, self._token = port, ca, token
        self.warnings: list[str] = []
        """What it had to say beside its answers, which is what `kubectl` prints."""

    @cached_property
    def _pool(self) -> urllib3.HTTPSConnectionPool:
        return urllib3.HTTPSConnectionPool(
            "127.0.0.1", self.port, ca_certs=str(self.ca), maxsize=40, timeout=60, retries=False
        )

    def ask(
        self, method: str, path: str, body: object = None, content: str = "application/json"
    ) -> Body:
        """Answer what the API server answers."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": content}
        text = None if body is None else json.dumps(body)
        answer = self._pool.request(method, path, body=text, headers=headers)
        self.warnings += answer.headers.getlist("Warning")
        if "json" not in answer.headers["Content-Type"]:
            raise RefusedError(answer.status, answer.data.decode())
        found: Body = answer.json()
        if answer.status >= 400:
            raise RefusedError(answer.status, found["message"])
        return found

    def events(self, path: str, since: str) -> list[Body]:
        """Answer what has happened to a resource's objects since a version of their list."""
        headers = {"Authorization": f"Bearer {self._token}"}
        query = f"{path}?watch=true&timeoutSeconds=1&resourceVersion={since}"
        answer = self._pool.request("GET", query, headers=headers)
        return [json.loads(line) for line in answer.data.splitlines()]

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

    def apply(self, objects: Iterable[Mapping[str, Any]]) -> list[Body]:
        """Bring objects to what is said, as a GitOps controller does; answer what they are then."""
        query = "?fieldManager=tests&force=true"
        return [
            self.ask("PATCH", self.path(found) + query, found, "application/apply-patch+yaml")
            for found in objects
        ]

    def token(self, namespace: str, account: str) -> str:
        """Answer a token of a ServiceAccount, as its pods get one."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        token: str = self.ask("POST", path, request)["status"]["token"]
        return token

    def account(self, namespace: str, name: str) -> "ApiServer":
        """Answer it as a ServiceAccount sees it."""
        return ApiServer(self.port, self.ca, self.token(namespace, name))

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
