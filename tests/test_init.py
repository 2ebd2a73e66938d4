"""A new repository: complete, valid, and nothing lost for it."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import yaml

from called import floe
from test_dist import ROOT, held

OVERLAY = Path("overlays", "dev", "environment.yaml")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "a repository"
    assert floe("init", folder).returncode == 0
    return folder


def test_what_it_made_is_synthesized_and_checked_at_once(made: Path) -> None:
    synth = floe("synth", cwd=made)
    assert synth.returncode == 0
    assert re.fullmatch(r"\d+ warnings: `floe lint` explains them\n", synth.stderr)
    assert floe("lint", cwd=made).returncode == 0
    assert floe("check", cwd=made).returncode == 0


def test_it_names_every_file_and_how_to_go_on(tmp_path: Path) -> None:
    result = floe("init", "new", cwd=tmp_path)
    assert result.stdout.splitlines() == sorted(f"new/{path}" for path in held(tmp_path / "new"))
    assert "cd new && floe synth" in result.stderr


def test_its_cache_and_leftovers_are_ignored_by_git(made: Path) -> None:
    ignored = (made / ".gitignore").read_text().splitlines()
    assert {"/.floe/", "/dist/.*.new/", "/dist/.*.old/"} <= set(ignored)


def test_its_overlay_names_the_schema_that_is_there(made: Path) -> None:
    first, *_ = (made / OVERLAY).read_text().splitlines()
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert named
    schema = (made / OVERLAY.parent / named[1]).read_text()
    assert schema == floe("schema", cwd=made).stdout
    data = yaml.safe_load((made / OVERLAY).read_text())
    validator = jsonschema.Draft202012Validator(json.loads(schema))
    validator.validate(data)
    data["dagster"]["deamon"] = data["dagster"].pop("daemon")
    told = {tuple(error.absolute_path) for error in validator.iter_errors(data)}
    assert told == {("dagster",)}


def test_its_artifacts_keep_the_contract(made: Path) -> None:
    contract = ROOT / "tests" / "contract" / "compiled_artifacts.v1.1.0.schema.json"
    artifacts = json.loads((made / OVERLAY.with_name("compiled_artifacts.json")).read_text())
    jsonschema.validate(artifacts, json.loads(contract.read_text()))


OBSTACLES: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "files": (
        lambda r: [(r / name).write_text("mine") for name in ("README.md", ".gitignore")],
        {"README.md", ".gitignore"},
    ),
    "a folder": (lambda r: (r / "cdk8s.yaml").mkdir(), {"cdk8s.yaml"}),
    "a link to nothing": (lambda r: (r / "README.md").symlink_to("../x"), {"README.md"}),
    "files for folders": (
        lambda r: [(r / name).write_text("mine") for name in (".github", "overlays")],
        {".github", "overlays"},
    ),
}


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_nothing_is_written_when_anything_is_in_the_way(tmp_path: Path, obstacle: str) -> None:
    repo = tmp_path / "repo"
    repo.mkdir()
    make, names = OBSTACLES[obstacle]
    make(repo)
    before = held(tmp_path)
    result = floe("init", "repo", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    told = re.findall(r"^  repo/(\S+): found", result.stderr, re.MULTILINE)
    assert set(told) == names
    assert len(told) == len(names)
    assert held(tmp_path) == before
    assert {path.name for path in repo.iterdir()} == names


def test_a_file_instead_of_the_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "repo").write_text("mine")
    result = floe("init", "repo", cwd=tmp_path)
    assert result.returncode == 2
    assert "  repo: found a file" in result.stderr
    assert (tmp_path / "repo").read_text() == "mine"


def test_files_of_others_beside_it_stay(tmp_path: Path) -> None:
    (tmp_path / "overlays").mkdir()
    (tmp_path / "overlays" / "notes.md").write_text("mine")
    assert floe("init", ".", cwd=tmp_path).returncode == 0
    assert (tmp_path / "overlays" / "notes.md").read_text() == "mine"
