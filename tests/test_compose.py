"""A repository of a user's with a composition of its own: the example of the documentation."""

import shutil
from pathlib import Path

import pytest
import yaml

from test_dist import ROOT, floe, held

EXAMPLE = ROOT / "docs" / "how-to" / "compose"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "repo", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "repo"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


PLATFORM, NOTEBOOK = "acme_platform/platform.py", "acme_platform/notebook.py"


def test_objects_of_ones_own_get_phases_waves_and_files(repo: Path) -> None:
    result = floe("synth", cwd=repo)
    assert result.returncode == 0, result.stderr
    paths = {path for path in held(repo / "dist" / "dev") if "notebook" in path}
    assert paths == {
        "10-foundation/serviceaccount-notebook-seed.yaml",
        "10-foundation/serviceaccount-notebook-server.yaml",
        "40-migrate/job-notebook-seed.yaml",
        "50-platform/notebook/deployment-notebook-server.yaml",
        "50-platform/notebook/networkpolicy-notebook-server.yaml",
        "50-platform/notebook/service-notebook-server.yaml",
    }
    job = yaml.safe_load((repo / "dist/dev/40-migrate/job-notebook-seed.yaml").read_text())
    assert job["metadata"]["annotations"] == {"argocd.argoproj.io/sync-wave": "-20"}
    assert "registry.example.com/acme/notebook:4.4" in (repo / "dist/dev/images.txt").read_text()


def test_a_flow_of_ones_own_is_open_at_both_ends(repo: Path) -> None:
    floe("synth", cwd=repo)
    platform = repo / "dist/dev/50-platform"
    there = yaml.safe_load((platform / "jaeger/networkpolicy-jaeger-all-in-one.yaml").read_text())
    (rule,) = there["spec"]["ingress"]
    (peer,) = rule["from"]
    assert peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == "notebook"


def test_settings_of_ones_own_are_closed_and_described(repo: Path) -> None:
    edit(repo / "overlays/dev/environment.yaml", "image: registry.example.com/acme", "imag: x/acme")
    result = floe("synth", cwd=repo)
    assert result.returncode == 2
    assert "notebook.imag: found an unknown setting" in result.stderr
    assert "Did you mean image?" in result.stderr
    assert "The notebook server; none, when silent." in floe("schema", cwd=repo).stdout


def test_check_follows_the_code_of_the_composition(repo: Path) -> None:
    floe("synth", cwd=repo)
    assert floe("check", cwd=repo).returncode == 0
    edit(repo / NOTEBOOK, "seed-examples", "seed-more")
    result = floe("check", cwd=repo)
    assert result.returncode == 1
    assert result.stdout.startswith("stale: dist/dev/40-migrate/job-notebook-seed.yaml")


def test_a_fault_in_the_composition_is_told_with_its_line(repo: Path) -> None:
    edit(repo / NOTEBOOK, "        deployment(self, server, template)\n", "        {}['nothing']\n")
    result = floe("synth", cwd=repo)
    assert result.returncode == 2
    assert "acme_platform.platform:compose of cdk8s.yaml failed: KeyError" in result.stderr
    assert "acme_platform/notebook.py, line" in result.stderr
    assert "Traceback" not in result.stderr


def test_rules_hold_for_objects_of_ones_own(repo: Path) -> None:
    own = "k8s.Container(name='server', image=settings.image)"
    edit(repo / NOTEBOOK, '_container(settings, "server", ["start-notebook.sh"], mounts)', own)
    result = floe("synth", cwd=repo)
    assert result.returncode == 2
    where = "50-platform/notebook/deployment-notebook-server.yaml"
    assert f"{where}: found container server may gain privileges" in result.stderr
    assert not (repo / "dist").exists()


def test_two_objects_of_one_name_are_refused(repo: Path) -> None:
    once = "    platform.compose(chart, wired)\n"
    again = '    platform.compose(Construct(chart, "again"), wired)\n'
    edit(repo / PLATFORM, once, once + again)
    edit(
        repo / PLATFORM,
        "from cdk8s import Chart\n",
        "from cdk8s import Chart\nfrom constructs import Construct\n",
    )
    result = floe("synth", cwd=repo)
    assert result.returncode == 2
    assert "more than once" in result.stderr


def test_only_parts_may_be_taken(repo: Path) -> None:
    edit(
        repo / PLATFORM,
        "    platform.compose(chart, wired)\n",
        "    platform.foundation(chart, wired)\n",
    )
    assert floe("synth", cwd=repo).returncode == 0
    folders = {path.name for path in (repo / "dist/dev/50-platform").iterdir() if path.is_dir()}
    assert folders == {"jaeger", "notebook"}
    jaeger = {path.name for path in (repo / "dist/dev/50-platform/jaeger").iterdir()}
    assert jaeger == {"networkpolicy-jaeger-all-in-one.yaml"}
