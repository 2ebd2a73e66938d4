"""`delivery/`: how a controller is pointed at what synth writes, for all environments together.

One folder with one lock: an environment's folder holds objects alone, and can be applied as it is.
"""

import contextlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import yaml

from floe_constructs.gitops.application_set import Listed, application_sets
from floe_constructs.gitops.spec import ArgoCdDelivery, FluxDelivery
from floe_constructs.yaml_text import dump
from floe_deploy import lock, overlay, writing
from floe_deploy.environment import Environment
from floe_deploy.errors import InputError
from floe_deploy.manifests import MARK, Manifest, header, ordered
from floe_deploy.overlay import Overlay
from floe_deploy.project import Project

SETS = "applicationset.yaml"
"""What lists all environments of Argo CD's."""


_FIRST_LINE = f"{MARK} for the environments of Argo CD: change their overlays, not this file.\n"


class Rendered(Protocol):
    """What of a rendered environment matters here."""

    @property
    def environment(self) -> str:
        """Name of the environment."""

    @property
    def delivery(self) -> Mapping[str, str]:
        """Text of its files, by name."""

    @property
    def listed(self) -> Listed | None:
        """What the ApplicationSet says of it."""


def path(environment: Environment, name: str, settings: Project) -> str:
    """Answer the folder of the repository in which an environment's phases are."""
    delivery = environment.delivery
    home = (delivery.path if delivery else None) or settings.committed.as_posix()
    return f"{home}/{name}"


def name_of(environment: Environment) -> str:
    """Answer the name of an environment's file; empty where it says nothing of who delivers it."""
    names = {FluxDelivery: "flux.yaml", ArgoCdDelivery: "argocd.yaml"}
    return names[type(environment.delivery)] if environment.delivery else ""


def file(environment: str, name: str, objects: Iterable[Manifest]) -> dict[str, str]:
    """Answer the text of an environment's file by its name, if it has one."""
    return {name: _documents(header(environment), objects)} if name else {}


def listed(loaded: Overlay, settings: Project) -> Listed | None:
    """Answer what the ApplicationSet says of an environment, if it is Argo CD's."""
    environment = loaded.environment
    if not isinstance(environment.delivery, ArgoCdDelivery):
        return None
    return Listed(
        environment=loaded.name,
        namespace=environment.namespace,
        spec=environment.delivery,
        path=path(environment, loaded.name, settings),
        plugin=environment.argocd_plugin,
    )


def objects(place: Path, name: str) -> list[tuple[str, Manifest]]:
    """Answer what points controllers at an environment, ours or not, with the file it is in.

    A file that is no YAML is nobody's: a controller would refuse it.
    """
    found = []
    for path in sorted([*place.glob("*.y*ml"), *(place / name).rglob("*.y*ml")]):
        with contextlib.suppress(OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
            documents = list(yaml.safe_load_all(path.read_text("utf-8")))
            found += [(path.as_posix(), each) for each in documents if isinstance(each, dict)]
    return found


def contents(
    place: Path, renderings: Sequence[Rendered], settings: Project
) -> tuple[dict[str, str], set[str]]:
    """Answer the text of every file by its path, and those of them that were looked at now.

    What was written for environments that are not among these stays as it is.
    """
    files = {
        f"{one.environment}/{name}": text
        for one in renderings
        for name, text in one.delivery.items()
    }
    known = lock.read(place)
    hashes = dict(known.files) if known else {}
    rendered = {one.environment for one in renderings}
    others = [each for each in _there(settings) if each.name not in rendered]
    listings = _listings(renderings, others, settings)
    ours = set(writing.paths(place)) - set(writing.foreign(place))
    kept = {
        path
        for path in ours | hashes.keys()
        if path.partition("/")[0] in {each.name for each in others}
        or (path == SETS and listings is None)
    }
    if listings:
        files[SETS] = _documents(_FIRST_LINE, application_sets(listings))
    now = {path: lock.sha256(text.encode()) for path, text in files.items()}
    for path in sorted(kept - files.keys()):
        if (place / path).is_file():
            files[path] = (place / path).read_text("utf-8")
            now[path] = hashes.get(path) or lock.sha256(files[path].encode())
    looked_at = (files.keys() | hashes.keys()) - kept
    return (files | {lock.FILE: lock.inventory(now)} if files else {}), looked_at


def write(place: Path, renderings: Sequence[Rendered], settings: Project) -> None:
    """Write every file, or none; what others have put beside them stays."""
    writing.repair(place.parent, place.name)
    files, _ = contents(place, renderings, settings)
    if files or lock.read(place):
        writing.replace(place, files)


def _there(settings: Project) -> list[Path]:
    return sorted(found.parent for found in settings.overlays.glob(f"*/{overlay.FILE}"))


def _listings(
    renderings: Sequence[Rendered], others: Collection[Path], settings: Project
) -> list[Listed] | None:
    """Answer what all environments say; None where one cannot be read, and nothing is known."""
    found = [one.listed for one in renderings]
    try:
        found += [listed(overlay.load(each, settings.environment), settings) for each in others]
    except InputError:
        return None
    return sorted((one for one in found if one), key=lambda one: one.environment)


def _documents(first_line: str, objects: Iterable[Manifest]) -> str:
    return first_line + "---\n".join(dump(ordered(each)) for each in objects)
