"""Pods with all that may be added to them, and those that runs launch, at a real API server."""

import json
import threading
import time
from pathlib import Path
from typing import Any

import dagster
import pytest
from dagster._core.pipes.utils import PipesTempFileMessageReader
from dagster_k8s import PipesK8sClient
from dagster_k8s.pipes import build_pod_body

from api_server import ApiServer, Body, RefusedError
from conftest import Objects
from pods import expanded
from test_dagster_config import container
from test_pipes import CLIENT, LAUNCHING, objects, run

__all__ = ["objects", "run"]
pytestmark = [pytest.mark.tools, pytest.mark.slow]

NAMESPACE = "data"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
ACCOUNT = f"dagster-run-{LAUNCHING['name']}"


@pytest.fixture
def cluster(plane: ApiServer, objects: Objects) -> ApiServer:
    """Bring in a namespace that admits nothing but what is restricted, and the runs' account."""
    admits = {"pod-security.kubernetes.io/enforce": "restricted"}
    metadata = {"name": NAMESPACE, "labels": admits}
    plane.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}])
    priority = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "value": 1}
    plane.apply([priority | {"metadata": {"name": "batch"}}])
    plane.apply(objects[kind, ACCOUNT] for kind in ("ServiceAccount", "Role", "RoleBinding"))
    return plane


def pods(cluster: ApiServer, selector: str) -> list[Body]:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        found: list[Body] = cluster.ask("GET", f"{PODS}?labelSelector={selector}")["items"]
        if found:
            return found
        time.sleep(0.1)
    return []


def test_a_run_with_all_that_is_added_is_admitted(
    cluster: ApiServer,
    run: dict[str, Any],
) -> None:
    cluster.ask("POST", f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs", run)
    (pod,) = pods(cluster, f"job-name={run['metadata']['name']}")
    first = [(one["name"], one.get("restartPolicy")) for one in pod["spec"]["initContainers"]]
    assert first == [("proxy", "Always"), ("agent", "Always"), ("models", None)]


def ended(cluster: ApiServer) -> None:
    """Say of the pod that pipes launch what a node would, whose program has ended."""
    (pod,) = pods(cluster, "team=finance,!job-name")
    (main,) = pod["spec"]["containers"]
    at = "2026-01-01T00:00:00Z"
    state = {"terminated": {"exitCode": 0, "startedAt": at, "finishedAt": at}}
    status = {"name": main["name"], "image": main["image"], "imageID": "", "state": state}
    status |= {"ready": False, "restartCount": 0}
    cluster.ask(
        "PATCH",
        f"{PODS}/{pod['metadata']['name']}/status",
        {"status": {"phase": "Succeeded", "containerStatuses": [status]}},
        "application/merge-patch+json",
    )


@pytest.mark.filterwarnings("ignore:AssetExecutionContext\\.")  # Dagster's own client does
@pytest.mark.filterwarnings("ignore::dagster_shared.utils.warnings.PreviewWarning")
def test_a_run_launches_a_pod_by_pipes_waits_for_it_and_takes_it_away(
    cluster: ApiServer,
    run: dict[str, Any],
    tmp_path: Path,
) -> None:
    file = tmp_path / "kubeconfig"
    account = cluster.account(NAMESPACE, ACCOUNT)
    file.write_text(json.dumps(account.kubeconfig(NAMESPACE)))
    (told,) = (one["value"] for one in container(run)["env"] if one["name"] == "FLOE_PIPES")
    client = PipesK8sClient(
        kubeconfig_file=str(file), message_reader=PipesTempFileMessageReader(), poll_interval=0.1
    )

    @dagster.asset
    def model(context: dagster.AssetExecutionContext) -> dagster.MaterializeResult[Any]:
        return client.run(
            context=context,
            image="acme/train:v1",
            namespace=NAMESPACE,
            pod_wait_timeout=60,
            **json.loads(expanded(told, {})),
        ).get_materialize_result()

    node = threading.Thread(target=ended, args=[cluster], daemon=True)
    node.start()
    assert dagster.materialize([model]).success
    node.join()
    left = cluster.ask("GET", f"{PODS}?labelSelector=team=finance,!job-name")["items"]
    assert all("deletionTimestamp" in pod["metadata"] for pod in left)


def test_without_the_variable_such_a_pod_is_refused(cluster: ApiServer) -> None:
    built = build_pod_body("bare", "acme/train:v1", ["train"], {}, None, None)
    pod = CLIENT.ApiClient().sanitize_for_serialization(built)
    pod |= {"apiVersion": "v1", "kind": "Pod"}
    with pytest.raises(RefusedError, match="violates PodSecurity"):
        cluster.account(NAMESPACE, ACCOUNT).ask("POST", PODS, pod)
