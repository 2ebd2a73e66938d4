"""What the Jobs are called that run for each release."""

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from floe_deploy import release
from floe_deploy.project import Project
from floe_deploy.synth import render
from rule_cases import PROD, World
from test_dist import ROOT

pytestmark = pytest.mark.requirement("FR-015")

HASH = re.compile(r"-([0-9a-f]{10})$")


def job(name: str, phase: str | None, image: str = "a") -> dict[str, Any]:
    annotations = {"annotations": {"floe.dev/phase": phase}} if phase else {}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, **annotations},
        "spec": {"image": image},
    }


GATE, VERIFY = job("gate-0123456789", "30-preflight"), job("verify", "60-verify")
MIGRATION = job("migrate-0123456789", "40-migrate")
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1"}}
OBJECTS = [GATE, VERIFY, MIGRATION, CONFIG]


def names(objects: list[dict[str, Any]], *copies: dict[str, Any]) -> list[str]:
    return [each["metadata"]["name"] for each in release.named(objects, copies)]


def test_gate_and_verification_are_called_after_all_objects_and_others_are_not() -> None:
    gate, verify, migration, config = names(OBJECTS)
    assert HASH.sub("", gate) == "gate"
    assert HASH.sub("", verify) == "verify"
    assert gate[-10:] == verify[-10:] != "0123456789"
    assert (migration, config) == ("migrate-0123456789", "c")


def test_a_name_says_nothing_of_what_it_was_before_or_in_which_order() -> None:
    again = release.named(OBJECTS)
    assert names(again) == names(OBJECTS)
    assert sorted(names(list(reversed(OBJECTS)))) == sorted(names(OBJECTS))


@pytest.mark.parametrize("number", range(4))
def test_anything_that_is_another_makes_another_name(number: int) -> None:
    changed = copy.deepcopy(OBJECTS)
    changed[number]["metadata"]["labels"] = {"a": "b"}
    assert names(changed)[0] != names(OBJECTS)[0]


def test_an_object_more_makes_another_name_and_so_does_a_secret_in_git() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    found = {names(OBJECTS)[0], names(OBJECTS, secret)[0], names([*OBJECTS, job("x", None)])[0]}
    assert len(found) == 3


Change = Callable[[dict[str, Any]], object]


def rendered(folder: Path, change: Change) -> World:
    settings = yaml.safe_load((ROOT / "overlays" / "dev" / "environment.yaml").read_text())
    change(settings)
    folder /= "dev"
    folder.mkdir(parents=True)
    (folder / "environment.yaml").write_text(yaml.safe_dump(settings))
    artifacts = (ROOT / "overlays" / "dev" / "compiled_artifacts.json").read_text()
    (folder / "compiled_artifacts.json").write_text(artifacts)
    files = render(folder, Project()).files
    return {name: yaml.safe_load(text) for name, text in files.items() if name.endswith(".yaml")}


def gates(world: World) -> set[str]:
    return {
        each["metadata"]["name"]
        for file, each in world.items()
        if file.startswith("30-preflight/") and each["kind"] == "Job"
    }


def test_a_change_anywhere_in_an_environment_runs_all_of_its_gate_anew(tmp_path: Path) -> None:
    """Files keep their names, so that a review shows a change."""

    def resources(settings: dict[str, Any]) -> None:
        settings["jaeger"]["all_in_one"]["resources"]["cpu"] = "101m"

    def attempt(settings: dict[str, Any]) -> None:
        settings["gate"]["attempt"] = 1

    first = rendered(tmp_path / "one", lambda _: None)
    again = rendered(tmp_path / "two", lambda _: None)
    other = rendered(tmp_path / "three", resources)
    tried = rendered(tmp_path / "four", attempt)
    assert {HASH.sub("", name) for name in gates(first)} == {
        "preflight-services",
        "preflight-dagster-code-analytics",
        "preflight-cluster",
    }
    assert len({name[-10:] for name in gates(first)}) == 1
    assert again == first
    for changed in (other, tried):
        assert not gates(changed) & gates(first)
        assert changed.keys() == first.keys()


def test_in_all_environments_the_gate_is_called_after_the_release() -> None:
    digests = {each["metadata"]["name"][-10:] for file, each in PROD.items()
               if file.startswith("30-preflight/job-")}  # fmt: skip
    assert len(digests) == 1
