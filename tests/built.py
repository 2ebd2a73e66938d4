"""Images as the tests have them, and what is in them."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools.building import CANNOT, Image, build, can_build


def built(name: str, target: str | None = None, **arguments: str) -> Image:
    """Build an image of the repository, unless this machine cannot."""
    if not can_build():
        pytest.skip(CANNOT)
    return build(f"images/{name}/Dockerfile", target, **arguments)


def files(image: Image) -> dict[str, Path]:
    """Answer what is in an image, by its path: upper layers come before lower ones."""
    found: dict[str, Path] = {}
    for layer in image.layers:
        for path in _below(layer):
            found.setdefault(f"/{path.relative_to(layer)}", path)
    return found


def _below(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _below(path)


def faults(image: Image) -> list[str]:
    """Answer what an image should not hold: tools, secrets, rights, leftovers."""
    return [fault for name, path in files(image).items() for fault in _faults(name, path)]


_TOOLS = {
    *("sh", "bash", "dash", "ash", "zsh", "busybox", "env", "chroot", "su", "sudo", "mount"),
    *(
        "apt",
        "apt-get",
        "dpkg",
        "apk",
        "rpm",
        "npm",
        "npx",
        "yarn",
        "pip",
        "pip3",
        "uv",
        "ensurepip",
    ),
    *("gcc", "cc", "g++", "ld", "as", "make", "cmake", "go", "rustc", "cargo", "hatchling"),
    *("curl", "wget", "nc", "ssh", "git", "perl", "gdb", "strace"),
}
PACKAGES = "/var/lib/dpkg/status.d"
"""Where an image says of which of Debian's packages its files are."""

_SECRETS = (".env", ".netrc", ".pypirc", "id_rsa", "id_ed25519", ".git", ".aws", ".docker", ".kube")


def _faults(name: str, path: Path) -> Iterator[str]:
    mode = path.lstat()
    if path.name in _TOOLS and not stat.S_ISDIR(mode.st_mode) and mode.st_mode & 0o111:
        yield f"{name} is a tool"
    if path.name in _SECRETS:
        yield f"{name} may be a secret"
    if name.startswith(("/build", "/wheels", "/root", "/var", "/home")) and not (
        f"{PACKAGES}/".startswith(f"{name}/") or name.startswith(f"{PACKAGES}/")
    ):
        yield f"{name} is left of the build"
    if mode.st_mode & (stat.S_ISUID | stat.S_ISGID):
        yield f"{name} gives rights"
    if not stat.S_ISLNK(mode.st_mode) and mode.st_mode & stat.S_IWOTH and name != "/tmp":  # noqa: S108
        yield f"{name} may be written to by all"
    if mode.st_uid:
        yield f"{name} is not root's"


def distributions(image: Image) -> dict[str, str]:
    """Answer the Python distributions of an image with their versions."""
    found = {}
    for name, path in files(image).items():
        if re.search(r"/site-packages/[^/]+\.dist-info/METADATA$", name):
            text = path.read_text("utf-8").split("\n\n")[0]
            said = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
            found[said["Name"].lower().replace("_", "-").replace(".", "-")] = said["Version"]
    return found


def size(layer: Path) -> int:
    """Answer the bytes of a layer; a file with several names counts once."""
    known = {}
    for path in _below(layer):
        found = path.lstat()
        if not path.is_dir():
            known[found.st_ino] = found.st_size
    return sum(known.values())
