"""Flux' own kustomize-controller on a cluster, and what stands in for its source-controller.

Flux' source-controller cannot be built here: what it does for Git is played, from GitRepository
objects as they are (their branch, tag or range of versions) to the archive that it serves of a
commit. It sees a commit within half a second, as a real one does that a webhook tells of it.
"""

import gzip
import hashlib
import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from api_server import ApiServer, Body
from cluster import Cluster
from control_plane import program
from git_server import GitServer, git
from played import MERGE, now
from postgres import free_port

SPACE = "flux-system"
URL = "https://git.example.com/data/platform.git"
"""Where the repository of all environments is, as far as they know."""

GROUP = "kustomize.toolkit.fluxcd.io"
_SOURCES = "/apis/source.toolkit.fluxcd.io/v1"
_KUSTOMIZATIONS = f"/apis/{GROUP}/v1/namespaces/{SPACE}/kustomizations"


class Source:
    """What fetches commits and serves them."""

    def __init__(self, plane: ApiServer, folder: Path, port: int, url: str) -> None:
        self._plane, self._folder, self._port, self._url = plane, folder, port, url
        self.fault: Exception | None = None

    def work(self, ending: threading.Event) -> None:
        """Do it twice a second."""
        try:
            while not ending.wait(0.5):
                self._tick()
        except Exception as fault:  # noqa: BLE001  for whoever waits
            self.fault = fault

    def _tick(self) -> None:
        refs: dict[str, str] = {}
        for line in git("ls-remote", self._url).decode().splitlines():
            commit, name = line.split()
            refs[name] = commit
        for found in self._plane.ask("GET", f"{_SOURCES}/gitrepositories")["items"]:
            assert found["spec"]["url"] == URL
            self._attend(found, refs)

    def _attend(self, found: Body, refs: Mapping[str, str]) -> None:
        metadata, status = found["metadata"], found.get("status", {})
        name = chosen(found["spec"]["ref"], refs)
        if name is None:
            return
        commit = refs[name]
        revision = f"{name.split('/', 2)[2]}@sha1:{commit}"
        seen = status.get("observedGeneration"), status.get("artifact", {}).get("revision")
        if seen == (metadata["generation"], revision):
            return
        path = f"{commit}.tar.gz"
        data = self._archive(commit, self._folder / path)
        artifact = {
            "path": path,
            "url": f"http://127.0.0.1:{self._port}/{path}",
            "revision": revision,
            "digest": f"sha256:{hashlib.sha256(data).hexdigest()}",
            "size": len(data),
            "lastUpdateTime": now(),
        }
        ready = {"type": "Ready", "status": "True", "reason": "Succeeded", "message": revision}
        ready |= {"lastTransitionTime": now(), "observedGeneration": metadata["generation"]}
        said = {"observedGeneration": metadata["generation"], "artifact": artifact}
        where = f"{_SOURCES}/namespaces/{metadata['namespace']}/gitrepositories/{metadata['name']}"
        status = said | {"conditions": [ready]}
        self._plane.ask("PATCH", f"{where}/status", {"status": status}, MERGE)

    def _archive(self, commit: str, path: Path) -> bytes:
        if not path.exists():
            bare = self._folder / "fetched.git"
            if not bare.exists():
                git("init", "--quiet", "--bare", bare)
            git("-C", bare, "fetch", "--quiet", "--depth=1", self._url, commit)
            packed = git("-C", bare, "archive", "--format=tar", commit)
            path.write_bytes(gzip.compress(packed, 1, mtime=0))
        return path.read_bytes()


def chosen(wanted: Body, refs: Mapping[str, str]) -> str | None:
    """Answer the reference that a GitRepository asks for, once it is there."""
    ((way, name),) = wanted.items()
    if way == "semver":
        tags = {
            Version(found[1]): found[0]
            for found in (re.fullmatch(r"refs/tags/v?(\d+\.\d+\.\d+)", ref) for ref in refs)
            if found
        }
        inside = list(SpecifierSet(name).filter(tags))
        return tags[max(inside)] if inside else None
    ref = f"refs/{'heads' if way == 'branch' else 'tags'}/{name}"
    return ref if ref in refs else None


class Flux:
    """The controller, as somebody with kubectl sees it."""

    def __init__(self, cluster: Cluster, git: GitServer, source: Source) -> None:
        self.cluster, self.git, self._source = cluster, git, source

    def path(self, name: str) -> str:
        """Answer where a Kustomization is."""
        return f"{_KUSTOMIZATIONS}/{name}"

    def has(self, name: str) -> bool:
        """Answer whether there is one of this name."""
        query = f"{_KUSTOMIZATIONS}?fieldSelector=metadata.name={name}"
        return bool(self.cluster.plane.ask("GET", query)["items"])

    def kustomization(self, name: str) -> Body:
        """Answer one as it is now."""
        if self._source.fault:
            raise self._source.fault
        return self.cluster.plane.ask("GET", self.path(name))

    def said(self, name: str) -> tuple[str, str, str]:
        """Answer whether it is ready, the reason and the message."""
        for each in self.kustomization(name).get("status", {}).get("conditions", ()):
            if each["type"] == "Ready":
                return each["status"], each["reason"], each["message"]
        return "Unknown", "", ""

    def applied(self, name: str, commit: str) -> bool:
        """Answer whether it is ready with a commit."""
        found = self.kustomization(name)
        revision = found.get("status", {}).get("lastAppliedRevision", "")
        ready = self.said(name)[0] == "True"
        fresh = found["status"].get("observedGeneration") == found["metadata"]["generation"]
        return bool(ready and fresh and revision.endswith(commit))

    def reconcile(self, name: str) -> None:
        """Have it reconciled now, as `flux reconcile kustomization` does, and wait for the end."""
        asked = os.urandom(4).hex()
        annotation = {"reconcile.fluxcd.io/requestedAt": asked}
        body = {"metadata": {"annotations": annotation}}
        self.cluster.plane.ask("PATCH", self.path(name), body, MERGE)

        def handled() -> bool:
            status = self.kustomization(name)["status"]
            return bool(status.get("lastHandledReconcileAt") == asked)

        self.cluster.until(handled, name)


@contextmanager
def flux(cluster: Cluster, server: GitServer, *flags: str) -> Iterator[Flux]:
    """Run the controller with flags beside those that it needs here."""
    folder = cluster.folder / "flux"
    for name in ("archives", "work"):
        (folder / name).mkdir(parents=True)
    cluster.plane.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}])
    handler = partial(_Archives, directory=str(folder / "archives"))
    health = free_port()
    command = [
        "kustomize-controller",
        "--enable-leader-election=false",
        "--events-addr=",
        f"--metrics-addr=127.0.0.1:{free_port()}",
        f"--health-addr=127.0.0.1:{health}",
        "--concurrent=20",
        *flags,
    ]
    env = {
        "KUBECONFIG": str(cluster.folder / "kubeconfig"),
        "RUNTIME_NAMESPACE": SPACE,
        "TMPDIR": str(folder / "work"),
    }
    ending = threading.Event()
    with ExitStack() as running:
        archives = running.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), handler))
        port = archives.server_address[1]
        source = Source(cluster.plane, folder / "archives", port, server.url)
        threads = [
            threading.Thread(target=archives.serve_forever),
            threading.Thread(target=source.work, args=(ending,)),
        ]
        for thread in threads:
            thread.start()
        try:
            running.enter_context(program(cluster.folder, "kustomize-controller", command, env))
            yield Flux(cluster, server, source)
        finally:
            ending.set()
            archives.shutdown()
            for thread in threads:
                thread.join()


class _Archives(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""
