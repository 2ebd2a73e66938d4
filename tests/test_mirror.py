"""Images are copied between real registries, and pinned by what one says, with real programs."""

import json
import os
import re
import shutil
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tools import pin

from floe_constructs.kubernetes.image import ImageReference
from floe_deploy.registry import Images
from test_dist import BIN, ROOT, floe, run
from test_every_setting import BASE, COMPONENTS

CRANE = BIN / "crane"
SKOPEO = shutil.which("skopeo", path=f"{BIN}:{os.defpath}")
TOOLS = [
    "crane",
    pytest.param("skopeo", marks=pytest.mark.skipif(not SKOPEO, reason="no skopeo here")),
]
Serve = Callable[[str], str]

pytestmark = pytest.mark.tools


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start a registry on loopback; answer its host."""
    started = []

    def start(name: str) -> str:
        (tmp_path / name).mkdir()
        log = tmp_path / f"{name}.log"
        with log.open("w") as output:
            command = [str(CRANE), "registry", "serve", "--address=127.0.0.1:0", "--disk", name]
            started.append(subprocess.Popen(command, cwd=tmp_path, stderr=output))
        for _ in range(100):
            if found := host(log):
                return found
            time.sleep(0.05)
        raise AssertionError(log.read_text())

    yield start
    for process in started:
        process.terminate()
        process.wait()


def host(log: Path) -> str:
    """Answer where a registry listens, once it does."""
    port = re.search(r"serving on port (\d+)\n", log.read_text())
    return f"127.0.0.1:{port[1]}" if port else ""


def crane(*arguments: str | Path) -> str:
    result = run(CRANE, *arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def push(folder: Path, image: str, text: str, platform: str = "linux/amd64") -> str:
    """Push a small image; answer its digest."""
    (folder / "file").write_text(text)
    with tarfile.open(folder / "layer.tar", "w") as layer:
        layer.add(folder / "file", "file")
    crane("append", "-f", folder / "layer.tar", "-t", image)
    crane("mutate", image, "--set-platform", platform, "-t", image)
    return crane("digest", image)


def project(folder: Path, source: str, target: str, *, tag: str = "1") -> dict[str, str]:
    """Write an overlay with one image by tag, one by both and one by digest; answer them all."""
    both = push(folder, f"{source}/acme/both:1", "both")
    for arch in ("amd64", "arm64"):
        push(folder, f"{source}/acme/tag:{arch}", arch, f"linux/{arch}")
    parts = [f"-m={source}/acme/tag:{arch}" for arch in ("amd64", "arm64")]
    # Docker's types: skopeo 1.9 refuses the OCI lists that crane makes (`artifactType`).
    crane("index", "append", "--docker-empty-base", *parts, "-t", f"{source}/acme/tag:1")
    alone = push(folder, f"{source}/alone:1", "alone")
    marquez = COMPONENTS["marquez"] | {
        "image": f"{source}/acme/tag:{tag}",
        "web": {"resources": {"cpu": "1", "memory": "1Gi"}}
        | {"image": f"{source}/acme/both:1@{both}"},
    }
    jaeger = COMPONENTS["jaeger"] | {"image": f"{source}/alone@{alone}"}
    document = BASE | {
        "images": {"registry": f"{target}/mirror"},
        "marquez": marquez,
        "jaeger": jaeger,
    }
    place = folder / "overlays" / "prod"
    place.mkdir(parents=True)
    (place / "environment.yaml").write_text(json.dumps(document))
    shutil.copy(ROOT / "tests/contract/examples/dev.json", place)
    (place / "dev.json").rename(place / "compiled_artifacts.json")
    tagged = crane("digest", f"{source}/acme/tag:1")
    return {
        f"{target}/mirror/acme/tag:1": tagged,
        f"{target}/mirror/acme/both:1": both,
        f"{target}/mirror/acme/both@{both}": both,
        f"{target}/mirror/alone@{alone}": alone,
    }


def script(folder: Path, tool: str) -> Path:
    result = floe("images", "--mirror", tool, cwd=folder)
    assert result.returncode == 0, result.stderr
    (folder / "mirror.sh").write_text(result.stdout)
    return folder / "mirror.sh"


def followed(folder: Path, tool: str) -> subprocess.CompletedProcess[str]:
    """Run the script; its pauses are over at once, and skopeo may do without TLS."""
    stub = folder / "stubs" / "sleep"
    stub.parent.mkdir(exist_ok=True)
    stub.write_text("#!/bin/sh\n")
    stub.chmod(0o755)
    config = folder / ".config" / "containers" / "registries.conf"
    config.parent.mkdir(parents=True, exist_ok=True)
    hosts = [host(log) for log in folder.glob("*.log")]
    config.write_text(
        "".join(f'[[registry]]\nlocation = "{one}"\ninsecure = true\n' for one in hosts)
    )
    anything = {"default": [{"type": "insecureAcceptAnything"}]}
    config.with_name("policy.json").write_text(json.dumps(anything))
    env = {"PATH": f"{stub.parent}:{BIN}:/usr/bin:/bin", "HOME": str(folder)}
    return run("sh", script(folder, tool), env=env, cwd=folder)


@pytest.mark.slow
@pytest.mark.parametrize("tool", TOOLS)
def test_every_image_arrives_whole_and_is_copied_once(
    serve: Serve, tmp_path: Path, tool: str
) -> None:
    wanted = project(tmp_path, serve("source"), serve("target"))
    first = followed(tmp_path, tool)
    assert first.returncode == 0, first.stdout + first.stderr
    assert {image: crane("digest", image) for image in wanted} == wanted
    multi, *_ = wanted
    assert len(json.loads(crane("manifest", multi))["manifests"]) == 2
    crane("validate", "--remote", multi)
    assert first.stdout.count("  copied\n") == 3
    again = followed(tmp_path, tool)
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("  is there\n") == 3
    assert "copied" not in again.stdout


@pytest.mark.parametrize("tool", TOOLS)
def test_one_image_that_is_missing_does_not_keep_the_others_back(
    serve: Serve, tmp_path: Path, tool: str
) -> None:
    wanted = project(tmp_path, serve("source"), serve("target"), tag="2")
    result = followed(tmp_path, tool)
    assert result.returncode == 1
    assert "acme/tag:2" in result.stderr
    assert "1 of 3 images were not copied" in result.stderr
    assert result.stdout.count("  copied\n") == 2
    both = next(image for image in wanted if "both:1" in image)
    assert crane("digest", both) == wanted[both]


def test_a_tag_that_came_to_mean_something_else_is_copied_again(
    serve: Serve, tmp_path: Path
) -> None:
    source, target = serve("source"), serve("target")
    project(tmp_path, source, target)
    assert followed(tmp_path, "crane").returncode == 0
    digest = push(tmp_path, f"{source}/acme/tag:1", "other")
    result = followed(tmp_path, "crane")
    assert result.stdout.count("  copied\n") == 1
    assert crane("digest", f"{target}/mirror/acme/tag:1") == digest


@pytest.mark.parametrize("tool", ["crane", "skopeo"])
def test_the_script_is_clean_and_has_no_credentials(tmp_path: Path, tool: str) -> None:
    result = floe("images", "--mirror", tool)
    path = tmp_path / "mirror.sh"
    path.write_text(result.stdout)
    checked = run(Path(shutil.which("shellcheck") or ".venv/bin/shellcheck"), path)
    assert checked.stdout == ""
    assert result.stdout.startswith("#!/bin/sh\n")
    assert "registry-pull" not in result.stdout


# Digests of what images are made from.


def tags(text: str) -> str:
    """Answer a text without digests."""
    return re.sub(r"@sha256:[0-9a-f]{64}", "", text)


def test_what_images_are_made_from_is_pinned_by_what_a_registry_says(
    serve: Serve,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", str(BIN), prepend=os.pathsep)
    folder, hub = tmp_path / "images", f"{serve('hub')}/hub"
    shutil.copytree(ROOT / "images", folder)
    listed = (folder / "sources.txt").read_text()
    begun = re.findall(r"^(?:#|PYTHON|CUBE|CUBESTORE|CUBESTORE_ARM64) .*\n", listed, re.MULTILINE)
    (folder / "sources.txt").write_text("".join(begun))  # what Dockerfiles begin with
    before = {path: path.read_text() for path in folder.rglob("*") if path.is_file()}
    wanted = pin.named(folder)
    assert [image.rpartition(":")[0] for image in wanted] == [
        "cubejs/cube",
        "cubejs/cubestore",
        "cubejs/cubestore",
        "python",
    ]
    names = ["CUBE", "CUBESTORE", "CUBESTORE_ARM64", "PYTHON"]
    first, *others = [Images(registry=hub).place_of(ImageReference(image)) for image in wanted]
    digests = [push(tmp_path, image, image) for image in others]
    assert pin.main(["--registry", hub], folder) == 1
    assert "Nothing is written" in capsys.readouterr().err
    assert {path: path.read_text() for path in before} == before

    digests.insert(0, push(tmp_path, first, first))
    for _ in range(2):  # what is pinned is pinned anew
        assert pin.main(["--registry", hub], folder) == 0
        pinned = [f"{image}@{digest}" for image, digest in zip(wanted, digests, strict=True)]
        assert capsys.readouterr().out.splitlines() == pinned
        after = "".join(path.read_text() for path in before)
        for name, image in zip(names, pinned, strict=True):
            assert f"ARG {name}={image}\n" in after
            assert re.search(rf"^{name} +{image} +# ", after, re.MULTILINE)
        assert tags(after) == tags("".join(before.values()))
        assert len(set(digests)) == len(digests)
        digests[0] = push(tmp_path, first, "corrected")
