"""The tutorial, from an empty folder to a reconciled environment, as somebody follows it.

Its commands are run as they are written, against a real API server and Flux' own controller, which
reads what was pushed from a Git server. Nodes are kwok's and run no container: the gate's pods end
by what the database would say, which is whether the overlay names the one that is there. A phase
looks every two seconds whether the one before is ready; Flux' own default is 30.
"""

import json
import re
import time
from pathlib import Path

import pytest
import yaml

from api_server import Body
from cluster import PATIENCE_SECONDS, Cluster, cluster
from flux import URL, flux
from git_server import GitServer, git_server
from played import ended
from reader import STEP, Reader
from test_dist import ROOT

pytestmark = [pytest.mark.requirement("SC-005"), pytest.mark.tools, pytest.mark.slow]

PAGE = ROOT / "docs" / "tutorial" / "first-release.md"
SPACE = "data-dev"
ANY = re.compile(rf"{STEP.pattern}|```sh\n(?P<script>.*?)```", re.DOTALL)


class Operator(Reader):
    """A reader with a cluster."""

    patience_seconds = PATIENCE_SECONDS

    def __init__(self, folder: Path, running: Cluster, server: GitServer) -> None:
        super().__init__(folder)
        where = (server.folder / "platform.git").as_posix()
        self.env |= {
            "KUBECONFIG": str(running.folder / "kubeconfig"),
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{where}.insteadOf",
            "GIT_CONFIG_VALUE_0": URL,
        }

    def chapters(self, page: Path) -> dict[str, list[re.Match[str]]]:
        """Answer what is to be done in each chapter."""
        parts = re.split(r"^## (.*)\n", page.read_text(), flags=re.MULTILINE)[1:]
        return {
            title: list(ANY.finditer(text))
            for title, text in zip(parts[::2], parts[1::2], strict=True)
        }

    def do(self, steps: list[re.Match[str]]) -> str:
        """Do what a chapter says; answer what its last script printed."""
        said = ""
        for step in steps:
            if step["script"]:
                said = self.run(f"set -e\n{step['script']}")
                assert self.status == 0, said
            else:
                self.step(step)
        return said


def _database_of(running: Cluster) -> str:
    path = f"/api/v1/namespaces/{SPACE}/configmaps/preflight-services"
    told = running.plane.ask("GET", path)["data"]["preflight.yaml"]
    (found,) = yaml.safe_load(told)["postgres"]
    return str(found["database"])


def _ready(running: Cluster) -> dict[str, str]:
    path = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations"
    return {
        each["metadata"]["name"].removeprefix(f"{SPACE}-"): condition["status"]
        for each in running.plane.ask("GET", path)["items"]
        for condition in each["status"]["conditions"]
        if condition["type"] == "Ready"
    }


def test_the_tutorial_ends_with_a_reconciled_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("cluster", "git", "reader"):
        (tmp_path / name).mkdir()
    with (
        cluster(tmp_path / "cluster") as running,
        git_server(tmp_path / "git") as server,
        flux(running, server, "--requeue-dependency=2s"),
    ):

        def answers(pod: Body) -> Body:
            return ended(pod, 0 if _database_of(running) == "dagster" else 78)

        running.played.jobs[SPACE, "preflight-services"] = answers
        reader = Operator(tmp_path / "reader", running, server)
        chapters = reader.chapters(PAGE)
        began = time.monotonic()
        for title in list(chapters)[:4]:
            reader.do(chapters.pop(title))
        took = time.monotonic() - began
        phases = [path.name for path in (ROOT / "dist" / "dev").iterdir() if path.is_dir()]
        assert _ready(running) == dict.fromkeys(phases, "True")
        with capsys.disabled():
            print(f"\ntutorial: {took:.0f} s from an empty folder to all phases ready")  # noqa: T201

        webserver = f"/apis/apps/v1/namespaces/{SPACE}/deployments/dagster-webserver"
        change, failure, mending, _ = chapters.values()
        reader.do(change)
        assert running.plane.ask("GET", webserver)["spec"]["replicas"] == 2

        before = running.plane.ask("GET", webserver)
        reader.do(failure)
        closed = {"30-preflight", "40-migrate", "50-platform", "60-verify"}
        assert {name for name, ready in _ready(running).items() if ready == "False"} == closed
        after = running.plane.ask("GET", webserver)
        assert after["metadata"]["generation"] == before["metadata"]["generation"]
        config = f"/api/v1/namespaces/{SPACE}/configmaps"
        names = json.dumps(running.plane.ask("GET", config)["items"])
        assert "dagster_db: dagstre" not in names

        reader.do(mending)
        assert _ready(running) == dict.fromkeys(phases, "True")
        assert _database_of(running) == "dagster"
