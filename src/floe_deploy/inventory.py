"""Which images an environment needs, where each comes from, and what is wrong with that."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from floe_constructs.kubernetes.image import ImageReference
from floe_constructs.problem import path_of
from floe_deploy import lock, walk
from floe_deploy.built import Recipe, recipe
from floe_deploy.images import FILE
from floe_deploy.overlay import Overlay
from floe_deploy.project import Project
from floe_deploy.registry import Images

_SHOWN = len("sha256:") + 12


@dataclass(frozen=True, kw_only=True)
class Needed:
    """One image that an environment needs."""

    image: ImageReference
    """As pods name it."""

    origin: ImageReference
    """As the overlay names it: where it comes from."""

    settings: tuple[str, ...]
    """The settings that name it; none where a construct alone does."""

    @property
    def recipe(self) -> Recipe | None:
        """The Dockerfile of this project that makes it; none where its makers publish it."""
        return recipe(self.origin, self.settings)

    def __str__(self) -> str:
        """Short, for people."""
        name, at, digest = self.image.partition("@")
        return f"{name}{at}{digest[:_SHOWN]}…" if digest else name


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What may be wrong with images."""

    name: str
    """Stable name."""

    why: str
    """What it is, and why that is wrong."""

    fix: str
    """What to do."""


UNPINNED = Fault(
    name="no-digest",
    why="a tag may come to mean another image",
    fix="add its digest, name:tag@sha256:…; `crane digest NAME` tells it",
)
TWO_VERSIONS = Fault(
    name="two-versions",
    why="one name in several versions",
    fix="name the same one everywhere",
)
ELSEWHERE = Fault(
    name="elsewhere",
    why="not from the registry, because no setting names it",
    fix="let the construct that names it take it from a setting",
)


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """The images of one environment."""

    environment: str
    """Name of the environment."""

    images: Images
    """What the overlay says of them."""

    needed: tuple[Needed, ...]
    """Every image, by name."""

    @property
    def faults(self) -> Iterator[tuple[Fault, Needed]]:
        """What is wrong with which image."""
        names = [item.image.repository for item in self.needed]
        for item in self.needed:
            if self.images.place_of(item.image) != item.image:
                yield ELSEWHERE, item
        for item in self.needed:
            if names.count(item.image.repository) > 1:
                yield TWO_VERSIONS, item
        for item in self.needed:
            if not item.image.digest:
                yield UNPINNED, item


def inventory(loaded: Overlay, settings: Project) -> Inventory:
    """Answer the images that an overlay names, and those that constructs name by themselves.

    The latter are known where `dist/` is what the overlay makes.
    """
    images = loaded.environment.images
    named: dict[ImageReference, list[tuple[str, ImageReference]]] = {}
    for at, origin in walk.found(loaded.environment, ImageReference):
        named.setdefault(images.place_of(origin), []).append((path_of(at), origin))
    folder = settings.output / loaded.name
    written = lock.read(folder)
    if written and written.inputs == loaded.digest and (folder / FILE).exists():
        for line in (folder / FILE).read_text("utf-8").split():
            named.setdefault(ImageReference(line), [])
    needed = tuple(
        Needed(
            image=image,
            origin=found[0][1] if found else image,
            settings=tuple(setting for setting, _ in found),
        )
        for image, found in sorted(named.items())
    )
    return Inventory(environment=loaded.name, images=images, needed=needed)


def listed(of: Inventory) -> Iterator[str]:
    """Answer lines: each image, the settings that name it, where it comes from, what makes it."""
    count = f"{len(of.needed)} image" + ("" if len(of.needed) == 1 else "s")
    moved = sum(item.origin != item.image for item in of.needed)
    yield f"{of.environment}: {count}" + (f", {moved} of {of.images.registry}" if moved else "")
    width = max((len(str(item)) for item in of.needed), default=0)
    for item in of.needed:
        host = item.origin.repository.partition("/")[0]
        origin = f" (from {host})" if item.origin != item.image else ""
        made = f" (built: {item.recipe})" if item.recipe else ""
        yield f"  {item!s:{width}}  {_settings(item)}{origin}{made}"


def _settings(item: Needed) -> str:
    return ", ".join(item.settings) or "a construct"


def faulty(of: Inventory) -> Iterator[str]:
    """Answer lines: each fault once, with the images that have it."""
    found = list(of.faults)
    count = f"{len(found)} finding" + ("" if len(found) == 1 else "s")
    yield f"{of.environment}: {count if found else 'no findings'}"
    for fault in dict.fromkeys(fault for fault, _ in found):
        items = [item for other, item in found if other is fault]
        yield f"  {fault.name}: {fault.why}"
        yield from (f"    {item} ({_settings(item)})" for item in items)
        yield f"    fix: {fault.fix}"


def data(of: Inventory) -> dict[str, Any]:
    """Answer both for a program."""
    faults = list(of.faults)
    return {
        "environment": of.environment,
        "registry": of.images.registry,
        "images": [
            {
                "image": item.image,
                "origin": item.origin,
                "settings": list(item.settings),
                "built": _built(item.recipe),
                "faults": [fault.name for fault, other in faults if other is item],
            }
            for item in of.needed
        ],
    }


def _built(made: Recipe | None) -> dict[str, str] | None:
    return {"dockerfile": made.dockerfile, "target": made.target} if made else None
