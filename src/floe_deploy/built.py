"""Which images a Dockerfile of this project makes; all others are as their makers publish them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from floe_constructs.kubernetes.image import ImageReference

BAKE = "images/docker-bake.hcl"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What makes an image."""

    dockerfile: str
    """Path of the Dockerfile."""

    target: str
    """Its stage."""

    upstream: tuple[str, ...] = ()
    """Paths of images that may be named in its place."""

    def __str__(self) -> str:
        """For people."""
        return f"{self.dockerfile}, target {self.target}"


_PREFLIGHT = Recipe(dockerfile="images/preflight/Dockerfile", target="preflight")

OF = {
    "cube.image": Recipe(
        dockerfile="images/cube/Dockerfile", target="api", upstream=("cubejs/cube",)
    ),
    "cube.store.image": Recipe(
        dockerfile="images/cube/Dockerfile", target="store", upstream=("cubejs/cubestore",)
    ),
    "dagster.image": Recipe(
        dockerfile="images/dagster/Dockerfile",
        target="webserver",
        upstream=("dagster/dagster-k8s", "dagster/dagster-celery-k8s"),
    ),
    "gate.image": _PREFLIGHT,
    "services.preparation.image": _PREFLIGHT,
    "verify.image": _PREFLIGHT,
}
"""What makes the image that a setting names."""


def recipe(origin: ImageReference, settings: Iterable[str]) -> Recipe | None:
    """Answer what makes the image that settings name; nothing, where its makers publish it."""
    for setting in settings:
        found = OF.get(re.sub(r"\[\d+\]", "", setting))
        if found and not f"/{origin.path}".endswith(tuple(f"/{one}" for one in found.upstream)):
            return found
    return None
