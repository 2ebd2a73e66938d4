"""A rotated Secret: which pods restart, and nothing else."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from floe_constructs.yaml_text import load
from floe_deploy.project import Project
from floe_deploy.reloading import ANNOTATION, watched
from floe_deploy.synth import render
from test_dist import ROOT

Manifest = dict[str, Any]
Objects = dict[tuple[str, str], Manifest]

LONG_RUNNING = {
    "dagster.webserver": ("Deployment", "dagster-webserver"),
    "dagster.daemon": ("Deployment", "dagster-daemon"),
    "dagster.code_locations.0.server": ("Deployment", "dagster-code-analytics"),
    "cube.api": ("Deployment", "cube-api"),
    "cube.refresh_worker": ("Deployment", "cube-refresh-worker"),
    "cube.store.router": ("StatefulSet", "cube-store-router"),
    "cube.store.workers": ("StatefulSet", "cube-store-worker"),
    "marquez.api": ("Deployment", "marquez-api"),
    "marquez.web": ("Deployment", "marquez-web"),
    "jaeger.collector": ("Deployment", "jaeger-collector"),
    "jaeger.query": ("Deployment", "jaeger-query"),
}
LOGINS = {("Deployment", f"login-{interface}") for interface in ("dagster", "marquez", "jaeger")}
"""One setting, `exposure.login.restart`, is for all of them."""


def objects(folder: Path, change: Callable[[Any], object] = lambda _: None) -> Objects:
    """Render prod with a change of its settings."""
    place = folder / "prod"
    shutil.copytree(ROOT / "overlays" / "prod", place, dirs_exist_ok=True)
    settings = yaml.safe_load((place / "environment.yaml").read_text())
    change(settings)
    (place / "environment.yaml").write_text(yaml.safe_dump(settings))
    files = render(place, Project()).files
    found = [
        load(text)
        for path, text in files.items()
        if path.endswith(".yaml")
        and not path.endswith("kustomization.yaml")
        # Another release has another gate, and is verified by another Job.
        and not path.startswith(("30-preflight/job-", "60-verify/job-"))
    ]
    return {(item["kind"], item["metadata"]["name"]): item for item in found}


def put(path: str, value: object) -> Callable[[Any], object]:
    def change(settings: Any) -> None:
        *way, last = path.split(".")
        for key in way:
            settings = settings[int(key) if key.isdigit() else key]
        settings[last] = value

    return change


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Objects:
    return objects(tmp_path_factory.mktemp("before"))


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Objects:
    """Prod with a restart of each workload, called like its place in the overlay."""

    def change(settings: Any) -> None:
        for place in LONG_RUNNING:
            put(f"{place}.restart", place)(settings)
        put("exposure.login.restart", "again")(settings)

    return objects(tmp_path_factory.mktemp("after"), change)


def test_another_restart_replaces_exactly_the_pods_of_that_workload(
    before: Objects, after: Objects
) -> None:
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == set(LONG_RUNNING.values()) | LOGINS
    assert before.keys() == after.keys()
    for place, workload in LONG_RUNNING.items():
        metadata = after[workload]["spec"]["template"]["metadata"]
        assert metadata["annotations"]["floe.dev/restart"] == place


def test_every_workload_that_runs_on_can_be_restarted() -> None:
    kinds = {"Deployment", "StatefulSet"}
    there = {
        (item["kind"], item["metadata"]["name"])
        for path in (ROOT / "dist" / "prod" / "50-platform").rglob("*.yaml")
        if (item := load(path.read_text()))["kind"] in kinds
    }
    there -= {("Deployment", "dagster-code-finance")}
    assert there == set(LONG_RUNNING.values()) | LOGINS


def test_servers_with_a_fixed_id_get_another_one_so_that_dagster_loads_them_anew(
    before: Objects, after: Objects
) -> None:
    def server_id(found: Objects) -> str:
        (container,) = found["Deployment", "dagster-code-analytics"]["spec"]["template"]["spec"][
            "containers"
        ]
        return str(container["args"][-1])

    assert server_id(after) != server_id(before)


@pytest.mark.parametrize("place", ["dagster.migration", "dagster.code_locations.0.runs"])
def test_what_starts_anew_each_time_takes_no_restart(place: str, tmp_path: Path) -> None:
    def change(settings: Any) -> None:
        put(place, {"resources": {"cpu": "1", "memory": "1Gi"}, "restart": "again"})(settings)

    with pytest.raises(Exception, match=re.escape("restart: found an unknown setting")):
        objects(tmp_path, change)


def test_reloader_is_told_the_secrets_that_pods_read(before: Objects, tmp_path: Path) -> None:
    without = objects(tmp_path, put("cluster.reloader", value=False))
    told = {
        name: item["metadata"]["annotations"][ANNOTATION].split(",")
        for (_, name), item in before.items()
        if ANNOTATION in item["metadata"].get("annotations", {})
    }
    assert told["cube-api"] == ["cube-api", "cube-sql", "trino-floe"]
    assert told["marquez-api"] == ["marquez-postgres"]
    assert told["dagster-webserver"] == ["dagster-postgres"]
    assert told["jaeger-collector"] == ["jaeger-opensearch"], "a file that is read once"
    assert not {"marquez-web", "cube-store-router"} & told.keys()
    for key, item in before.items():
        metadata = dict(item["metadata"])
        annotations = metadata.pop("annotations", {})
        kept = {name: said for name, said in annotations.items() if name != ANNOTATION}
        metadata |= {"annotations": kept} if kept else {}
        assert item | {"metadata": metadata} == without[key], "it is all that differs"


def test_every_way_to_read_a_secret_is_watched() -> None:
    pod = {
        "initContainers": [{"name": "i", "envFrom": [{"secretRef": {"name": "all"}}]}],
        "containers": [{"name": "c", "envFrom": [{"configMapRef": {"name": "no-secret"}}]}],
        "volumes": [
            {"name": "one", "secret": {"secretName": "mounted"}},
            {"name": "two", "projected": {"sources": [{"secret": {"name": "projected"}}]}},
            {"name": "three", "configMap": {"name": "no-secret"}},
        ],
    }
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "shop", "annotations": {"a": "b"}},
        "spec": {"template": {"spec": pod}},
    }
    annotations = watched(manifest)["metadata"]["annotations"]
    assert annotations == {"a": "b", ANNOTATION: "all,mounted,projected"}
    assert watched(manifest | {"kind": "Job"})["metadata"]["annotations"] == {"a": "b"}
