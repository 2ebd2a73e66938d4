"""Images and configuration files."""

from collections.abc import Iterator

from floe_deploy.images import named
from floe_deploy.rules.objects import Object
from floe_deploy.rules.rule import Breach, Rule
from floe_deploy.rules.shape import mapping

MOST_BYTES = 1024 * 1024
"""Bytes of data that the API server takes in one ConfigMap."""


def _version(it: Object) -> Iterator[Breach]:
    for image in dict.fromkeys(named([it.pod.spec if it.pod else {}, *it.files.values()])):
        name, _, digest = image.partition("@")
        _, _, tag = name.rpartition("/")[2].partition(":")
        if not digest and tag in {"", "latest"}:
            yield Breach(found=f"image {image}")


def _size(it: Object) -> Iterator[Breach]:
    if it.kind == "ConfigMap":
        data = mapping(it.manifest.get("data"))
        size = sum(len(value.encode()) for value in data.values() if isinstance(value, str))
        binary = mapping(it.manifest.get("binaryData"))
        size += sum(len(value) * 3 // 4 for value in binary.values() if isinstance(value, str))
        if size > MOST_BYTES:
            yield Breach(found=f"{size} bytes of data", allowed=f"{MOST_BYTES}")


RULES = (
    Rule(
        id="image-version",
        summary="Every image is named with a version or a digest.",
        why="What `latest` is changes without a change in Git: nobody has reviewed it, and nobody "
        "can go back.",
        remedy="name the version",
        check=_version,
    ),
    Rule(
        id="config-size",
        summary="A ConfigMap holds at most 1 MiB.",
        why="The API server refuses it.",
        remedy="split it, or bake the files into an image",
        check=_size,
    ),
)
