"""The page about kubectl alone: its commands are run as they are, against a real API server.

No container runs: what a kubelet would say of pods is said by a thread of the test.
"""

import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from api_server import ApiServer, Body, RefusedError
from test_dist import BIN, floe, run
from test_docs import blocks

pytestmark = [pytest.mark.requirement("FR-015"), pytest.mark.tools, pytest.mark.slow]

LOOK, FUNCTIONS, FIRST, SECRETS, GATE, REST, GONE, JOBS, AGAIN = blocks(
    "docs/how-to/apply-without-gitops.md", "sh"
)
OVERLAY = Path("overlays", "dev", "environment.yaml")
SPACE = "data-dev"


class Nodes:
    """Says that pods run, and that those of Jobs have ended."""

    def __init__(self, plane: ApiServer) -> None:
        self.plane = plane
        self.gate = 0
        """Exit code of the gate's pods."""
        self.fault: Exception | None = None

    def work(self, ending: threading.Event) -> None:
        try:
            while not ending.wait(0.2):
                for pod in self.plane.ask("GET", f"/api/v1/namespaces/{SPACE}/pods")["items"]:
                    if pod["status"]["phase"] == "Pending":
                        self._say(pod)
        except Exception as fault:  # noqa: BLE001  for whoever waits
            self.fault = fault

    def _say(self, pod: Body) -> None:
        metadata, containers = pod["metadata"], pod["spec"]["containers"]
        status: Body = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
        if any(owner["kind"] == "Job" for owner in metadata["ownerReferences"]):
            is_gate = metadata["labels"]["app.kubernetes.io/name"] == "preflight"
            code = self.gate if is_gate else 0
            ended = [
                {"name": each["name"], "state": {"terminated": {"exitCode": code}}}
                for each in containers
            ]
            status = {"phase": "Failed" if code else "Succeeded", "containerStatuses": ended}
        path = f"/api/v1/namespaces/{SPACE}/pods/{metadata['name']}/status"
        try:
            self.plane.ask("PATCH", path, {"status": status}, "application/merge-patch+json")
        except RefusedError as error:
            if error.code != 404:  # it has gone meanwhile
                raise


@pytest.fixture
def nodes(plane: ApiServer) -> Iterator[Nodes]:
    ending = threading.Event()
    found = Nodes(plane)
    worker = threading.Thread(target=found.work, args=(ending,))
    worker.start()
    yield found
    ending.set()
    worker.join()
    plane.ask("DELETE", f"/api/v1/namespaces/{SPACE}")
    if found.fault:
        raise found.fault


def git(repo: Path, *arguments: str) -> None:
    person = ("-c", "user.name=Jo", "-c", "user.email=jo@example.com")
    result = run("git", *person, *arguments, cwd=repo)
    assert result.returncode == 0, result.stderr


def released(repo: Path, old: str, new: str) -> None:
    text = (repo / OVERLAY).read_text()
    assert old in text
    (repo / OVERLAY).write_text(text.replace(old, new))
    assert floe("synth", cwd=repo).returncode == 0
    git(repo, "add", "--all")
    git(repo, "commit", "--quiet", "--message", "Release")


def test_the_page_applies_a_release_behind_its_gate_and_removes_what_has_gone(
    nodes: Nodes, tmp_path: Path
) -> None:
    repo, config = tmp_path / "repo", tmp_path / "kubeconfig"
    config.write_text(json.dumps(nodes.plane.kubeconfig()))
    assert floe("init", repo).returncode == 0
    git(repo, "init", "--quiet")
    released(repo, "# gate:\n#   image", "gate:\n  image")

    def typed(*parts: str) -> subprocess.CompletedProcess[str]:
        script = "\n".join((FUNCTIONS, *parts))
        path = f"{BIN}:/usr/local/bin:/usr/bin:/bin"
        return run("sh", "-c", script, cwd=repo, env={"KUBECONFIG": str(config), "PATH": path})

    def there(kind: str, **labels: str) -> set[str]:
        group = {"deployments": "apps", "jobs": "batch"}[kind]
        path = f"/apis/{group}/v1/namespaces/{SPACE}/{kind}"
        items = nodes.plane.ask("GET", path)["items"]
        return {
            each["metadata"]["name"]
            for each in items
            if labels.items() <= each["metadata"]["labels"].items()
        }

    nodes.gate = 78
    closed = typed(FIRST, SECRETS, GATE, REST)
    assert closed.returncode == 1
    assert "has failed: nothing after 30-preflight was applied" in closed.stderr
    assert all(name.startswith("preflight-") for name in there("jobs"))
    assert there("deployments") == set()

    nodes.gate = 0
    opened = typed(AGAIN, REST)
    assert opened.returncode == 0, opened.stderr
    web, code, traces = "dagster-webserver", "dagster-code-analytics", "jaeger-all-in-one"
    assert there("deployments") == {web, "dagster-daemon", code, traces}
    same = typed(LOOK)
    assert (same.returncode, same.stdout) == (0, "")
    assert typed(FIRST, SECRETS, GATE, REST).returncode == 0

    before = there("jobs")
    text = (repo / OVERLAY).read_text()
    jaeger = text[text.index("jaeger:\n") : text.index("\n# Jobs that prove")]
    released(repo, jaeger, "jaeger: null\n")
    assert typed(LOOK).returncode == 1
    assert typed(FIRST, SECRETS, GATE, REST).returncode == 0
    assert there("deployments") == {web, "dagster-daemon", code, traces}
    moved = "configmap-dagster-instance.yaml"
    (repo / "dist/dev/50-platform/dagster" / moved).rename(repo / "dist/dev/40-migrate" / moved)
    (repo / "dist/dev/00-cluster/namespace-data-dev.yaml").unlink()
    git(repo, "add", "--all")
    git(repo, "commit", "--quiet", "--amend", "--no-edit")
    gone = typed(GONE)
    assert gone.returncode == 0, gone.stderr
    assert there("deployments") == {web, "dagster-daemon", code}
    assert nodes.plane.ask("GET", f"/api/v1/namespaces/{SPACE}")["status"]["phase"] == "Active"
    nodes.plane.ask("GET", f"/api/v1/namespaces/{SPACE}/configmaps/dagster-instance")
    assert there("jobs") > before
    assert typed(JOBS).returncode == 0
    assert there("jobs") == set()
