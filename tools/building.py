"""Building the images of this checkout without an engine, on what stands in for base images.

buildah builds in a chroot, which wants root and Debian 12; `tools/images/install.sh` says why.
Layers stay in `.floe/images`, so that what has not changed is built once, whoever asks.
"""

import fcntl
import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
HERE = ROOT / ".tools/images"
PROGRAMS = HERE / "packages/usr/bin"
STORE = ROOT / ".floe/images"
PYTHON = "docker.io/library/python:3.11-slim-bookworm"
CANNOT = "no image is built: it takes root on Debian 12 (tools/images/install.sh)"

_JUDGING = {"bud", "commit", "from"}
"""What wants to be told which images to trust: the machine has no file that says so."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image that was built, and its files."""

    name: str
    config: Mapping[str, Any]
    """How it is run, as the image says it."""
    layers: tuple[Path, ...]
    """The folders that lie over each other in it, the uppermost first: read only."""


def can_build() -> bool:
    """Answer whether this machine has what builds images."""
    return PROGRAMS.is_dir()


def build(dockerfile: str, target: str | None = None, **arguments: str) -> Image:
    """Build a Dockerfile of the repository, or one of its stages, with build arguments."""
    chosen = "".join(f"-{value or 'none'}" for value in arguments.values())
    name = f"localhost/{Path(dockerfile).parent.name}-{target or 'default'}{chosen}"
    name = name.replace(" ", ".").lower()
    with ready():
        command = ["--pull=never", "--isolation=chroot", "--network=host", "--format=docker"]
        # Engines of users know the platform in `FROM`; this one has to be told.
        (STORE / "temporary/platform").write_text("ARG TARGETARCH\n")
        command += ["--layers", f"--file={STORE / 'temporary/platform'}", f"--file={dockerfile}"]
        command += [f"--tag={name}"]
        # What stands in for a base image has its tag, and not its digest.
        pinned = re.findall(
            r"^ARG (\w+)=(\S+)@sha256:", (ROOT / dockerfile).read_text(), re.MULTILINE
        )
        values = {"TARGETARCH": "amd64"} | dict(pinned) | arguments
        command += [f"--build-arg={key}={value}" for key, value in values.items()]
        command += [f"--target={target}"] if target else []
        buildah("bud", *command, str(ROOT))
        return _image(name)


@contextmanager
def ready() -> Iterator[None]:
    """Have the image of Python, and nobody else who builds: each finds the layers of the others."""
    (STORE / "temporary").mkdir(parents=True, exist_ok=True)
    with (STORE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        buildah("rm", "--all")  # what a build that failed has left mounted
        if not _stands_in():
            _stand_in()
        yield


def _stands_in() -> bool:
    """Answer whether the image of Python is there, as this machine would make it now."""
    known = STORE / "made"
    return known.exists() and known.read_text() == (HERE / "made").read_text()


def _stand_in() -> None:
    container = buildah("from", "scratch")
    buildah("add", container, str(HERE / "python.tar"), "/")
    path = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
    trust = "/etc/ssl/certs/ca-certificates.crt"  # as this machine does, whose proxy may read along
    variables = {"PATH": path, "LANG": "C.UTF-8", "PIP_CERT": trust, "SSL_CERT_FILE": trust}
    said = [f"--env={name}={value}" for name, value in variables.items()]
    buildah("config", *said, "--cmd=python3", container)
    buildah("commit", "--quiet", "--rm", container, PYTHON)
    # Packages come from where uv keeps them on this machine.
    uv = [str(ROOT / ".tools/uv/bin/uv"), "cache", "dir"]
    kept = Path(subprocess.run(uv, check=True, capture_output=True, text=True).stdout.strip())
    kept.mkdir(parents=True, exist_ok=True)
    cache = STORE / "temporary/buildah-cache/uv"
    cache.parent.mkdir(exist_ok=True)
    cache.unlink(missing_ok=True)
    cache.symlink_to(kept)
    (STORE / "made").write_text((HERE / "made").read_text())


def _image(name: str) -> Image:
    found = json.loads(buildah("inspect", "--type=image", name))
    images = json.loads((STORE / "store/overlay-images/images.json").read_text())
    (top,) = {image["layer"] for image in images if image["id"] == found["FromImageID"]}
    layer = STORE / "store/overlay" / top
    lower = layer / "lower"
    below = lower.read_text().split(":") if lower.exists() else []
    return Image(
        name=name,
        config=found["Docker"]["config"],
        layers=(layer / "diff", *((layer.parent / link).resolve() for link in below)),
    )


def buildah(verb: str, *arguments: str) -> str:
    """Run buildah on the store of this checkout; answer what it prints."""
    files = HERE / "packages/etc/containers"
    command = [
        str(PROGRAMS / "buildah"),
        f"--root={STORE / 'store'}",
        f"--runroot={STORE / 'run'}",
        "--storage-driver=overlay",
        "--storage-opt=overlay.skip_mount_home=true",  # nothing is left mounted afterwards
        f"--registries-conf={files / 'registries.conf'}",
        verb,
        *([f"--signature-policy={files / 'policy.json'}"] if verb in _JUDGING else []),
        *arguments,
    ]
    variables = {
        "TMPDIR": str(STORE / "temporary"),
        "CONTAINERS_CONF": str(HERE / "packages/usr/share/containers/containers.conf"),
    }
    done = subprocess.run(
        command, env=os.environ | variables, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"buildah {verb} {arguments}\n{done.stdout[-3000:]}\n{done.stderr}")
    return done.stdout.strip()
