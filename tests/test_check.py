"""What `floe check` finds, and when it may answer from its cache."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import floe_constructs
import floe_deploy
from called import floe
from floe_deploy.checking import CACHE
from test_commands import OVERLAY, edit
from test_dist import held

NO_NODE = {"JSII_NODE": "/bin/false"}
"""With it, `check` can answer from its cache only."""

DIST = Path("dist", "dev")
QUERY = DIST / "50-platform" / "jaeger" / "service-jaeger-query.yaml"
WEBSERVER = DIST / "50-platform" / "dagster" / "deployment-dagster-webserver.yaml"
Change = Callable[[Path], object]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with two environments, synthesized and checked."""
    folder = tmp_path_factory.mktemp("made")
    assert floe("init", folder).returncode == 0
    shutil.copytree(folder / "overlays" / "dev", folder / "overlays" / "test")
    assert floe("synth", cwd=folder).returncode == 0
    assert floe("check", cwd=folder).returncode == 0
    return folder


@pytest.fixture
def repo(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "repo")
    return tmp_path / "repo"


def states(output: str) -> dict[str, str]:
    """Answer the state of every file that a report names."""
    lines = (
        line.partition(": ") for line in output.splitlines() if not line.startswith((" ", "@"))
    )
    known = {"stale", "edited", "missing", "untracked"}
    return {path: state for state, _, path in lines if state in known}


# what it finds


def test_every_state_is_told_at_once_and_counted(repo: Path) -> None:
    edit(repo / OVERLAY, "cpu: 250m", "cpu: 300m")
    edit(repo / QUERY, "ClusterIP", "LoadBalancer")
    (repo / DIST / "images.txt").unlink()
    (repo / DIST / "notes.md").write_text("by hand")
    shutil.copytree(repo / "dist" / "test", repo / "dist" / "gone")
    result = floe("check", cwd=repo)
    assert result.returncode == 1
    found = states(result.stdout)
    assert found["dist/gone"] == found[str(WEBSERVER)] == "stale"
    assert found[str(QUERY)] == "edited"
    assert found[f"{DIST}/images.txt"] == "missing"
    assert found[f"{DIST}/notes.md"] == "untracked"
    assert not any(path.startswith("dist/test") for path in found)
    assert result.stderr.startswith(f"{len(found)} files not as synth would write")


def test_a_folder_without_an_overlay_is_found_after_a_good_check(repo: Path) -> None:
    shutil.copytree(repo / DIST, repo / "dist" / "gone")
    result = floe("check", cwd=repo)
    assert result.returncode == 1
    assert states(result.stdout) == {"dist/gone": "stale"}
    assert floe("check", "dev", "test", cwd=repo).returncode == 0


def test_a_manifest_that_a_merge_brought_back_is_stale(repo: Path) -> None:
    shutil.copy(repo / QUERY, repo / QUERY.with_name("service-jaeger-old.yaml"))
    assert states(floe("check", cwd=repo).stdout) == {
        str(QUERY.with_name("service-jaeger-old.yaml")): "stale"
    }
    assert floe("synth", cwd=repo).returncode == 0
    assert floe("check", cwd=repo).returncode == 0


def test_links_are_untracked_wherever_they_lead(repo: Path) -> None:
    (repo / DIST / "nowhere").symlink_to("nothing")
    (repo / DIST / "folder").symlink_to("50-platform")
    result = floe("check", cwd=repo)
    assert states(result.stdout) == {
        f"{DIST}/folder": "untracked",
        f"{DIST}/nowhere": "untracked",
    }
    assert floe("synth", cwd=repo).returncode == 0
    assert (repo / DIST / "nowhere").is_symlink()


def test_what_a_killed_synth_left_is_no_difference(repo: Path) -> None:
    shutil.copytree(repo / DIST, repo / "dist" / ".dev.new")
    (repo / CACHE).unlink()
    assert floe("check", cwd=repo).returncode == 0


def test_only_the_environments_named_are_compared(repo: Path) -> None:
    edit(repo / WEBSERVER, "replicas: 1", "replicas: 9")
    assert floe("check", "test", cwd=repo).returncode == 0
    assert states(floe("check", "dev", cwd=repo).stdout) == {str(WEBSERVER): "edited"}
    both = floe("check", "test", "dev", cwd=repo)
    assert states(both.stdout) == {str(WEBSERVER): "edited"}


def test_an_output_that_was_never_written_is_missing(repo: Path) -> None:
    result = floe("check", "--output", "elsewhere", cwd=repo)
    assert result.returncode == 1
    assert set(states(result.stdout).values()) == {"missing"}


# wrong input


def test_an_unknown_environment_is_told_with_the_nearest(repo: Path) -> None:
    result = floe("check", "tset", "dev", cwd=repo)
    assert (result.returncode, result.stdout) == (2, "")
    assert "tset" in result.stderr
    assert "Did you mean test?" in result.stderr


def test_a_folder_without_environments_says_how_to_begin(repo: Path) -> None:
    (repo / "empty").mkdir()
    result = floe("check", "--overlays", "empty", cwd=repo)
    assert (result.returncode, result.stdout) == (2, "")
    assert "floe init DIRECTORY" in result.stderr


def test_overlays_that_are_not_valid_are_told_all_at_once(repo: Path) -> None:
    edit(repo / OVERLAY, "daemon:", "demon:")
    (repo / "overlays" / "test" / "compiled_artifacts.json").write_text("{")
    result = floe("check", cwd=repo)
    assert (result.returncode, result.stdout) == (2, "")
    assert "Did you mean daemon?" in result.stderr
    assert "overlays/test is not a valid overlay" in result.stderr


# the cache


def test_a_good_check_is_answered_again_without_node(repo: Path) -> None:
    (repo / CACHE).unlink()
    assert floe("check", cwd=repo, env=NO_NODE).returncode == 2
    first = floe("check", cwd=repo)
    assert first.returncode == 0
    again = floe("check", cwd=repo, env=NO_NODE)
    assert (again.returncode, again.stdout) == (0, first.stdout)


def a_model_elsewhere(repo: Path) -> None:
    (repo / "model").mkdir()
    (repo / "model" / "orders.yml").write_text("cubes: []\n")
    with (repo / OVERLAY).open("a") as overlay:
        overlay.write("cube_model: ../../model\n")


@pytest.mark.parametrize(
    "change",
    [
        lambda r: edit(r / OVERLAY, "cpu: 250m", "cpu: 300m"),
        lambda r: edit(r / "overlays/test/compiled_artifacts.json", "1.1.0", "1.1.1"),
        lambda r: edit(r / WEBSERVER, "replicas: 1", "replicas: 9"),
        lambda r: (r / WEBSERVER).unlink(),
        lambda r: (r / DIST / "new").write_text(""),
        lambda r: (r / "overlays" / "test").rename(r / "overlays" / "toast"),
    ],
    ids=["overlay", "artifacts", "manifest", "missing", "new", "environments"],
)
def test_any_change_makes_it_render_again(repo: Path, change: Change) -> None:
    change(repo)
    result = floe("check", cwd=repo, env=NO_NODE)
    assert result.returncode == 2
    assert "/bin/false" in result.stderr


def test_a_model_outside_of_the_overlay_is_always_read(repo: Path) -> None:
    a_model_elsewhere(repo)
    floe("synth", cwd=repo)
    assert floe("check", cwd=repo).returncode == 0
    assert floe("check", cwd=repo, env=NO_NODE).returncode == 2


def test_other_code_of_the_tool_makes_it_render_again(repo: Path, tmp_path: Path) -> None:
    for package in (floe_deploy, floe_constructs):
        (place,) = package.__path__
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(place, tmp_path / "code" / package.__name__, ignore=ignored)
    copied = {"PYTHONPATH": str(tmp_path / "code")}
    assert floe("check", cwd=repo, env=copied).returncode == 0
    assert floe("check", cwd=repo, env=copied | NO_NODE).returncode == 0
    with (tmp_path / "code" / "floe_constructs" / "yaml_text.py").open("a") as code:
        code.write("# changed\n")
    assert floe("check", cwd=repo, env=copied | NO_NODE).returncode == 2


def test_another_version_of_a_library_makes_it_render_again(repo: Path, tmp_path: Path) -> None:
    information = tmp_path / "later" / "cdk8s-99.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: cdk8s\nVersion: 99.0\n")
    later = {"PYTHONPATH": str(tmp_path / "later")}
    assert floe("check", cwd=repo, env=NO_NODE).returncode == 0
    assert floe("check", cwd=repo, env=NO_NODE | later).returncode == 2


@pytest.mark.parametrize("text", ["", "not json", "[1]", '"text"', '{"dist": {"a": 1}}', "\0"])
def test_a_cache_that_holds_nonsense_is_no_problem(repo: Path, text: str) -> None:
    (repo / CACHE).write_text(text)
    assert floe("check", cwd=repo).returncode == 0
    assert set(json.loads((repo / CACHE).read_text())) == {"dist"}
    assert floe("check", cwd=repo, env=NO_NODE).returncode == 0


def test_a_place_that_cannot_hold_a_cache_is_no_problem(repo: Path) -> None:
    shutil.rmtree(repo / CACHE.parent)
    (repo / CACHE.parent).write_text("a file")
    assert floe("check", cwd=repo).returncode == 0
    assert (repo / CACHE.parent).read_text() == "a file"


def test_a_check_that_found_something_is_not_remembered(repo: Path) -> None:
    edit(repo / WEBSERVER, "replicas: 1", "replicas: 9")
    assert floe("check", cwd=repo).returncode == 1
    assert floe("check", cwd=repo, env=NO_NODE).returncode == 2


def test_nothing_but_the_cache_is_written(repo: Path) -> None:
    (repo / CACHE).unlink()
    before = held(repo)
    floe("check", cwd=repo)
    after = held(repo)
    assert after.pop(str(CACHE))
    assert after == before


def test_check_is_content_with_what_synth_wrote(repo: Path) -> None:
    result = floe("check", cwd=repo)
    assert (result.returncode, result.stdout) == (0, "dist: up to date (2 environments)\n")


def test_check_shows_the_lines_that_differ(repo: Path) -> None:
    edit(repo / WEBSERVER, "replicas: 1", "replicas: 9")
    result = floe("check", cwd=repo)
    assert "-  replicas: 9\n+  replicas: 1\n" in result.stdout
