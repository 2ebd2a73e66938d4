"""Where images come from: a registry of one's own instead of the ones that an overlay names."""

from typing import Self, TypeVar

from pydantic import BaseModel, model_validator

from floe_constructs.kubernetes.image import ImageReference
from floe_constructs.kubernetes.secret import PullSecret
from floe_constructs.kubernetes.value import Registry
from floe_constructs.kubernetes.workload import Workload
from floe_constructs.spec import Spec
from floe_deploy.walk import each

T = TypeVar("T", bound=BaseModel)
W = TypeVar("W", bound=Workload)


class Images(Spec):
    """Where images come from, and who may pull them."""

    registry: Registry | None = None
    """Registry, or a path in one, that takes the place of every image's host: with
    `registry.example.com/mirror`, `quay.io/acme/app:1` is pulled as
    `registry.example.com/mirror/acme/app:1`. Images that are there already stay as they are, and
    without it all do."""

    keep: tuple[Registry, ...] = ()
    """Images that stay where they are nevertheless: registries, paths in them, or single images,
    written from the host on (`docker.io/library/postgres`)."""

    pull_secrets: tuple[PullSecret, ...] = ()
    """Registry logins that all pods get, those of runs included."""

    @model_validator(mode="after")
    def _something_moves(self) -> Self:
        if self.keep and not self.registry:
            msg = "keep makes exceptions of registry, which is not there: add it, or remove keep"
            raise ValueError(msg)
        return self

    def place_of(self, image: ImageReference) -> ImageReference:
        """Answer an image as pods name it; moved once, it stays."""
        if self.registry is None or any(image.is_in(p) for p in (self.registry, *self.keep)):
            return image
        return image.at(f"{self.registry}/{image.path}")

    def pulled(self, workload: W) -> W:
        """Answer a workload that gets these logins before its own."""
        secrets = tuple(dict.fromkeys((*self.pull_secrets, *workload.pull_secrets)))
        return workload.model_copy(update={"pull_secrets": secrets}) if secrets else workload


def moved(settings: T, images: Images) -> T:
    """Answer settings with every image in them where it is pulled from."""
    return each(settings, ImageReference, images.place_of)
