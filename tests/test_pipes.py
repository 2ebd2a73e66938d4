"""Pods that runs launch themselves, built by Dagster's own client."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from dagster_k8s.pipes import build_pod_body

from conftest import Objects, Synth
from dagster_example import SHOP, spec
from floe_constructs.dagster.flows import api_clients, runs
from pods import expanded
from rule_cases import broken
from test_dagster_config import (
    ADDED,
    build,
    cluster_launcher,
    code_server,
    container,
    run_pod,
)
from test_dagster_config import pod as pod_of

CLIENT: Any = import_module("kubernetes.client")
LAUNCHING: dict[str, Any] = SHOP | {"launches": ["pods"], "runs": SHOP["runs"] | ADDED}


@pytest.fixture
def objects(synth: Synth) -> Objects:
    return build(synth, spec(code_locations=[LAUNCHING]))


@pytest.fixture
def run(objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The Job of a run, as Dagster merges it."""
    monkeypatch.setenv("DAGSTER_PG_USER", "someone")
    monkeypatch.setenv("DAGSTER_PG_PASSWORD", "something")
    launcher = cluster_launcher(objects, tmp_path, monkeypatch)
    return run_pod(launcher, code_server(objects, LAUNCHING))


def launched(run: dict[str, Any], image: str | None = None) -> dict[str, Any]:
    """Answer the pod that a run with the variable launches, in a Job for the rules' sake."""
    (told,) = (one["value"] for one in container(run)["env"] if one["name"] == "FLOE_PIPES")
    keywords = json.loads(expanded(told, {}))
    built = build_pod_body(
        "dagster-1", image, ["train"], {"DAGSTER_PIPES_CONTEXT": "x"}, **keywords
    )
    pod = CLIENT.ApiClient().sanitize_for_serialization(built)
    metadata = {"name": "any"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {"template": pod},
    }


@pytest.mark.requirement("FR-005")
def test_a_launched_pod_is_as_restricted_as_all_others(run: dict[str, Any]) -> None:
    job = launched(run)
    assert broken({"job.yaml": job}) == []
    assert pod_of(job)["automountServiceAccountToken"] is False
    assert pod_of(job)["restartPolicy"] == "Never"


def test_the_policies_of_its_location_are_for_a_launched_pod(run: dict[str, Any]) -> None:
    dagster = spec(code_locations=[LAUNCHING])
    (location,) = dagster.deployed
    labels = launched(run)["spec"]["template"]["metadata"]["labels"].items()
    assert runs(dagster, location).selector.items() <= labels
    assert runs(dagster).selector.items() <= labels


def test_a_launched_pod_runs_where_runs_do_as_who_they_are(run: dict[str, Any]) -> None:
    found, like = pod_of(launched(run)), pod_of(run)
    for field in (
        "serviceAccountName",
        "securityContext",
        "affinity",
        "priorityClassName",
        "schedulerName",
        "imagePullSecrets",
        "enableServiceLinks",
    ):
        assert found[field] == like[field]
    assert "initContainers" not in found
    (main,) = found["containers"]
    assert main["image"] == SHOP["image"]
    assert main["resources"] == container(run)["resources"]
    other = pod_of(launched(run, "acme/train:v1"))["containers"]
    assert [one["image"] for one in other] == ["acme/train:v1"]


def test_a_launched_pod_is_told_what_runs_are_told_but_not_of_the_database(
    run: dict[str, Any],
) -> None:
    (main,) = pod_of(launched(run))["containers"]
    of_run = {one["name"]: one for one in container(run)["env"]}
    of_pod = {one["name"]: one for one in main["env"]}
    assert of_run.keys() - of_pod.keys() == {
        "DAGSTER_HOME", "DAGSTER_PG_PASSWORD", "DAGSTER_PG_USER", "FLOE_PIPES"
    }  # fmt: skip
    assert of_pod.keys() - of_run.keys() == {"DAGSTER_PIPES_CONTEXT"}
    assert all(of_pod[name] == of_run[name] for name in of_pod.keys() & of_run.keys())
    mounts = {one["name"] for one in main["volumeMounts"]}
    assert mounts == {one["name"] for one in pod_of(launched(run))["volumes"]}
    assert mounts == {one["name"] for one in container(run)["volumeMounts"]} - {"home"}


PODS = {"pods": {"create", "delete", "list"}, "pods/log": {"get"}, "events": {"list"}}
JOBS = {
    "jobs": {"create", "delete", "list"},
    "jobs/status": {"get"},
    "pods": {"delete", "list"},
    "pods/log": {"get"},
    "events": {"list"},
}
STEPS = {
    "jobs": {"create", "delete"},
    "jobs/status": {"get"},
    "pods": {"delete", "get", "list"},
}


@pytest.mark.parametrize(
    ("executor", "launches", "expected"),
    [
        ("in_process", ["pods"], [PODS]),
        ("in_process", ["jobs"], [JOBS]),
        ("k8s_job", [], [STEPS]),
        ("k8s_job", ["jobs", "pods"], [STEPS, JOBS, PODS]),
    ],
)
def test_runs_may_do_what_launching_takes_and_nothing_else(
    synth: Synth, executor: str, launches: list[str], expected: list[dict[str, set[str]]]
) -> None:
    location = SHOP | {"executor": executor, "launches": launches}
    dagster = spec(code_locations=[location])
    found: dict[str, set[str]] = {}
    for rule in build(synth, dagster)["Role", "dagster-run-shop"]["rules"]:
        (resource,) = rule["resources"]
        assert resource not in found
        assert rule["apiGroups"] == ["batch" if resource.startswith("jobs") else ""]
        found[resource] = set(rule["verbs"])
    resources = {resource for rights in expected for resource in rights}
    assert found == {
        resource: set().union(*(rights.get(resource, set()) for rights in expected))
        for resource in resources
    }
    assert runs(dagster, dagster.deployed[0]) in api_clients(dagster)


def test_runs_that_launch_nothing_may_do_nothing(synth: Synth) -> None:
    objects = build(synth, spec(code_locations=[SHOP]))
    assert ("Role", "dagster-run-shop") not in objects
    assert "FLOE_PIPES" not in json.dumps(list(objects.values()))
