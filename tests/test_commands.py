"""The commands: what they answer, where they say it, and how they end."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from called import floe
from floe_deploy import cli
from test_dist import ENVIRONMENTS, ROOT, kubeconform


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with one environment, synthesized."""
    assert floe("init", "repo", cwd=tmp_path).returncode == 0
    assert floe("synth", cwd=tmp_path / "repo").returncode == 0
    return tmp_path / "repo"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


OVERLAY = Path("overlays", "dev", "environment.yaml")


# synth


def test_an_environment_that_is_not_there_is_told_with_the_nearest(repo: Path) -> None:
    result = floe("synth", "dve", cwd=repo)
    assert result.returncode == 2
    assert "did you mean dev?" in result.stderr.lower()


def test_no_environment_at_all_says_how_to_begin(tmp_path: Path) -> None:
    result = floe("synth", cwd=tmp_path)
    assert result.returncode == 2
    assert "floe init DIRECTORY" in result.stderr


def test_one_wrong_environment_keeps_all_others_from_being_written(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "overlays", tmp_path / "overlays")
    edit(tmp_path / "overlays" / "prod" / "environment.yaml", "webserver:", "webservr:")
    edit(tmp_path / "overlays" / "dev" / "environment.yaml", "daemon:", "demon:")
    result = floe("synth", cwd=tmp_path)
    assert result.returncode == 2
    assert "overlays/prod is not a valid overlay" in result.stderr
    assert "overlays/dev is not a valid overlay" in result.stderr
    assert result.stdout == ""
    assert not (tmp_path / "dist").exists()


def test_synth_keeps_foreign_files_and_names_them(repo: Path) -> None:
    (repo / "dist/dev/notes.md").write_text("by hand")
    result = floe("synth", cwd=repo)
    assert result.returncode == 0
    told = [line for line in result.stderr.splitlines() if "warning" not in line]
    assert told == ["dist/dev/notes.md: kept, but not written by synth"]
    assert (repo / "dist/dev/notes.md").read_text() == "by hand"


def test_synth_names_a_folder_whose_overlay_is_gone(repo: Path) -> None:
    shutil.copytree(repo / "dist/dev", repo / "dist/old")
    assert "dist/old: no overlay of this name" in floe("synth", cwd=repo).stderr


@pytest.mark.parametrize("place", ["file", "missing parent is a file"])
def test_an_output_that_cannot_be_written_is_told_without_a_traceback(
    repo: Path, place: str
) -> None:
    (repo / "file").write_text("x")
    output = "file" if place == "file" else "file/dist"
    result = floe("synth", "--output", output, cwd=repo)
    assert result.returncode == 2
    assert "file" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_wrong_composition_is_told_with_its_name(repo: Path) -> None:
    (repo / "broken.py").write_text("1 / 0\n")
    for reference in ("nowhere:x", "json:nothing", "no-colon", "broken:x"):
        (repo / "cdk8s.yaml").write_text(f"compose: {reference}\n")
        result = floe("synth", cwd=repo)
        assert result.returncode == 2, result.stderr
        assert reference in result.stderr
        assert "Traceback" not in result.stderr
    (repo / "cdk8s.yaml").write_text("environment: json:JSONDecoder\n")
    assert "json:JSONDecoder" in floe("synth", cwd=repo).stderr


def test_cdk8s_yaml_names_the_folders_and_options_win(repo: Path) -> None:
    (repo / "overlays").rename(repo / "environments")
    (repo / "cdk8s.yaml").write_text("overlays: environments\noutput: made\n")
    assert floe("synth", cwd=repo).stdout.startswith("made/dev: ")
    outdir = {"CDK8S_OUTDIR": "by-cdk8s"}
    assert floe("synth", cwd=repo, env=outdir).stdout.startswith("by-cdk8s/dev: ")
    result = floe("synth", "--output", "by-option", cwd=repo, env=outdir)
    assert result.stdout.startswith("by-option/dev: ")


# init and schema


@pytest.mark.tools
def test_what_init_makes_passes_kubeconform(repo: Path) -> None:
    summary = json.loads(kubeconform(repo / "dist", "1.34").stdout)["summary"]
    assert summary["valid"] > 20
    assert summary["invalid"] == summary["errors"] == summary["skipped"] == 0


def test_the_committed_schema_is_what_the_command_writes() -> None:
    committed = (ROOT / "overlays" / "environment.schema.json").read_text()
    assert floe("schema").stdout == committed


def schema() -> dict[str, object]:
    found: dict[str, object] = json.loads((ROOT / "overlays/environment.schema.json").read_text())
    return found


def described(field: dict[str, Any], definitions: dict[str, Any]) -> bool:
    """Pydantic leaves out a description that is the same as that of the form referred to."""
    form = definitions["$defs"].get(field.get("$ref", "").rpartition("/")[2], {})
    return bool(field.get("description") or form.get("description"))


def test_the_schema_describes_every_setting() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    definitions = json.loads(json.dumps(schema()))
    forms = [definitions, *definitions["$defs"].values()]
    settings = [(name, f) for form in forms for name, f in form.get("properties", {}).items()]
    assert len(settings) > 100
    assert [name for name, field in settings if not described(field, definitions)] == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_overlay_names_the_schema_and_fits_it(environment: str) -> None:
    path = ROOT / "overlays" / environment / "environment.yaml"
    (named,) = re.findall(
        r"^# yaml-language-server: \$schema=(\S+)$", path.read_text(), re.MULTILINE
    )
    assert path.read_text().startswith("# yaml-language-server")
    assert (path.parent / named).resolve() == ROOT / "overlays" / "environment.schema.json"
    jsonschema.Draft202012Validator(schema()).validate(yaml.safe_load(path.read_text()))


def test_the_schema_refuses_a_misspelt_setting() -> None:
    data = yaml.safe_load((ROOT / "overlays" / "dev" / "environment.yaml").read_text())
    data["dagster"]["webservr"] = data["dagster"].pop("webserver")
    assert list(jsonschema.Draft202012Validator(schema()).iter_errors(data))


# how commands end


def test_without_arguments_the_help_is_shown() -> None:
    assert "Commands:" in floe().stdout + floe().stderr


@pytest.mark.parametrize("command", ["synth", "check", "schema", "init"])
def test_help_fits_a_terminal(command: str) -> None:
    result = floe(command, "--help", env={"COLUMNS": "80"})
    assert result.returncode == 0
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_help_neither_starts_node_nor_loads_specs() -> None:
    program = (
        "import sys; from floe_deploy.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "print({'pydantic', 'cdk8s', 'jsii', 'yaml'} & set(sys.modules), file=sys.stderr)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stderr == "set()\n"


def test_a_fault_of_the_tool_is_told_as_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        msg = "no such thing"
        raise LookupError(msg)

    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 70
    told = capsys.readouterr().err
    assert "a fault of its own (LookupError: no such thing)" in told
    assert "FLOE_TRACEBACK=1" in told
    assert "Traceback" not in told
