"""Which image of one overlay is which of another one, and whether its version may move."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from floe_constructs.kubernetes.endpoint import External
from floe_constructs.kubernetes.image import ImageReference
from floe_constructs.problem import Problem, nearest, path_of
from floe_constructs.setting import Location
from floe_deploy import walk
from floe_deploy.overlay import Overlay


@dataclass(frozen=True, kw_only=True)
class Carried:
    """One version that moves."""

    where: str
    """Path of the setting, with names in place of numbers."""

    at: Location
    """Where it is in the file that is changed."""

    old: ImageReference
    """What is there."""

    new: ImageReference
    """What is to be there: the same repository in another version."""


def matched(
    giving: Overlay, taking: Overlay, said: Container[Location], only: Sequence[str]
) -> tuple[list[Carried], list[str], list[Problem]]:
    """Answer what moves from one overlay to another one, what does not, and what is not plain.

    `said` is what the other one's file says; the rest are defaults of a composition. With `only`,
    beginnings of paths, it is about the images there.
    """
    carried: list[Carried] = []
    left: list[str] = []
    there = {named: (at, image) for named, at, image in _images(taking) if at in said}
    given = {path_of(named): (named, image) for named, _, image in _images(giving)}
    problems = [
        problem for asked in only for problem in _missing(asked, given, there, giving, taking)
    ]
    for where, (named, image) in given.items():
        if only and not any(_is_within(where, asked) for asked in only):
            continue
        if named not in there:
            left.append(f"{where}: {_gap(taking, named)}")
            continue
        at, old = there[named]
        if problem := _refused(giving.name, image, taking.name, old):
            problems.append(Problem(where=where, **problem))
        elif (new := _moved(old, image)) != old:
            carried.append(Carried(where=where, at=at, old=old, new=new))
    alone = [path_of(named) for named in there if path_of(named) not in given]
    left += [] if only else [f"{where}: {taking.name} alone has it" for where in alone]
    return carried, left, problems


def _missing(
    asked: str,
    given: Mapping[str, tuple[Location, ImageReference]],
    there: Container[Location],
    giving: Overlay,
    taking: Overlay,
) -> Iterator[Problem]:
    """Tell when nothing of what was asked for is in both."""
    meant = [named for where, (named, _) in given.items() if _is_within(where, asked)]
    if not meant:
        yield Problem(
            where=f"--only {asked}",
            found=f"a setting that names no image in {giving.name}",
            allowed=f"these, or what they begin with: {', '.join(given)}",
            fix=nearest(asked, _beginnings(given)),
        )
    elif not any(named in there for named in meant):
        yield Problem(
            where=asked,
            fix=f"{_gap(taking, meant[0])}: add it there first, for it is no version alone",
        )


def _images(of: Overlay) -> Iterator[tuple[Location, Location, ImageReference]]:
    """Answer every image: where it is by names, where it is by numbers, and what is said."""
    for at, image in walk.found(of.environment, ImageReference):
        yield tuple(_names(of.environment, at)), at, image


def _names(value: object, at: Location) -> Iterator[int | str]:
    """Walk along a path; an item of a list is called by its name, for lists differ in order."""
    for part in at:
        value = _inner(value, part)
        name = getattr(value, "name", None) if isinstance(part, int) else None
        yield name if isinstance(name, str) else part


def _inner(value: object, part: int | str) -> object:
    """Answer what is there by its name or number; None where nothing is."""
    if isinstance(value, tuple):
        named = [it for it in value if getattr(it, "name", None) == part]
        numbered = value[part : part + 1] if isinstance(part, int) else ()
        return next(iter((*named, *numbered)), None)
    if isinstance(value, dict):
        return value.get(part)
    return getattr(value, str(part), None) if isinstance(value, BaseModel) else None


def _gap(of: Overlay, named: Location) -> str:
    """Tell why there is no such image in an overlay."""
    value: object = of.environment
    for depth, part in enumerate(named, 1):
        value = _inner(value, part)
        if isinstance(value, External):
            return f"{path_of(named[:depth])} runs elsewhere in {of.name}"
        if value is None:
            return f"{of.name} has no {path_of(named[:depth])}"
    return f"{of.name} says no image there"


def _refused(giver: str, image: ImageReference, taker: str, old: ImageReference) -> dict[str, str]:
    """Answer what is not plain about one image; nothing, when all is."""
    if image.path.rpartition("/")[2] != old.path.rpartition("/")[2]:
        return {
            "found": f"{image.repository} in {giver}, {old.repository} in {taker}",
            "allowed": "the same image, from whatever registry",
            "fix": "name the same in both, or promote the others with --only",
        }
    if old.digest and not image.digest and old.tag != image.tag:
        return {
            "found": f"{image} in {giver}, without a digest, and one with a digest in {taker}",
            "allowed": f"a digest in both: a tag can be moved to what {giver} has never run",
            "fix": f"add it in {giver}: {image}@sha256:…, as `crane digest` tells",
        }
    return {}


def _moved(old: ImageReference, image: ImageReference) -> ImageReference:
    """Answer an image in another one's version; it is called as it was."""
    if old.tag == image.tag and not image.digest:
        return old  # the digest says more
    name = old.partition("@")[0].removesuffix(f":{old.tag}" if old.tag else "")
    return image.at(name)


def _is_within(where: str, asked: str) -> bool:
    return f"{where}.".startswith(f"{asked}.")


def _beginnings(paths: Mapping[str, object]) -> set[str]:
    parts = [path.split(".") for path in paths]
    return {".".join(it[:length]) for it in parts for length in range(1, len(it) + 1)}
