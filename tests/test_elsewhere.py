"""The built package in a fresh environment: in somebody else's app, and without Node."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from test_dist import ROOT, kubeconform, run

UV = ROOT / ".tools" / "uv" / "bin" / "uv"
COMPONENTS = ("dagster", "cube", "marquez", "jaeger")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as users install it."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (found,) = out.glob("*.whl")
    return found


def installed(folder: Path, wheel: Path, *, synth: bool) -> Path:
    """Make an environment with the package in it; answer its Python."""
    python = folder / "venv" / "bin" / "python"

    def uv(*arguments: str | Path) -> None:
        result = run(UV, *arguments)
        assert result.returncode == 0, result.stderr

    uv("venv", "--quiet", "--python", sys.executable, folder / "venv")
    install = ("pip", "install", "--quiet", "--python", python)
    if synth:
        locked = ("--require-hashes", "-r", ROOT / "locks" / "synth.txt")
        uv(*install, "--compile-bytecode", *locked)
        uv(*install, "--no-deps", wheel)
    else:
        uv(*install, "--constraint", ROOT / "locks" / "synth.txt", wheel)
    return python


def without_node(python: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("JSII")}
    return subprocess.run(
        [python, *arguments],
        env=env | {"PATH": str(python.parent), "PYTHONPATH": ""},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_wheel_holds_both_packages_and_nothing_of_the_repository(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"floe_deploy", "floe_constructs", "floe_deploy-0.1.0.dist-info"}
    assert {"floe_deploy/py.typed", "floe_constructs/py.typed"} <= set(names)
    assert "floe_deploy/scaffold/files/overlays/dev/environment.yaml" in names
    metadata = zipfile.ZipFile(wheel).read("floe_deploy-0.1.0.dist-info/METADATA").decode()
    assert "Provides-Extra: synth" in metadata
    assert "License-Expression: Apache-2.0" in metadata


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """What the app made of each component alone, and of all."""
    folder = tmp_path_factory.mktemp("elsewhere")
    python = installed(folder, wheel, synth=True)
    result = run(
        python,
        "-P",
        ROOT / "tests" / "elsewhere" / "main.py",
        folder / "out",
        env={"PYTHONPATH": ""},
        cwd=folder,
    )
    assert result.returncode == 0, result.stderr
    return folder / "out"


def kinds(folder: Path) -> Mapping[str, set[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = {}
    for path in folder.glob("*.yaml"):
        for manifest in yaml.safe_load_all(path.read_text()):
            name = manifest["metadata"]["labels"]["app.kubernetes.io/name"]
            found.setdefault(name, set()).add((manifest["kind"], manifest["metadata"]["name"]))
    return found


@pytest.mark.tools
@pytest.mark.slow
@pytest.mark.requirement("FR-010")
def test_components_alone_make_the_same_objects_as_together(apps: Path) -> None:
    together = kinds(apps / "all")
    assert set(together) == set(COMPONENTS)
    for component in COMPONENTS:
        assert kinds(apps / component) == {component: together[component]}


@pytest.mark.tools
@pytest.mark.slow
def test_what_an_app_elsewhere_makes_passes_kubeconform(apps: Path) -> None:
    summary = json.loads(kubeconform(apps, "1.34").stdout)
    assert summary["summary"]["valid"] > 60
    assert {summary["summary"][key] for key in ("invalid", "errors", "skipped")} == {0}


@pytest.mark.tools
@pytest.mark.slow
def test_the_base_installation_works_where_there_is_no_node(tmp_path: Path, wheel: Path) -> None:
    python = installed(tmp_path, wheel, synth=False)
    result = without_node(python, "-c", "import cdk8s", cwd=tmp_path)
    assert "ModuleNotFoundError" in result.stderr
    floe = ("-m", "floe_deploy")
    assert without_node(python, *floe, "--help", cwd=tmp_path).returncode == 0
    assert without_node(python, *floe, "init", "repo", cwd=tmp_path).returncode == 0
    repo = tmp_path / "repo"
    schema = without_node(python, *floe, "schema", cwd=repo)
    assert json.loads(schema.stdout)["properties"]["dagster"]

    synth = without_node(python, *floe, "synth", cwd=repo)
    assert (synth.returncode, synth.stdout) == (2, "")
    assert synth.stderr.startswith("This command needs the extra `synth`: pip install")

    made = run(sys.executable, "-m", "floe_deploy", "synth", cwd=repo)
    assert made.returncode == 0, made.stderr
    check = without_node(python, *floe, "check", cwd=repo)
    assert check.returncode == 2
    assert "could not be rendered again" in check.stderr
    (repo / "dist" / "dev" / "images.txt").write_text("edited\n")
    check = without_node(python, *floe, "check", cwd=repo)
    assert check.returncode == 1
    assert check.stdout.startswith("edited: dist/dev/images.txt")
