"""Images that cannot all be pulled from where the overlay says."""

from collections.abc import Iterator, Sequence

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
    yield from _misspelt(environment.images.keep, [image for _, image in images])
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


def _misspelt(keep: Sequence[str], images: Sequence[ImageReference]) -> Iterator[Problem]:
    """Find what keeps no image and nearly would; what it was for may be absent here."""
    left = [image for image in images if not any(image.is_in(place) for place in keep)]
    there = {image.repository for image in left}
    there |= {name.rpartition("/")[0] for name in there}
    for number, place in enumerate(keep):
        if not any(image.is_in(place) for image in images) and (fix := nearest(place, there)):
            yield Problem(
                where=f"images.keep[{number}]",
                found=f"{shown(place)}, which no image is in",
                allowed="what images of this overlay begin with, from the host on",
                fix=fix,
            )
