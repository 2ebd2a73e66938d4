"""What the repository says of images: where they begin, and how they are built."""

import re
from pathlib import Path

from tools.building import ROOT

DOCKERFILES = sorted((ROOT / "images").glob("*/Dockerfile"))


def sources() -> dict[str, str]:
    """Answer the images that others begin with, by their argument."""
    lines = (ROOT / "images/sources.txt").read_text().splitlines()
    told = [line.split() for line in lines if line and line[0] != "#"]
    return {argument: image for argument, image, *_ in told}


def text(dockerfile: Path) -> str:
    """Answer a Dockerfile with both stages where it depends on the platform which one is taken."""
    said = dockerfile.read_text()
    both = r"FROM \1amd64\2\nFROM \1arm64\2"
    return re.sub(r"^FROM (.*)\$\{TARGETARCH\}(.*)$", both, said, flags=re.MULTILINE)


def arguments(dockerfile: Path) -> dict[str, str]:
    """Answer the arguments of a Dockerfile that have a default."""
    return dict(re.findall(r"^ARG (\w+)=(.+)$", dockerfile.read_text(), re.MULTILINE))


def locked(name: str) -> dict[str, str]:
    """Answer the versions of a lock, by distribution."""
    text = (ROOT / "locks" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([\w.-]+)(?:\[[^]]+\])?==([^ ;\\]+)", text, re.MULTILINE))
