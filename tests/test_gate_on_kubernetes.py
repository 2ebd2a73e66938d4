"""Gate and verification of prod on a real control plane: what is admitted, how Jobs end."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from api_server import ApiServer, Body
from conftest import build
from floe_constructs.preflight.preflight import Preflight
from floe_constructs.preflight.spec import FOLDER
from preflight_example import spec
from rule_cases import PROD
from test_dist import run
from test_marquez import named

pytestmark = [pytest.mark.requirement("FR-015"), pytest.mark.tools, pytest.mark.slow]

SPACE = "/namespaces/data-prod"
CHECKING = (
    "00-cluster/",
    "10-foundation/",
    "30-preflight/",
    "50-platform/preflight/serviceaccount-",
    "60-verify/",
)
Found = TypeVar("Found")


def until(ask: Callable[[], Found | None]) -> Found:
    end = time.monotonic() + 120
    while not (found := ask()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


class Gate:
    """The Jobs, as the cluster has them."""

    def __init__(self, plane: ApiServer) -> None:
        self.plane = plane

    def job(self, suite: str) -> Body:
        path = f"/apis/batch/v1{SPACE}/jobs"
        (found,) = [
            each
            for each in self.plane.ask("GET", path)["items"]
            if each["metadata"]["name"][:-11] == f"preflight-{suite}"
        ]
        return dict(found)

    def pods(self, suite: str) -> list[Body]:
        query = f"?labelSelector=app.kubernetes.io/component={suite}"
        found: list[Body] = self.plane.ask("GET", f"/api/v1{SPACE}/pods{query}")["items"]
        return found

    def ends(self, suite: str, code: int, *, disrupted: bool = False) -> None:
        """Say of its pod what a kubelet would say."""
        (pod,) = until(lambda: self.pods(suite))
        ended = {"name": "preflight", "state": {"terminated": {"exitCode": code}}}
        condition = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "EvictionByEvictionAPI",
        }
        status = {
            "phase": "Succeeded" if code == 0 else "Failed",
            "containerStatuses": [ended],
            "conditions": [condition] if disrupted else [],
        }
        path = f"/api/v1{SPACE}/pods/{pod['metadata']['name']}/status"
        self.plane.ask("PATCH", path, {"status": status}, "application/merge-patch+json")

    def ended(self, suite: str) -> tuple[str, str] | None:
        """Answer how a Job has ended, and why."""
        for condition in self.job(suite).get("status", {}).get("conditions", ()):
            if condition["type"] in {"Complete", "Failed"}:
                return condition["type"], condition.get("reason", "")
        return None


@pytest.fixture(scope="module")
def gate(plane: ApiServer) -> Iterator[Gate]:
    """All of prod that checks, and what it stands on, as it is written."""
    known = {resource.kind for resource in plane.resources}
    objects = [
        manifest
        for part in CHECKING
        for file, manifest in PROD.items()
        if file.startswith(part) and manifest["kind"] in known
    ]
    plane.apply(objects)
    yield Gate(plane)
    for manifest in objects:
        if manifest["kind"] in {"ClusterRole", "ClusterRoleBinding", "Namespace", "PriorityClass"}:
            plane.ask("DELETE", plane.path(manifest))


def test_every_job_gets_a_pod_in_a_restricted_namespace_with_a_quota(gate: Gate) -> None:
    enforced = gate.plane.ask("GET", f"/api/v1{SPACE}")["metadata"]["labels"]
    assert enforced["pod-security.kubernetes.io/enforce"] == "restricted"
    suites = ("services", "cluster", "dagster-code-analytics", "cube-store-router", "verify")
    until(lambda: all(map(gate.pods, suites)))
    for suite in suites:
        (pod,) = gate.pods(suite)
        assert pod["spec"]["restartPolicy"] == "Never"


def test_what_is_definitive_ends_the_job_at_once_and_is_not_tried_again(gate: Gate) -> None:
    gate.ends("dagster-code-analytics", 78)
    assert until(lambda: gate.ended("dagster-code-analytics")) == ("Failed", "PodFailurePolicy")
    assert len(gate.pods("dagster-code-analytics")) == 1


def test_what_time_may_mend_is_tried_again(gate: Gate) -> None:
    gate.ends("services", 1)
    until(lambda: gate.job("services")["status"].get("failed"))
    assert gate.ended("services") is None


def test_a_pod_that_its_node_gave_up_counts_for_nothing(gate: Gate) -> None:
    gate.ends("cube-store-router", 143, disrupted=True)
    until(lambda: len(gate.pods("cube-store-router")) == 2)
    assert not gate.job("cube-store-router")["status"].get("failed")
    assert gate.ended("cube-store-router") is None


def test_a_gate_that_passes_is_there_for_whoever_waits_for_it(gate: Gate) -> None:
    gate.ends("cluster", 0)
    kind, _ = until(lambda: gate.ended("cluster"))
    assert kind == "Complete"
    spec: dict[str, Any] = gate.job("cluster")["spec"]
    assert "ttlSecondsAfterFinished" not in spec


def program(folder: Path, job: Body, told: Body) -> subprocess.CompletedProcess[str]:
    """Run what a Job's container runs, where there is neither a Secret nor an account."""
    (container,) = job["spec"]["template"]["spec"]["containers"]
    (folder / "preflight.yaml").write_text(told["data"]["preflight.yaml"])
    command = [part.replace(FOLDER, str(folder)) for part in container["command"]]
    return run(sys.executable, "-m", "floe_deploy", *command[1:])


def written(suite: str) -> tuple[Body, Body]:
    folder = f"30-preflight/{{}}-preflight-{suite}.yaml"
    return PROD[folder.format("job")], PROD[folder.format("configmap")]


def test_the_program_says_which_secrets_are_missing_and_is_tried_again(tmp_path: Path) -> None:
    job, told = written("services")
    result = program(tmp_path, job, told)
    assert result.returncode == 1
    (container,) = job["spec"]["template"]["spec"]["containers"]
    for variable in container["env"]:
        if "valueFrom" in variable:
            key = variable["valueFrom"]["secretKeyRef"]
            assert f"Secret {key['name']}, key {key['key']}" in result.stderr


def test_the_program_takes_every_option_that_an_overlay_can_lead_to(tmp_path: Path) -> None:
    gate = spec(skip=("postgres.dagster.rights",), ignore=("PLAIN_TRAFFIC",), strict=True)
    objects = build(lambda chart: Preflight(chart, "preflight", gate))
    told = objects["ConfigMap", "preflight-services"]
    result = program(tmp_path, named(objects, "Job", "preflight-services-"), told)
    assert "Secret database, key password" in result.stderr
    assert result.returncode == 1


def test_outside_of_a_cluster_the_one_that_asks_it_is_not_tried_again(tmp_path: Path) -> None:
    result = program(tmp_path, *written("cluster"))
    assert "CLUSTER_NO_ACCOUNT" in result.stdout
    assert result.returncode == 78
