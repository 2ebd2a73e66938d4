"""Every Dockerfile is clean, and its build sees what it may see alone."""

import subprocess
from pathlib import Path

import pytest
from tools.building import ROOT

from dockerfiles import DOCKERFILES

HADOLINT = ROOT / ".tools/image-tools/bin/hadolint"


@pytest.mark.tools
def test_hadolint_finds_nothing() -> None:
    done = subprocess.run(
        [HADOLINT, "--no-color", *DOCKERFILES], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_a_build_sees_no_overlay_history_or_secret() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    seen = {line.removeprefix("!").split("/")[0] for line in lines if line.startswith("!")}
    assert seen == {
        *("LICENSE", "README.md", "pyproject.toml"),
        *("constructs", "demo", "images", "locks", "src"),
    }


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.parent.name)
def test_no_argument_or_variable_is_for_a_secret(dockerfile: Path) -> None:
    text = dockerfile.read_text().upper()
    for word in ("PASSWORD", "TOKEN", "SECRET", "CREDENTIAL", "API_KEY"):
        assert word not in text
