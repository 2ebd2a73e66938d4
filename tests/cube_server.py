"""The real Cube server, as the pods of a rendered Deployment start it.

It is an older one than manifests name: of 1.x there is no whole server in npm, whose packages
download their compiled parts from elsewhere. Cube Store cannot be had at all, so that the variables
that lead to it are left out, cache and queue are in the server's own memory, and pre-aggregations
in the data source (`external: false` in their model). It also looks each second for what is to be
built, not each half minute. Otherwise variables, files and rights are those of the manifest.
"""

import dataclasses
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar
from urllib.parse import urlencode

import urllib3

import pods
import probe
from conftest import Objects, build
from floe_constructs.cube import Cube, CubeSpec
from loopback import address
from object_stores import NODE
from pods import Body, Cluster, Edits, Pod
from test_dist import ROOT

Answer = TypeVar("Answer")

TOOLS = ROOT / ".tools" / "cube"
WORK = "cube/conf"
"""The image's working directory."""
PROGRAM = TOOLS / "node_modules" / "@cubejs-backend" / "server" / "bin" / "server"


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server, and what it answers."""

    pod: Pod
    container: Body
    address: str
    process: subprocess.Popen[bytes]

    def get(self, path: str, token: str | None = None) -> tuple[int, Any]:
        """Answer status and body of a page, which is JSON unless it is for people."""
        headers = {"Connection": "close"} | ({"Authorization": token} if token else {})
        url = f"http://{self.address}:4000{path}"
        answer = urllib3.request("GET", url, headers=headers, retries=False, timeout=30)
        if "json" not in answer.headers.get("Content-Type", ""):
            return answer.status, answer.data.decode()
        return answer.status, answer.json()

    def ask(self, query: Body, token: str | None, about: str = "load") -> tuple[int, Any]:
        """Answer what there is to a query, once there is."""
        path = f"/cubejs-api/v1/{about}?{urlencode({'query': json.dumps(query)})}"

        def answer() -> tuple[int, Any] | None:
            status, body = self.get(path, token)
            return None if body.get("error") == "Continue wait" else (status, body)

        return self.until(answer)

    def rows(self, query: Body, token: str) -> list[Body]:
        """Answer the rows of a query."""
        status, body = self.ask(query, token)
        assert status == 200, body
        found: list[Body] = body["data"]
        return found

    def until(self, ask: Callable[[], Answer | None], seconds: int = 60) -> Answer:
        """Ask until there is an answer that counts."""
        end = time.monotonic() + seconds
        while not (answer := ask()):
            assert self.process.poll() is None, self.pod.log[-3000:]
            assert time.monotonic() < end, self.pod.log[-3000:]
            time.sleep(0.1)
        return answer

    def pleases(self, which: str) -> bool:
        """Answer whether its kubelet would be content with it."""
        return probe.answers(self.address, self.container, which)


@dataclass(frozen=True, kw_only=True)
class Example:
    """A rendered Cube, and what is in its Secrets."""

    folder: Path
    spec: CubeSpec
    secrets: Edits

    @cached_property
    def objects(self) -> Objects:
        return build(lambda chart: Cube(chart, "cube", self.spec))

    def texts(self, kind: str, name: str) -> Mapping[str, str]:
        """Answer what is in a ConfigMap or a Secret."""
        if kind == "ConfigMap":
            return dict(self.objects[kind, name]["data"])
        start = f"{name}/"
        own = {key: text for key, text in self.secrets.items() if key.startswith(start)}
        return {key.removeprefix(start): text for key, text in own.items()}

    def container(self, name: str) -> Body:
        """Answer the container of a Deployment."""
        (found,) = self.objects["Deployment", name]["spec"]["template"]["spec"]["containers"]
        return dict(found)

    def pod(self, name: str = "cube-api") -> Pod:
        """Lay a pod of a Deployment out, whose process is Cube's."""
        spec = self.objects["Deployment", name]["spec"]["template"]["spec"]
        root = Path(mkdtemp(dir=self.folder))
        (root / WORK).mkdir(parents=True)
        laid = pods.pod(root, spec, Cluster(self.texts), {"cubestore": "memory"})
        env = {name: text for name, text in laid.env.items() if "CUBESTORE" not in name}
        command = ["env", f"--chdir={root / WORK}", str(NODE), "--require", str(TOOLS / "here.cjs")]
        return dataclasses.replace(laid, args=[*command, str(PROGRAM)], env=env)

    @contextmanager
    def started(self, name: str = "cube-api") -> Iterator[Server]:
        """Run the server of a Deployment."""
        laid, at = self.pod(name), address()
        laid = dataclasses.replace(laid, args=[*laid.args, at])
        with laid.running() as process:
            yield Server(pod=laid, container=self.container(name), address=at, process=process)

    @contextmanager
    def server(self, name: str = "cube-api") -> Iterator[Server]:
        """Run the server of a Deployment until it is ready."""
        with self.started(name) as found:
            found.until(lambda: found.pleases("startupProbe"))
            found.until(lambda: found.pleases("readinessProbe"))
            yield found
