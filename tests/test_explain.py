"""`floe explain` says what Dagster will do, because Dagster's launcher and executor do it."""

import contextlib
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from dagster._core.definitions.reconstruct import ReconstructableJob, ReconstructableRepository
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.execution.api import execute_run
from dagster._core.launcher import LaunchRunContext
from dagster._core.storage.dagster_run import DagsterRunStatus
from dagster_k8s.client import DagsterKubernetesClient

import dagster_steps
from floe_deploy import cli
from floe_deploy.explain.layers import IMAGE_ELSEWHERE, PACKED
from launching import BATCH, Launching, launcher, run
from rule_cases import broken
from test_dist import ROOT

RUN_TAG = {
    "container_config": {
        "resources": {"limits": {"memory": "9Gi"}},
        "env": [{"name": "FROM_TAG", "value": "yes"}],
    },
    "pod_spec_config": {
        "nodeSelector": {"pool": "large"},
        "tolerations": [{"key": "large", "operator": "Exists"}],
    },
    "pod_template_spec_metadata": {"labels": {"team": "finance"}},
}
EXECUTOR = {
    "max_concurrent": 3,
    "env_vars": ["STEP=yes"],
    "labels": {"steps": "here"},
    "resources": {"requests": {"cpu": "2"}},
    "step_k8s_config": {"pod_spec_config": {"node_selector": {"pool": "steps"}}},
    "per_step_k8s_config": {"train": {"pod_spec_config": {"node_selector": {"pool": "gpu"}}}},
}


class Told(NamedTuple):
    code: int
    stdout: str
    stderr: str


def explain(*arguments: str | Path) -> Told:
    """Run the command in this process, which has imported Dagster."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setattr(sys, "argv", ["floe", "explain", *map(str, arguments)])
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                cli.main()
            except SystemExit as end:
                code = int(end.code or 0)
    return Told(code, out.getvalue(), err.getvalue())


def answers(*arguments: str | Path) -> list[dict[str, Any]]:
    result = explain(*arguments, "--json")
    assert result.code == 0, result.stderr
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def job_of(*arguments: str | Path) -> dict[str, Any]:
    (found,) = answers(*arguments)
    job: dict[str, Any] = found["job"]
    return job


# What is said is what is done.


@pytest.fixture
def launching(tmp_path: Path) -> Iterator[Launching]:
    with launcher(tmp_path) as found:
        yield found


def stand_ins(job: dict[str, Any], name: str) -> dict[str, Any]:
    """Put in what a page cannot know: the job's name, and what Dagster packs."""
    for metadata in (job["metadata"], job["spec"]["template"]["metadata"]):
        assert metadata["labels"]["dagster/job"] == name
        metadata["labels"]["dagster/job"] = "job"
    (container,) = job["spec"]["template"]["spec"]["containers"]
    if container["args"][-1].startswith("{"):
        container["args"][-1] = PACKED
    for variable in container["env"]:
        if variable["name"] == "DAGSTER_COMPRESSED_EXECUTE_STEP_ARGS":
            variable["value"] = PACKED
        if variable["name"] == "DAGSTER_RUN_JOB_NAME":
            variable["value"] = "job"
    return job


@pytest.mark.requirement("FR-005")
@pytest.mark.parametrize("tag", [None, RUN_TAG, RUN_TAG | {"merge_behavior": "SHALLOW"}])
def test_the_job_of_a_run_is_what_the_launcher_hands_to_the_api_server(
    launching: Launching, tag: dict[str, Any] | None
) -> None:
    tags = {"dagster-k8s/config": json.dumps(tag)} if tag else {}
    started = launching.instance.add_run(run("training", tags))
    launching.instance.run_launcher.launch_run(LaunchRunContext(started, workspace=None))
    (launched,) = launching.jobs
    said = [argument for key, value in tags.items() for argument in ("--tag", f"{key}={value}")]
    assert job_of("prod", "finance", "--run", *said) == stand_ins(launched, "training")


@pytest.mark.requirement("FR-005")
@pytest.mark.parametrize("executor", [None, EXECUTOR])
def test_the_job_of_a_step_is_what_the_executor_hands_to_the_api_server(
    launching: Launching, monkeypatch: pytest.MonkeyPatch, executor: dict[str, Any] | None
) -> None:
    def end(_: object, **told: Any) -> None:
        launching.create(**told)
        raise KeyboardInterrupt  # what there is to see has been seen

    monkeypatch.setattr(BATCH, "create_namespaced_job", end)
    monkeypatch.setattr(DagsterKubernetesClient, "delete_job", lambda *_, **__: True)
    started = run("training", {"dagster-k8s/config": json.dumps(RUN_TAG)})
    assert started.job_code_origin
    origin = started.job_code_origin.repository_origin
    code = ReconstructableRepository(
        origin.code_pointer,
        container_image=origin.container_image,
        container_context=origin.container_context,
    )
    config = {"execution": {"config": executor}} if executor else {}
    started = launching.instance.add_run(
        started._replace(run_config=config, status=DagsterRunStatus.NOT_STARTED)
    )
    with contextlib.suppress(DagsterExecutionInterruptedError, KeyboardInterrupt):
        execute_run(ReconstructableJob(code, "training"), started, launching.instance)
    (launched,) = launching.jobs
    said = ["--executor", json.dumps(executor)] if executor else []
    said += ["--op", "train", "--op-tag", f"dagster-k8s/config={dagster_steps.OP_TAG}"]
    assert job_of("prod", "finance", "--step", *said) == stand_ins(launched, "training")


# Which pods, and whose each part is.


def test_steps_are_shown_where_they_have_pods_of_their_own() -> None:
    assert [found["pod"] for found in answers("prod", "finance")] == ["run", "step"]
    assert [found["pod"] for found in answers("prod", "analytics")] == ["run"]
    assert [found["pod"] for found in answers("prod", "finance", "--step", "--run")] == [
        "run",
        "step",
    ]


def test_each_value_is_of_the_part_that_changed_it_last() -> None:
    tag = {
        "container_config": {"resources": {"limits": {"memory": "9Gi"}}},
        "pod_spec_config": {"tolerations": [{"key": "gpu", "operator": "Exists"}]},
    }
    (found,) = answers("prod", "finance", "--run", "--tag", f"dagster-k8s/config={json.dumps(tag)}")
    pod, container = "/spec/template/spec", "/spec/template/spec/containers/0"
    assert {
        path.removeprefix("/spec/template/spec"): found["origins"][path]
        for path in (
            f"{pod}/restartPolicy",
            f"{pod}/serviceAccountName",
            f"{pod}/securityContext/runAsUser",
            f"{pod}/tolerations/0/key",
            f"{pod}/tolerations/1/key",
            f"{container}/image",
            f"{container}/resources/limits/memory",
            f"{container}/resources/requests/memory",
        )
    } == {
        "/restartPolicy": "Dagster",
        "/serviceAccountName": "code location",
        "/securityContext/runAsUser": "launcher",
        "/tolerations/0/key": "code location",
        "/tolerations/1/key": "tag",
        "/containers/0/image": "code location",
        "/containers/0/resources/limits/memory": "tag",
        "/containers/0/resources/requests/memory": "code location",
    }


def test_the_text_is_the_same_job_with_a_note_for_every_part() -> None:
    tag = 'dagster-k8s/config={"container_config": {"env": [{"name": "LINES", "value": "a\\n#b"}]}}'
    result = explain("prod", "finance", "--tag", tag)
    assert result.stderr == ""
    documents = list(yaml.safe_load_all(result.stdout))
    assert documents == [found["job"] for found in answers("prod", "finance", "--tag", tag)]
    notes = {line.rpartition(" # ")[2] for line in result.stdout.splitlines() if " # " in line}
    assert notes >= {"Dagster", "launcher", "code location", "tag"}
    assert broken({f"{number}.yaml": job for number, job in enumerate(documents)}) == []


@contextlib.contextmanager
def changed(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Let the Dagster of an overlay be changed; its folder is `tmp_path`."""
    shutil.copytree(ROOT / "overlays" / "prod", tmp_path / "prod")
    file = tmp_path / "prod" / "environment.yaml"
    overlay = yaml.safe_load(file.read_text())
    yield overlay["dagster"]
    file.write_text(yaml.safe_dump(overlay))


def test_runs_have_the_image_that_is_theirs(tmp_path: Path) -> None:
    with changed(tmp_path) as dagster:
        dagster["code_locations"][1]["runs"]["image"] = "registry.example.com/floe/gpu:v1"
    for found in answers("prod", "finance", "--overlays", tmp_path):
        (container,) = found["job"]["spec"]["template"]["spec"]["containers"]
        assert container["image"] == "registry.example.com/floe/gpu:v1"


def test_what_an_external_server_adds_is_its_own(tmp_path: Path) -> None:
    with changed(tmp_path) as dagster:
        far = {"name": "far", "host": "code.example.com", "port": 4000}
        dagster["code_locations"].append(far)
    pod = job_of("prod", "far", "--overlays", tmp_path)["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == IMAGE_ELSEWHERE
    assert pod["priorityClassName"] == "data-prod-runs"
    pods = [found["pod"] for found in answers("prod", "far", "--step", "--overlays", tmp_path)]
    assert pods == ["step"]


# Mistakes.

CONFIG = "dagster-k8s/config"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["prd", "finance"], "did you mean prod?"),
        (["prod", "finace"], "did you mean finance?"),
        (["prod", "analytics", "--step"], "has no pods for steps"),
        (["prod", "analytics", "--op-tag", f"{CONFIG}={{}}"], "add --step"),
        (["prod", "finance", "--tag", "team=x"], "changes no pod"),
        (["prod", "finance", "--tag", "dagster-k8s/confg={}"], f"did you mean {CONFIG}?"),
        (["prod", "finance", "--tag", f"{CONFIG}={{"], "no JSON"),
        (["prod", "finance", "--tag", f"{CONFIG}=[]"], "no object"),
        (["prod", "finance", "--tag", f'{CONFIG}={{"pod_spec": {{}}}}'], "pod_spec_config?"),
        (
            ["prod", "finance", "--tag", f'{CONFIG}={{"pod_spec_config": {{"node_selecter": 1}}}}'],
            "did you mean nodeSelector?",
        ),
        (["prod", "finance", "--tag", f'{CONFIG}={{"container_config": 3}}'], "must be dict"),
        (["prod", "finance", "--executor", '{"step_k8s_confg": {}}'], "step_k8s_config?"),
        (["prod", "finance", "--executor", '{"container_config": {}}'], "below step_k8s_config"),
        (
            ["prod", "finance", "--executor", '{"job_image": {"env": "NOWHERE"}}'],
            "set in this environment\n",
        ),
    ],
)
def test_what_cannot_be_explained_is_told_in_one_message(arguments: list[str], told: str) -> None:
    result = explain(*arguments)
    assert (result.code, result.stdout) == (2, "")
    assert told.casefold() in result.stderr.casefold()
    assert len(result.stderr.splitlines()) <= 2


def test_settings_that_synth_refuses_are_refused_in_the_same_words(tmp_path: Path) -> None:
    with changed(tmp_path) as dagster:
        dagster["code_locations"][0]["runs"]["env"] = {"TRINO_USER": "another"}
    result = explain("prod", "analytics", "--overlays", tmp_path)
    assert (result.code, result.stdout) == (2, "")
    assert "variables that are set already: TRINO_USER" in result.stderr


def test_pods_cannot_be_told_otherwise_what_dagster_tells_them(tmp_path: Path) -> None:
    containers = (
        of["job"]["spec"]["template"]["spec"]["containers"] for of in answers("prod", "finance")
    )
    told = {variable["name"] for (container,) in containers for variable in container["env"]}
    own = sorted(name for name in told if name.startswith("DAGSTER_"))
    assert {"DAGSTER_HOME", "DAGSTER_RUN_JOB_NAME", "DAGSTER_RUN_STEP_KEY"} < set(own)
    with changed(tmp_path) as dagster:
        dagster["code_locations"][1]["runs"]["env"] = dict.fromkeys(own, "other")
    result = explain("prod", "finance", "--overlays", tmp_path)
    assert f"variables that are set already: {', '.join(own)};" in result.stderr


WITHOUT = """
import sys
sys.modules[sys.argv.pop(1)] = None
from floe_deploy.cli import main
main()
"""


@pytest.mark.parametrize("library", ["dagster", "dagster_k8s"])
def test_without_dagster_the_extra_is_named(library: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT, library, "explain", "prod", "finance"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert result.returncode == 2
    assert result.stderr == (
        "This command needs the extra `explain`: pip install 'floe-deploy[explain]'\n"
    )


def test_it_needs_no_node() -> None:
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT, "jsii", "explain", "prod", "finance"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert result.returncode == 0, result.stderr
