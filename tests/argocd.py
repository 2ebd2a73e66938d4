"""Argo CD's own application controller and repository server on a cluster.

They run as its manifests have them: with its configuration, its definitions and a default of two
seconds between waves. In the place of Redis is a store in memory, of the same program. Nobody needs
its API server: what `argocd` asks of it is written into the Application, as it does. It reads
repositories at the addresses that `delivery/` says; a proxy leads there.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

import yaml

from api_server import ApiServer, Body
from cluster import Cluster
from control_plane import program
from git_server import GitServer
from played import MERGE
from postgres import free_port
from proxy import proxy
from test_dist import BIN, ROOT
from tls import Authority

SPACE = "argocd"
_API = f"/apis/argoproj.io/v1alpha1/namespaces/{SPACE}"
_PATH = f"{_API}/applications"
_INSTALLED = ROOT / ".tools" / "argocd"


class ArgoCd:
    """The controllers, as somebody with `argocd` or kubectl sees them."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._plane: ApiServer = cluster.plane

    def application(self, name: str) -> Body:
        """Answer one as it is now."""
        return self._plane.ask("GET", f"{_PATH}/{name}")

    def change(self, name: str, body: object) -> None:
        """Say something of one."""
        self._plane.ask("PATCH", f"{_PATH}/{name}", body, MERGE)

    def refresh(self, name: str) -> None:
        """Have it look at Git, as a webhook or `argocd app get --refresh` has."""
        self.change(name, {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}})

    def sync(self, name: str, *options: str) -> None:
        """Have it applied once more, as `argocd app sync` has, and wait for the end."""
        policy = self.application(name)["spec"]["syncPolicy"]
        sync = {"prune": True, "syncOptions": [*policy["syncOptions"], *options]}
        who = {"username": "tests"}
        self.change(name, {"operation": {"sync": sync, "initiatedBy": who}})
        self.cluster.until(lambda: "operation" not in self.application(name), name)

    def stop(self, name: str) -> None:
        """Have it end what it does, as `argocd app terminate-op` has, and wait until it has."""
        if self.operation(name)["phase"] == "Running":
            self.change(name, {"status": {"operationState": {"phase": "Terminating"}}})
        self.cluster.until(lambda: self.operation(name)["phase"] == "Failed", name)

    def delete(self, name: str) -> None:
        """Delete one with what it has applied, and wait until it is gone."""
        application = self.application(name)
        self._plane.ask("DELETE", f"{_PATH}/{name}")
        self.cluster.until(lambda: not self.cluster.has(application), name)

    def operation(self, name: str) -> Body:
        """Answer what it does, or has done last."""
        found: Body = self.application(name).get("status", {}).get("operationState", {})
        return found


@contextmanager
def argocd(cluster: Cluster, git: GitServer, *hosts: str) -> Iterator[ArgoCd]:
    """Run them; all hosts of repositories are this Git server."""
    folder = cluster.folder / "argocd"
    for name in ("authorities", "home", "work"):
        (folder / name).mkdir(parents=True)
    authority = Authority("hosts of repositories")
    for host in hosts:
        (folder / "authorities" / host).write_text(authority.pem)
    installed = _installed()
    cluster.plane.apply(installed)
    redis, repositories = free_port(), free_port()
    with ExitStack() as running:
        through = running.enter_context(
            proxy(folder, authority, hosts, urlsplit(git.url).port or 0)
        )
        env = {
            "ARGOCD_ASK_PASS_SOCK": str(folder / "ask"),
            "ARGOCD_FAKE_IN_CLUSTER": "true",
            "ARGOCD_GPG_ENABLED": "false",
            "ARGOCD_TLS_DATA_PATH": str(folder / "authorities"),
            "HOME": str(folder / "home"),
            "HTTPS_PROXY": through,
            "NO_PROXY": "127.0.0.1",
            "KUBECONFIG": str(cluster.folder / "kubeconfig"),
            "PATH": f"{BIN}:{_INSTALLED}:{os.environ['PATH']}",
            "TMPDIR": str(folder / "work"),
        }
        cache = f"--redis=127.0.0.1:{redis}"

        def start(name: str, *flags: str) -> None:
            command = ["argocd", name, *flags]
            running.enter_context(program(cluster.folder, f"argocd-{name}", command, env))

        start("redis", f"127.0.0.1:{redis}")
        start(
            "repo-server",
            cache,
            "--address=127.0.0.1",
            f"--port={repositories}",
            "--metrics-address=127.0.0.1",
            f"--metrics-port={free_port()}",
            "--disable-tls",
            "--client-ca-path=",
        )
        start(
            "application-controller",
            cache,
            f"--namespace={SPACE}",
            f"--repo-server=127.0.0.1:{repositories}",
            "--repo-server-plaintext",
            # It takes this from wherever it is asked, and no flag says otherwise.
            f"--metrics-port={free_port()}",
        )
        try:
            yield ArgoCd(cluster)
        finally:
            running.close()
            _removed(cluster, installed)
            shutil.rmtree(folder)


def _removed(cluster: Cluster, installed: list[Body]) -> None:
    """Remove all of it, and leave what it has applied to whoever had it applied."""
    for kind in ("applications", "appprojects"):
        path = f"{_API}/{kind}"
        for found in cluster.plane.ask("GET", path)["items"]:
            body = {"metadata": {"finalizers": None}}
            cluster.plane.ask("PATCH", f"{path}/{found['metadata']['name']}", body, MERGE)
    cluster.remove(installed)


def _installed() -> list[Body]:
    """Answer what its manifests install that its programs read."""
    space: Body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}
    found = [space]
    for file in sorted(_INSTALLED.glob("argocd-*.yaml")):
        body: Any = yaml.load(file.read_text(), yaml.CSafeLoader)
        body["metadata"]["namespace"] = SPACE
        found.append(body)
    return found
