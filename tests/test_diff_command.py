"""`floe diff` as people, workflows and programs call it."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from called import floe
from floe_deploy.diff import comparing
from floe_deploy.project import Project
from test_commands import OVERLAY, edit
from test_dist import ROOT, held

DIST = Path("dist", "dev")
WEBSERVER = DIST / "50-platform" / "dagster" / "deployment-dagster-webserver.yaml"
SCHEMA = ROOT / "docs" / "reference" / "diff-report.schema.json"
DELIVERY = """
delivery:
  type: flux
  source: {type: git, url: "https://git.example.com/platform.git", branch: main}
"""
NO_NODE = {"JSII_NODE": "/bin/false"}


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
    command = ["git", *who, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of Git with two environments, synthesized and committed."""
    folder = tmp_path_factory.mktemp("made")
    assert floe("init", folder).returncode == 0
    shutil.copytree(folder / "overlays" / "dev", folder / "overlays" / "test")
    edit(folder / "overlays" / "test" / "environment.yaml", "data-dev", "data-test")
    assert floe("synth", cwd=folder).returncode == 0
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    return folder


@pytest.fixture
def repo(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "repo")
    return tmp_path / "repo"


def told(
    repo: Path, *names: str, against: str | None = None, source: str | None = None
) -> dict[str, Any]:
    """Answer the report of a comparison, by environment; in this process, where it can be."""
    settings = Project(overlays=repo / "overlays", output=repo / "dist", delivery=repo / "delivery")
    if against:
        made = comparing.since(names, settings, against).model_dump_json()
    elif source:
        made = comparing.between(names, settings, source).model_dump_json()
    else:
        made = floe("diff", *names, "--format", "json", cwd=repo).stdout
    report = json.loads(made)
    jsonschema.validate(report, json.loads(SCHEMA.read_text()))
    found: dict[str, Any] = {each["environment"]: each for each in report["environments"]}
    assert report["differs"] == any(each["changes"] for each in found.values())
    return found


def ranks(environment: dict[str, Any]) -> dict[str, str]:
    return {
        f"{change['object']['kind']}/{change['object']['name']}": change["rank"]
        for change in environment["changes"]
    }


def fields(environment: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    return {
        field["path"]: field
        for change in environment["changes"]
        if change["object"]["name"] == name
        for field in change["fields"]
    }


# what is compared with what


def test_what_synth_would_write_is_compared_with_dist(repo: Path) -> None:
    edit(repo / OVERLAY, "cpu: 250m", "cpu: 300m")
    before = held(repo)
    found = told(repo)
    assert found["test"]["changes"] == []
    assert set(ranks(found["dev"]).values()) <= {"size", "name", "before-gate"}
    field = fields(found["dev"], "dagster-webserver")[
        "spec.template.spec.containers[webserver].resources.requests.cpu"
    ]
    assert (field["old"], field["new"], field["rank"]) == ("250m", "300m", "size")
    assert held(repo) == before


def test_dist_is_compared_with_a_revision_without_node(repo: Path) -> None:
    edit(repo / WEBSERVER, "replicas: 1", "replicas: 3")
    result = floe("diff", "--against", "main", cwd=repo, env=NO_NODE)
    assert result.returncode == 0, result.stderr
    assert "spec.replicas: 1 → 3" in result.stdout
    assert "test: nothing differs" in result.stdout
    git(repo, "commit", "-qam", "second")
    assert "nothing differs" in floe("diff", "dev", "--against", "main", cwd=repo).stdout
    assert ranks(told(repo, "dev", against="main~1")["dev"]) == {
        "Deployment/dagster-webserver": "size"
    }


def test_an_environment_that_came_or_went_is_told_whole(repo: Path) -> None:
    shutil.rmtree(repo / "dist" / "test")
    found = told(repo, against="main")
    assert {change["action"] for change in found["test"]["changes"]} == {"removed"}
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "without")
    git(repo, "checkout", "-q", "main~1", "--", "dist/test")
    found = told(repo, "test", against="main")
    assert {change["action"] for change in found["test"]["changes"]} == {"added"}
    shutil.rmtree(repo / "dist")
    found = told(repo, against="main")
    assert {change["action"] for change in found["dev"]["changes"]} == {"removed"}


def test_two_environments_differ_in_nothing_but_their_names(repo: Path) -> None:
    result = floe("diff", "test", "--from", "dev", cwd=repo, env=NO_NODE)
    assert (result.returncode, result.stdout) == (0, "test: nothing differs\n"), result.stderr


def test_a_promotion_shows_what_the_other_environment_would_get(repo: Path) -> None:
    edit(repo / WEBSERVER, "replicas: 1", "replicas: 3")
    found = told(repo, "test", source="dev")
    assert fields(found["test"], "dagster-webserver").keys() == {"spec.replicas"}
    back = told(repo, "dev", source="test")
    assert fields(back["dev"], "dagster-webserver")["spec.replicas"]["new"] == "1"


def test_what_points_a_controller_there_is_compared_too(repo: Path) -> None:
    with (repo / OVERLAY).open("a") as overlay:
        overlay.write(DELIVERY)
    found = told(repo, "dev")
    assert ranks(found["dev"])["GitRepository/data-dev"] == "added"
    assert floe("synth", "dev", cwd=repo).returncode == 0
    assert ranks(told(repo, "dev", against="main")["dev"]) == ranks(found["dev"])
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "delivered")
    edit(repo / "delivery" / "dev" / "flux.yaml", "prune: true", "prune: false")
    found = told(repo, "dev", against="main")
    assert ranks(found["dev"])["Kustomization/data-dev-50-platform"] == "before-gate"
    assert fields(found["dev"], "data-dev-50-platform").keys() == {"spec.prune"}


# how it ends


def test_the_exit_code_tells_of_a_difference_only_when_asked_in_every_form(repo: Path) -> None:
    asked = ["diff", "--against", "main", "--format"]
    assert floe(*asked, "text", "--exit-code", cwd=repo).returncode == 0
    edit(repo / WEBSERVER, "replicas: 1", "replicas: 3")
    assert floe(*asked, "text", cwd=repo).returncode == 0
    for form in ("text", "markdown", "json"):
        result = floe(*asked, form, "--exit-code", cwd=repo)
        assert result.returncode == 1
        assert "spec.replicas" in result.stdout
        assert not re.search(r"\x1b\[", result.stdout)  # nobody looks


def test_all_that_is_wrong_is_told_at_once(repo: Path) -> None:
    result = floe("diff", "tset", "--from", "dve", cwd=repo)
    assert (result.returncode, result.stdout) == (2, "")
    assert "Did you mean test?" in result.stderr
    assert "Did you mean dev?" in result.stderr


def test_an_environment_that_synth_has_not_written_is_told(repo: Path) -> None:
    shutil.copytree(repo / "overlays" / "dev", repo / "overlays" / "new")
    result = floe("diff", "new", "--from", "dev", cwd=repo)
    assert (result.returncode, result.stdout) == (2, "")
    assert "new: found no such environment in dist; allowed: dev, test" in result.stderr
    assert "Run `floe synth new` first" in result.stderr


def test_a_folder_without_environments_is_not_taken_for_one_in_which_nothing_differs(
    repo: Path,
) -> None:
    result = floe("diff", "--against", "main", "--output", "dits", cwd=repo)
    assert (result.returncode, result.stdout) == (2, "")
    assert "dits: found no environment, neither there nor at main" in result.stderr


def test_an_unknown_revision_is_told(repo: Path) -> None:
    """An empty one is what a command leaves that failed between `$(` and `)`."""
    for revision in ("mian", "--help", ""):
        result = floe("diff", f"--against={revision}", cwd=repo)
        assert (result.returncode, result.stdout) == (2, "")
        assert f"no revision '{revision}'" in result.stderr


def test_a_folder_outside_of_git_is_told(repo: Path) -> None:
    shutil.rmtree(repo / ".git")
    result = floe("diff", "--against", "main", cwd=repo)
    assert (result.returncode, result.stdout) == (2, "")
    assert "not a git repository" in result.stderr
    assert "allowed: a folder in a Git repository. Leave --against out" in result.stderr
    assert "fatal" not in result.stderr


def test_files_that_are_no_objects_are_told_all(repo: Path) -> None:
    (repo / WEBSERVER).write_text("<<<<<<< HEAD")
    (repo / DIST / "00-cluster" / "namespace-data-dev.yaml").unlink()
    result = floe("diff", "dev", "--against", "main", cwd=repo)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"{WEBSERVER.relative_to(DIST).as_posix()}: found something else" in result.stderr
    assert "namespace-data-dev.yaml: found no file" in result.stderr


def test_it_is_either_a_revision_or_an_environment(repo: Path) -> None:
    result = floe("diff", "dev", "--against", "main", "--from", "test", cwd=repo)
    assert (result.returncode, result.stdout) == (2, "")
    assert "not both" in result.stderr
    for arguments in (["--from", "test"], ["test", "--from", "test"]):
        result = floe("diff", *arguments, cwd=repo)
        assert result.returncode == 2
        assert "name others" in result.stderr.lower()
