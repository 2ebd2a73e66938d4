"""Images that cannot all be pulled from where the overlay says."""

from collections.abc import Iterator

from floe_constructs.kubernetes.image import ImageReference
from floe_constructs.problem import Problem, nearest, path_of, shown
from floe_deploy import walk
from floe_deploy.environment import Environment


def conflicts(environment: Environment) -> Iterator[Problem]:
    """Answer every contradiction about images."""
    images = list(walk.found(environment, ImageReference))
    registry = environment.images.registry
    if registry is None:
        return
    there = {image.repository for _, image in images}
    there |= {name.rpartition("/")[0] for name in there}
    for number, place in enumerate(environment.images.keep):
        if not any(image.is_in(place) for _, image in images):
            yield Problem(
                where=f"images.keep[{number}]",
                found=f"{shown(place)}, which no image is in",
                allowed="what images of this overlay begin with, from the host on",
                fix=nearest(place, there) or "remove it",
            )
    first: dict[str, ImageReference] = {}
    for at, image in images:
        target = environment.images.place_of(image)
        other = first.setdefault(target.partition("@")[0] if target.tag else target, image)
        if other.repository != image.repository:
            yield Problem(
                where=path_of(at),
                found=f"{image.repository}, which would be {target.repository} as "
                f"{other.repository} is",
                allowed="one image for each name",
                fix=f"copy one of them to {registry} under another name, and name that here",
            )
