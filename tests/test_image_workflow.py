"""How images are built for all platforms, pushed, signed and verified: bake file and workflow.

The bake file is read by the real buildx. The workflow's steps really run, with `image_stub.py` in
place of docker, cosign and the package index.
"""

import json
import os
import re
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from dockerfiles import text
from floe_deploy import built
from github import Runner
from test_dist import BIN, ROOT, floe, run

BAKE = ROOT / "images" / "docker-bake.hcl"
WORKFLOW = Path(".github", "workflows", "images.yml")
VERSION = version("floe-deploy")
SIGNER = "https://github.com/Acme/Platform/.github/workflows/images.yml@refs/heads/main"

pytestmark = pytest.mark.tools


def baked(**variables: str) -> dict[str, dict[str, Any]]:
    """Answer the targets that buildx reads."""
    result = run(BIN / "buildx", "bake", "--file", BAKE, "--print", cwd=ROOT, env=given(variables))
    assert result.returncode == 0, result.stderr
    found: dict[str, dict[str, Any]] = json.loads(result.stdout)["target"]
    return found


def given(variables: dict[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **variables}


def test_each_image_is_for_both_platforms_and_says_what_is_in_it_and_where_it_comes_from() -> None:
    told = {
        "SOURCE": "https://git.example.com/data",
        "REVISION": "5f3c2e1",
        "CREATED": "2026-11-27",
    }
    found = baked(REGISTRY="quay.example.com:5000/data", TAG="7", **told)
    for name, target in found.items():
        assert target["tags"] == [f"quay.example.com:5000/data/{name}:7"]
        assert target["platforms"] == ["linux/amd64", "linux/arm64"]
        assert {"type": "sbom"} in target["attest"]
        assert {"type": "provenance", "mode": "max"} in target["attest"]
        assert target["labels"] == {
            "org.opencontainers.image.version": "7",
            "org.opencontainers.image.source": told["SOURCE"],
            "org.opencontainers.image.revision": told["REVISION"],
            "org.opencontainers.image.created": told["CREATED"],
        }
        annotations = {f"index,manifest:{key}={text}" for key, text in target["labels"].items()}
        assert set(target["annotations"]) == annotations


def test_every_last_stage_of_every_dockerfile_is_baked() -> None:
    """A stage that no other one begins with or copies from, and none else."""
    last: set[tuple[str, str]] = set()
    for file in (ROOT / "images").glob("*/Dockerfile"):
        read = text(file)
        stages = re.findall(r"^FROM .* AS ([\w-]+)$", read, re.MULTILINE)
        used = set(re.findall(r"(?:^FROM |--from=|,from=)([\w-]+)", read, re.MULTILINE))
        last |= {(f"images/{file.parent.name}/Dockerfile", stage) for stage in set(stages) - used}
    targets = {(target["dockerfile"], target["target"]) for target in baked().values()}
    assert last <= targets
    for file, stage in targets:
        assert re.search(rf"^FROM .* AS {stage}$", (ROOT / file).read_text(), re.MULTILINE)


def test_every_image_that_floe_images_calls_built_is_baked() -> None:
    targets = {(target["dockerfile"], target["target"]) for target in baked().values()}
    assert {(made.dockerfile, made.target) for made in built.OF.values()} <= targets


def test_a_registry_that_is_an_address_is_told() -> None:
    env = given({"REGISTRY": "https://quay.example.com/data"})
    result = run(BIN / "buildx", "bake", "--file", BAKE, "--print", cwd=ROOT, env=env)
    assert result.returncode == 1
    assert "without https://" in result.stderr


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("made") / "repo"
    assert floe("init", made).returncode == 0
    return made


def runner(repo: Path, folder: Path, **known: object) -> Runner:
    """Answer a machine that has what the workflow's actions install."""
    shutil.copytree(repo, folder / "repo")
    found = Runner(folder / "repo", folder, workflow=WORKFLOW)
    for name in ("docker", "cosign", "pip"):
        stub = folder / "programs" / name
        stub.write_text(
            f"#!{sys.executable}\n{Path(__file__).with_name('image_stub.py').read_text()}"
        )
        stub.chmod(0o755)
    empty = {"version": VERSION, "signer": SIGNER, "logins": {}, "pushed": {}, "signed": {}}
    (folder / "known.json").write_text(json.dumps(empty | {"lost": []} | known))
    found.env = {
        "IMAGE_STUB": str(folder / "known.json"),
        "BUILDX": str(BIN / "buildx"),
        "SOURCE": str(ROOT),
        "GITHUB_RUN_NUMBER": "7",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_WORKFLOW_REF": SIGNER.removeprefix("https://github.com/"),
    }
    found.context |= {
        "vars.REGISTRY || format('ghcr.io/{0}', github.repository)": "ghcr.io/Acme/Platform",
        "vars.REGISTRY_USER || github.actor": "jo",
        "vars.REGISTRY == '' && github.token || secrets.REGISTRY_PASSWORD": "token",
        "vars.CUBE_MODEL": "",
        "vars.ADAPTERS": "trino duckdb",
        "vars.CLOUDS": "",
        "github.sha": "5f3c2e1",
    }
    return found


def test_what_is_pushed_is_signed_by_digest_and_named_for_the_overlay(
    repo: Path, tmp_path: Path
) -> None:
    machine = runner(repo, tmp_path)
    machine.context["vars.CUBE_MODEL"] = "model"
    done = machine.run("build")
    assert all(result.returncode == 0 for result in done.values()), done
    known = json.loads((tmp_path / "known.json").read_text())
    assert known["logins"] == {"ghcr.io": ["jo", "token"]}
    names = {image.partition("@")[0] for image in known["pushed"]}
    assert names == {f"ghcr.io/acme/platform/{name}:{VERSION}-7.1" for name in baked()}
    assert known["signed"] == dict.fromkeys(known["pushed"], SIGNER)
    assert set(machine.summary.split()) == set(known["pushed"])
    for image, target in known["pushed"].items():
        assert (machine.checkout / "source" / target["dockerfile"]).exists()
        assert target["labels"]["org.opencontainers.image.revision"] == "5f3c2e1"
        chosen = {"ADAPTERS": "trino duckdb"} if "/dagster/" in target["dockerfile"] else None
        assert target.get("args") == chosen, image
        model = target.get("contexts", {}).get("model")
        assert model == (str(machine.checkout / "model") if "/cube" in image else None), image


@pytest.mark.parametrize(
    ("known", "message"),
    [
        ({"signer": "https://github.com/stranger/platform"}, "none of the expected identities"),
        ({"lost": ["provenance"]}, "has no Provenance"),
    ],
)
def test_what_a_cluster_would_refuse_is_not_named(
    repo: Path, tmp_path: Path, known: dict[str, object], message: str
) -> None:
    machine = runner(repo, tmp_path, **known)
    done = machine.run("build")
    assert [name for name, result in done.items() if result.returncode] == ["Verify"]
    assert message in done["Verify"].stderr
    assert machine.summary == ""
