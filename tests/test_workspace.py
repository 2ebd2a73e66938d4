"""The workspace: what it installs is pinned, named without an address, and explained."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
LOCKS = sorted((ROOT / "locks").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_locks_pin_and_hash_everything_and_name_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert not re.search(r"https?://|--index-url|--extra-index|--find-links|file:", text)
    requirements = re.findall(
        r"^([a-z0-9][^\s;\\]*).*?((?:\\\n    --hash=\S+ ?)*)$", text, re.MULTILINE
    )
    assert requirements
    for requirement, hashes in requirements:
        assert "==" in requirement
        assert "--hash=sha256:" in hashes, requirement


def test_what_synth_installs_is_the_same_version_as_in_the_tests() -> None:
    def pins(lock: str) -> set[str]:
        return set(
            re.findall(
                r"^([a-z0-9._-]+==[^\s;]+)", (ROOT / "locks" / lock).read_text(), re.MULTILINE
            )
        )

    assert pins("synth.txt") <= pins("dev.txt")


@pytest.mark.parametrize("tool", ["cdk8s-cli", "graph"])
def test_npm_packages_are_locked_without_an_address(tool: str) -> None:
    lock = json.loads((ROOT / "tools" / tool / "package-lock.json").read_text())
    packages = [package for name, package in lock["packages"].items() if name]
    assert packages
    assert all("resolved" not in package for package in packages)
    bundled = [package for package in packages if package.get("inBundle")]
    assert all("integrity" in package for package in packages if package not in bundled)


def test_the_makefile_has_few_targets_and_explains_each() -> None:
    text = (ROOT / "Makefile").read_text()
    (phony,) = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    explained = re.findall(r"^([a-z]+):.*## \S", text, re.MULTILINE)
    assert len(phony.split()) <= 11  # eight for everybody, and the demo's
    assert sorted(phony.split()) == sorted(explained)


def test_every_dependency_says_what_it_is_for() -> None:
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    project = PROJECT["project"]
    extras = project["optional-dependencies"].values()
    dependencies = [*project["dependencies"], *(name for extra in extras for name in extra)]
    for dependency in dependencies:
        (line,) = [line for line in lines if f'"{dependency}"' in line]
        assert re.search(r"# \w+", line), dependency


def test_every_ignored_lint_rule_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    block = text[text.index("ignore = [") : text.index("[tool.ruff.lint.per-file-ignores]")]
    rules = [line for line in block.splitlines() if line.strip().startswith('"')]
    assert len(rules) > 5
    assert all(re.search(r"# \S+", line) for line in rules)


@pytest.mark.tools
@pytest.mark.parametrize(
    ("tool", "module"),
    [
        ("kubeconform", "github.com/yannh/kubeconform"),
        ("kustomize", "sigs.k8s.io/kustomize/kustomize/v5"),
    ],
)
def test_go_tools_are_built_from_the_modules_that_are_pinned(tool: str, module: str) -> None:
    (pinned,) = re.findall(rf"{module} (v\S+)", (ROOT / "tools" / tool / "go.mod").read_text())
    program = (ROOT / ".tools" / "bin" / tool).read_bytes()
    assert f"mod\t{module}\t{pinned}\t".encode() in program


def test_ci_runs_make_test_and_nothing_else() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    commands = [line for line in script.splitlines() if line and not line.startswith("#")]
    assert commands == ["set -eu", 'cd "$(dirname "$0")/.."', "make test"]


def test_cdk8s_yaml_runs_synth() -> None:
    settings = yaml.safe_load((ROOT / "cdk8s.yaml").read_text())
    assert settings["app"] == "floe synth"
    assert settings["output"] == "dist"
