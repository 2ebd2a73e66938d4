"""What Dagster's accounts may ask of a real API server: what they need, and nothing else."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, job, op, reconstructable
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.execution.api import create_execution_plan
from dagster._core.execution.context_creation_job import PlanOrchestrationContextManager
from dagster._core.execution.context_creation_job import (
    orchestration_context_event_generator as orchestration,
)
from dagster._core.execution.plan.step import ExecutionStep
from dagster._core.executor.step_delegating import StepHandlerContext
from dagster._core.launcher import LaunchRunContext, WorkerStatus
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from dagster._core.test_utils import create_run_for_test, instance_for_test
from dagster._grpc.types import ExecuteStepArgs
from dagster_k8s import K8sRunLauncher
from dagster_k8s.container_context import K8sContainerContext
from dagster_k8s.executor import K8sStepHandler

from api_server import ApiServer, Body, Resource

ROOT = Path(__file__).parents[1]
PROD, STAGING = "data-prod", "data-staging"
pytestmark = [pytest.mark.tools, pytest.mark.slow, pytest.mark.requirement("FR-005")]

Asked = set[tuple[str, str]]
"""Resources, with their group where it has a name, and a verb."""

RIGHTS: dict[str, Asked] = {
    "dagster-daemon": {
        ("batch/jobs", "create"),
        ("batch/jobs", "delete"),
        ("batch/jobs", "list"),
        ("batch/jobs/status", "get"),
        ("events", "list"),
        ("pods", "delete"),
        ("pods", "list"),
        ("pods/log", "get"),
    },
    "dagster-webserver": {("batch/jobs", "delete"), ("pods", "delete"), ("pods", "list")},
    "dagster-run-finance": {
        ("batch/jobs", "create"),
        ("batch/jobs", "delete"),
        ("batch/jobs/status", "get"),
        ("pods", "delete"),
        ("pods", "get"),
        ("pods", "list"),
    },
}
"""Of all accounts the only ones with any, each in its own namespace."""

ANYBODY = {
    (f"{group}.k8s.io/{resource}", "create")
    for group, resource in (
        ("authentication", "selfsubjectreviews"),
        ("authorization", "selfsubjectaccessreviews"),
        ("authorization", "selfsubjectrulesreviews"),
    )
}
"""What Kubernetes lets everybody ask who is somebody: who they are, and what they may."""


def rendered(environment: str) -> dict[tuple[str, str], Body]:
    """Answer what an environment's cluster gets, by kind and name."""
    files = (ROOT / "dist" / environment).rglob("*/*.yaml")
    objects = [yaml.safe_load(file.read_text()) for file in files]
    return {
        (found["kind"], found["metadata"]["name"]): found
        for found in objects
        if found["kind"] != "Kustomization"
    }


PRODUCTION = rendered("prod")
ACCOUNTS = sorted(name for kind, name in PRODUCTION if kind == "ServiceAccount")
OTHERS = [name for name in ACCOUNTS if not name.startswith(("dagster-", "preflight-cluster"))]
"""The account that asks the cluster has a test of its own rights."""


@pytest.fixture(scope="module")
def cluster(plane: ApiServer) -> ApiServer:
    """Bring in the accounts of two environments, and what holds for all pods."""
    kinds = ["Namespace", "PriorityClass", "LimitRange", "ResourceQuota", "ServiceAccount"]
    kinds += ["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"]
    for environment in ("prod", "staging"):
        objects = rendered(environment)
        for kind in kinds:
            plane.apply(found for (of, _), found in objects.items() if of == kind)
    return plane


def allowed(account: ApiServer, namespaces: tuple[str, str]) -> dict[str, Asked]:
    """Ask everything that can be asked: of what is in a namespace, there; of the rest, at large."""

    def ask(question: tuple[str, Resource, str]) -> tuple[str, str, str] | None:
        namespace, resource, verb = question
        name, _, part = resource.name.partition("/")
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {
                "resourceAttributes": {
                    "group": resource.group,
                    "version": resource.version,
                    "resource": name,
                    "subresource": part,
                    "namespace": namespace,
                    "verb": verb,
                }
            },
        }
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        if not account.ask("POST", path, review)["status"]["allowed"]:
            return None
        group = f"{resource.group}/" if resource.group else ""
        return namespace, f"{group}{resource.name}", verb

    questions = [
        (namespace, resource, verb)
        for resource in account.resources
        for namespace in (namespaces if resource.namespaced else ("",))
        for verb in (*resource.verbs, "*")
    ]
    with ThreadPoolExecutor(8) as asking:
        answers = [found for found in asking.map(ask, questions) if found]
    return {
        at: {(resource, verb) for namespace, resource, verb in answers if namespace == at}
        for at in (*namespaces, "")
    }


@pytest.mark.parametrize("name", [name for name in ACCOUNTS if name.startswith("dagster-")])
def test_an_account_may_do_in_its_namespace_what_it_needs_and_nothing_else_anywhere(
    cluster: ApiServer, name: str
) -> None:
    found = allowed(cluster.account(PROD, name), (PROD, STAGING))
    assert found == {PROD: RIGHTS.get(name, set()), STAGING: set(), "": ANYBODY}


def test_the_accounts_of_other_components_may_do_what_anybody_may(cluster: ApiServer) -> None:
    assert RIGHTS.keys() < set(ACCOUNTS) - set(OTHERS)
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": PROD},
    }
    for name in OTHERS:
        account = cluster.account(PROD, name)
        path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
        status = account.ask("POST", path, review)["status"]
        found = {
            (f"{group}/{resource}", verb)
            for rule in status["resourceRules"]
            for group in rule["apiGroups"]
            for resource in rule["resources"]
            for verb in rule["verbs"]
        }
        assert (found, status["incomplete"]) == (ANYBODY, False), name


@op
def total() -> int:
    """Answer one."""
    return 1


@job
def report() -> None:
    """Run one step."""
    total()


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    """Answer a file that says who asks, where a pod would have a token."""
    return tmp_path / "kubeconfig"


@pytest.fixture
def dagster(kubeconfig: Path) -> Iterator[DagsterInstance]:
    """Make an instance with the rendered launcher, but for where it finds the API server."""
    settings = yaml.safe_load(PRODUCTION["ConfigMap", "dagster-instance"]["data"]["dagster.yaml"])
    launcher = settings["run_launcher"]
    where = {"load_incluster_config": False, "kubeconfig_file": str(kubeconfig)}
    launcher["config"] |= where
    with instance_for_test(overrides={"run_launcher": launcher}) as found:
        yield found


Acting = Callable[[str], Any]
"""What a process with an account launches runs by: a `K8sRunLauncher`, which has no types."""


@pytest.fixture
def acting(cluster: ApiServer, dagster: DagsterInstance, kubeconfig: Path) -> Acting:
    """Answer the launcher as the process with an account has it."""

    def launcher(account: str) -> Any:
        kubeconfig.write_text(json.dumps(cluster.account(PROD, account).kubeconfig(PROD)))
        configured = dagster.run_launcher  # reads the file, when first asked for
        assert isinstance(configured, K8sRunLauncher)
        assert configured.inst_data
        made: Any = K8sRunLauncher
        found = made.from_config_value(configured.inst_data, configured.inst_data.config_dict)
        found.register_instance(dagster)
        return found

    return launcher


def starting(dagster: DagsterInstance, location: str) -> DagsterRun:
    """Answer a run of a job of this location."""
    server = PRODUCTION["Deployment", f"dagster-code-{location}"]["spec"]["template"]["spec"]
    env = {found["name"]: found.get("value") for found in server["containers"][0]["env"]}
    repository = RepositoryPythonOrigin(
        executable_path=sys.executable,
        code_pointer=ModuleCodePointer("definitions", "report"),
        container_image=env["DAGSTER_CURRENT_IMAGE"],
        container_context=json.loads(env["DAGSTER_CLI_API_GRPC_CONTAINER_CONTEXT"]),
    )
    found: DagsterRun = create_run_for_test(
        dagster,
        job_name="report",
        status=DagsterRunStatus.STARTING,
        job_code_origin=JobPythonOrigin("report", repository),
    )
    return found


def job_of(run: DagsterRun) -> str:
    """Answer the name of a run's Job."""
    return f"dagster-run-{run.run_id}"


def pods(cluster: ApiServer, name: str) -> list[Body]:
    """Answer the pods of a Job."""
    query = f"?labelSelector=job-name={name}"
    found: list[Body] = cluster.ask("GET", f"/api/v1/namespaces/{PROD}/pods{query}")["items"]
    return found


def pod_of(cluster: ApiServer, name: str) -> Body:
    """Wait for the pod that the real controller makes, if admission lets it."""
    end = time.monotonic() + 30
    while not (found := pods(cluster, name)):
        assert time.monotonic() < end, cluster.ask("GET", f"/api/v1/namespaces/{PROD}/events")
        time.sleep(0.1)
    return found[0]


def gone(cluster: ApiServer, name: str) -> bool:
    """Wait for a Job and its pods to be gone."""
    end = time.monotonic() + 30
    jobs = f"/apis/batch/v1/namespaces/{PROD}/jobs?fieldSelector=metadata.name={name}"
    while pods(cluster, name) or cluster.ask("GET", jobs)["items"]:
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def has_run(cluster: ApiServer, pod: Body) -> None:
    """Say of a pod what a node would, whose container runs."""
    (container,) = pod["spec"]["containers"]
    state = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
    status = {"name": container["name"], "image": container["image"], "imageID": ""}
    status |= {"ready": True, "restartCount": 0, "state": state}
    cluster.ask(
        "PATCH",
        f"/api/v1/namespaces/{PROD}/pods/{pod['metadata']['name']}/status",
        {"status": {"phase": "Running", "containerStatuses": [status]}},
        "application/merge-patch+json",
    )


def test_the_daemon_launches_a_run_sees_how_it_fares_says_why_and_ends_it(
    cluster: ApiServer, dagster: DagsterInstance, acting: Acting
) -> None:
    daemon = acting("dagster-daemon")
    run = starting(dagster, "analytics")
    name = job_of(run)

    daemon.launch_run(LaunchRunContext(dagster_run=run, workspace=None))
    pod = pod_of(cluster, name)
    assert daemon.check_run_worker_health(run).status == WorkerStatus.RUNNING

    has_run(cluster, pod)
    told = daemon.get_run_worker_debug_info(run)
    assert told is not None
    assert "No warning events for pod" in told
    assert "Failure" not in told  # to fetch logs, of which a pod without a node has none
    assert daemon.terminate(run.run_id)
    assert gone(cluster, name)
    told = daemon.get_run_worker_debug_info(run)
    assert told is not None
    assert name in told


def test_the_webserver_ends_a_run_that_the_daemon_launched(
    cluster: ApiServer, dagster: DagsterInstance, acting: Acting
) -> None:
    run = starting(dagster, "finance")
    name = job_of(run)
    acting("dagster-daemon").launch_run(LaunchRunContext(dagster_run=run, workspace=None))
    pod_of(cluster, name)
    assert acting("dagster-webserver").terminate(run.run_id)
    assert gone(cluster, name)


def test_a_run_launches_a_pod_for_a_step_as_its_owner_sees_how_it_fares_and_ends_it(
    cluster: ApiServer,
    dagster: DagsterInstance,
    acting: Acting,
    kubeconfig: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = starting(dagster, "finance")
    acting("dagster-daemon").launch_run(LaunchRunContext(dagster_run=run, workspace=None))
    owner = pod_of(cluster, job_of(run))["metadata"]
    assert run.job_code_origin

    acting("dagster-run-finance")
    monkeypatch.setenv("HOSTNAME", owner["name"])
    handler = K8sStepHandler(
        image=None,
        container_context=K8sContainerContext(),
        load_incluster_config=False,
        kubeconfig_file=str(kubeconfig),
        enable_owner_references=True,
    )
    definition = reconstructable(report)
    plan = create_execution_plan(definition)
    planning = PlanOrchestrationContextManager(orchestration, definition, plan, {}, run, dagster)
    list(planning.prepare_context())
    step = StepHandlerContext(
        instance=dagster,
        plan_context=planning.get_context(),
        steps=[found for found in plan.steps if isinstance(found, ExecutionStep)],
        execute_step_args=ExecuteStepArgs(run.job_code_origin, run.run_id, ["total"]),
        dagster_run=run,
    )
    list(handler.launch_step(step))
    (created,) = (
        found
        for found in cluster.ask("GET", f"/apis/batch/v1/namespaces/{PROD}/jobs")["items"]
        if found["metadata"]["labels"].get("dagster/op") == "total"
    )
    name = created["metadata"]["name"]
    (reference,) = created["metadata"]["ownerReferences"]
    assert (reference["kind"], reference["uid"]) == ("Pod", owner["uid"])
    pod_of(cluster, name)
    assert handler.check_step_health(step).is_healthy
    list(handler.terminate_step(step))
    assert gone(cluster, name)
    list(planning.shutdown_context())
