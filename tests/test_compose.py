"""A repository of a user's with a composition of its own: the example of the documentation."""

import json
import shutil
from pathlib import Path

import jsonschema
import pytest
import yaml

from called import floe
from floe_deploy import lock
from test_dist import ROOT, held

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
        "40-migrate/job-notebook-seed.yaml",
        "50-platform/notebook/deployment-notebook-server.yaml",
        "50-platform/notebook/networkpolicy-notebook-server.yaml",
        "50-platform/notebook/serviceaccount-notebook-server.yaml",
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
    assert f"{where}: pod-restricted: found container server may gain privileges" in result.stderr
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
    assert folders == {"floe", "jaeger", "notebook"}
    jaeger = {path.name for path in (repo / "dist/dev/50-platform/jaeger").iterdir()}
    assert jaeger == {"networkpolicy-jaeger-all-in-one.yaml"}


MORE = """from pathlib import Path

from cdk8s import ApiObject, Chart, JsonPatch
from cdk8s_plus_34 import k8s


def config_map(chart, **more):
    k8s.KubeConfigMap(chart, "x", metadata=k8s.ObjectMeta(name="x", **more.pop("meta", {})), **more)


def patched(chart, patch):
    ApiObject(chart, "x", api_version="apps/v1", kind="Deployment").add_json_patch(patch)
"""
"""What statements that tests add may use."""


def add(repo: Path, statement: str) -> None:
    """Add a statement to what the composition does."""
    once = "    platform.compose(chart, wired)\n"
    edit(repo / PLATFORM, once, f"{once}    {statement}\n")
    edit(repo / PLATFORM, "from cdk8s import Chart\n", MORE)


def test_a_misspelt_component_of_ones_own_is_told_like_ours(repo: Path) -> None:
    edit(repo / "overlays/dev/environment.yaml", "notebook:\n", "notebok:\n")
    result = floe("synth", cwd=repo)
    assert result.returncode == 2
    assert "notebok: found an unknown setting" in result.stderr
    assert "Did you mean notebook?" in result.stderr


def test_the_schema_holds_our_settings_and_ones_own(repo: Path) -> None:
    own = json.loads(floe("schema", cwd=repo).stdout)
    ours = json.loads(floe("schema").stdout)
    assert own["properties"].keys() - ours["properties"].keys() == {"notebook"}
    assert own["$defs"]["Notebook"]["properties"]["image"]["description"] == "Image of the server."
    data = yaml.safe_load((repo / "overlays/dev/environment.yaml").read_text())
    jsonschema.Draft202012Validator(own).validate(data)
    data["notebook"]["imag"] = data["notebook"].pop("image")
    assert not jsonschema.Draft202012Validator(own).is_valid(data)


def test_the_lock_holds_objects_of_ones_own(repo: Path) -> None:
    assert floe("synth", cwd=repo).returncode == 0
    known = lock.read(repo / "dist/dev")
    assert known
    assert set(known.files) == held(repo / "dist/dev").keys() - {lock.FILE}


CIRCLE = """a, b = (k8s.KubeConfigMap(chart, name) for name in "ab")
    a.node.add_dependency(b)
    b.node.add_dependency(a)"""
REFUSED = {
    "a patch that does not apply": ('patched(chart, JsonPatch.remove("/b/c"))', "RuntimeError"),
    "a circle of dependencies": (CIRCLE, "Dependency cycle"),
    "a program that leaves": ("raise SystemExit(0)", "SystemExit: 0"),
    "a value of another type": ('config_map(chart, data={"a": 1})', "Value is not a string"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_cdk8s_refuses_is_told_as_the_compositions_own(repo: Path, fault: str) -> None:
    code, told = REFUSED[fault]
    add(repo, code)
    result = floe("synth", cwd=repo)
    assert (result.returncode, result.stdout) == (2, "")
    assert "acme_platform.platform:compose of cdk8s.yaml failed: " in result.stderr
    assert told in result.stderr
    assert "Traceback" not in result.stderr


WITHOUT_A_PLACE = {
    "a phase that there is not": (
        'config_map(chart, meta={"annotations": {"floe.dev/phase": "later"}})',
        "ConfigMap/x: found phase later; allowed: 00-cluster, ",
    ),
    "a list": (
        'k8s.KubeConfigMapList(chart, "x", items=[k8s.KubeConfigMapProps()])',
        "ConfigMapList: found no name",
    ),
    "no metadata": (
        'patched(chart, JsonPatch.remove("/metadata"))',
        "Deployment: found no name",
    ),
    "a folder above": (
        'config_map(chart, meta={"labels": {"app.kubernetes.io/name": "../../../x"}})',
        "label app.kubernetes.io/name with the value '../../../x'",
    ),
}


@pytest.mark.parametrize("fault", WITHOUT_A_PLACE)
def test_objects_without_a_place_are_told_and_nothing_is_written(repo: Path, fault: str) -> None:
    code, told = WITHOUT_A_PLACE[fault]
    add(repo, code)
    result = floe("synth", cwd=repo)
    assert (result.returncode, result.stdout) == (2, "")
    assert told in result.stderr
    assert not (repo / "dist").exists()
    assert not (repo.parent / "x").exists()


def test_objects_that_are_no_typed_ones_are_written_as_they_are(repo: Path) -> None:
    add(repo, 'patched(chart, JsonPatch.add("/spec", {"replicas": 1}))')
    assert floe("synth", cwd=repo).returncode == 0
    (path,) = (repo / "dist/dev/50-platform").glob("deployment-*.yaml")
    assert yaml.safe_load(path.read_text())["spec"] == {"replicas": 1}


def test_files_in_a_configmap_may_be_templates(repo: Path) -> None:
    data = {
        "a.yaml": "image: {{ image }}",
        "b.yml": "a: 1\n---\nb: 2\n",
        "c.yaml": "image: a.io/c:1",
    }
    add(repo, f"config_map(chart, data={data})")
    assert floe("synth", cwd=repo).returncode == 0
    assert "a.io/c:1" in (repo / "dist/dev/images.txt").read_text().split()


def test_check_follows_whatever_the_composition_reads(repo: Path) -> None:
    (repo / "words.txt").write_text("one")
    add(repo, "config_map(chart, data={'words': Path('words.txt').read_text()})")
    floe("synth", cwd=repo)
    assert floe("check", cwd=repo).returncode == 0
    (repo / "words.txt").write_text("two")
    result = floe("check", cwd=repo)
    assert result.returncode == 1
    assert result.stdout.startswith("stale: dist/dev/50-platform/configmap-x.yaml")


def test_every_environment_that_the_composition_fails_for_is_told(repo: Path) -> None:
    shutil.copytree(repo / "overlays/dev", repo / "overlays/prod")
    add(repo, 'raise ValueError(f"not in {wired.name}")')
    result = floe("synth", cwd=repo)
    assert result.returncode == 2
    assert "not in dev" in result.stderr
    assert "not in prod" in result.stderr


REFERENCES = {
    "nowhere:x": "No module named 'nowhere'",
    "json:nothing": "no attribute 'nothing'",
    '""': "It has to be `module:name`",
    "broken:x": "ZeroDivisionError: division by zero (broken.py, line 2)",
    "leaves:x": "SystemExit: 0 (leaves.py, line 1)",
    "json:__name__": "json:__name__",
}


@pytest.mark.parametrize(("key", "command"), [("environment", "check"), ("compose", "synth")])
@pytest.mark.parametrize("reference", REFERENCES)
def test_a_wrong_reference_is_one_clear_message(
    repo: Path, reference: str, key: str, command: str
) -> None:
    (repo / "broken.py").write_text("\n1 / 0\n")
    (repo / "leaves.py").write_text("raise SystemExit(0)\n")
    (repo / "cdk8s.yaml").write_text(f"{key}: {reference}\n")
    overlay = repo / "overlays/dev/environment.yaml"
    overlay.write_text(overlay.read_text().partition("notebook:")[0])
    result = floe(command, cwd=repo)
    assert (result.returncode, result.stdout) == (2, "")
    assert REFERENCES[reference] in result.stderr
    assert len(result.stderr.splitlines()) == 1
