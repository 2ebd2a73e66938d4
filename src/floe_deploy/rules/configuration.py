"""Images and configuration files."""

from collections.abc import Iterator

from floe_constructs.kubernetes.image import ImageReference
from floe_deploy.images import named
from floe_deploy.rules.objects import Object
from floe_deploy.rules.rule import Breach, Rule, Severity
from floe_deploy.rules.shape import mapping

MOST_BYTES = 1024 * 1024
"""Bytes of data that the API server takes in one ConfigMap."""


def _images(it: Object) -> list[ImageReference]:
    found = named([it.pod.spec if it.pod else {}, *it.files.values()])
    return [ImageReference(image) for image in dict.fromkeys(found)]


def _has_version(image: ImageReference) -> bool:
    return bool(image.digest) or image.tag not in {"", "latest"}


def _version(it: Object) -> Iterator[Breach]:
    for image in _images(it):
        if not _has_version(image):
            yield Breach(found=f"image {image}")


def _digest(it: Object) -> Iterator[Breach]:
    images = [image for image in _images(it) if _has_version(image) and not image.digest]
    if images and any(image.digest for other in it.among for image in _images(other)):
        for image in images:
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
        id="image-digest",
        summary="Where one image is named with its digest, all are.",
        why="An environment that fixes its images by digest relies on it. A tag may come to mean "
        "another image: then the next node to pull it runs what nobody has reviewed, beside pods "
        "that run what it meant before.",
        remedy="add the digest to the image's setting, name:tag@sha256:…; `floe images --check` "
        "lists those without, and `crane digest NAME` tells it",
        check=_digest,
        severity=Severity.WARNING,
    ),
    Rule(
        id="config-size",
        summary="A ConfigMap holds at most 1 MiB.",
        why="The API server refuses it.",
        remedy="split it, or bake the files into an image",
        check=_size,
    ),
)
