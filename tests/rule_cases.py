"""What breaks each rule, and what nearly does, as changes of what prod really is."""

import copy
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from floe_constructs.kubernetes.phase import Phase
from floe_deploy.manifests import WAVE, Manifest
from floe_deploy.rules import pod_security, pods
from floe_deploy.rules.objects import Objects
from floe_deploy.rules.report import findings
from floe_deploy.rules.rule import Finding, Rule
from test_dist import manifests_by_file

World = dict[str, Manifest]
"""Objects by file."""

Change = Callable[[World], None]

Cases = dict[str, list[tuple[Change, ...]]]
"""By rule: ways of changing prod."""

POD_RULES = (*pod_security.RULES, *pods.RULES)

PROD = manifests_by_file("prod")
DELETE = object()


def among(world: World) -> Objects:
    return Objects(world, environment="prod", brings_secrets=True)


def found(world: World) -> list[tuple[str, str, str]]:
    return [key_of(finding) for finding in findings(among(world))]


def key_of(finding: Finding) -> tuple[str, str, str]:
    return finding.rule.id, finding.object, finding.breach.found


def broken(files: World, rules: Sequence[Rule] = POD_RULES) -> list[str]:
    """Answer what objects that are no whole environment break, in words."""
    return [f"{one.object}: {one.breach.found}" for one in findings(Objects(files), rules)]


KNOWN = found(PROD)
"""What prod itself is warned of."""


def changed(changes: Iterable[Change]) -> World:
    """Answer prod after changes."""
    world = dict(PROD)
    for change in changes:
        change(world)
    return world


def news(*changes: Change) -> list[tuple[str, str, str]]:
    """Answer what is found after changes of prod, and was not before."""
    return [item for item in found(changed(changes)) if item not in KNOWN]


def one(world: World, name: str) -> Manifest:
    """Answer the object `Kind/name`, a Job without its hash, to be changed."""
    (file,) = (file for file, manifest in world.items() if _is_called(manifest, name))
    world[file] = copy.deepcopy(world[file])
    return world[file]


def _is_called(manifest: Manifest, name: str) -> bool:
    said = f"{manifest['kind']}/{manifest['metadata']['name']}"
    return said == name or (name.startswith("Job/") and said[:-11] == name)


def set_at(place: Any, path: str, value: Any) -> None:
    """Set a value at keys and numbers separated by spaces; DELETE removes it."""
    above: list[Any]
    *above, last = (int(step) if step.isdigit() else step for step in path.split(" "))
    for step in above:
        place = place.setdefault(step, {}) if isinstance(place, dict) else place[step]
    if value is DELETE:
        del place[last]
    elif isinstance(place, list) and last == len(place):
        place.append(value)
    else:
        place[last] = value


def put(name: str, path: str, value: Any) -> Change:
    """Answer a change of one value of an object."""
    return lambda world: set_at(one(world, name), path, value)


def add(file: str, manifest: Manifest) -> Change:
    """Answer a change that brings an object, with the wave that synth gives it."""

    def change(world: World) -> None:
        world[file] = copy.deepcopy(manifest)
        folder = file.partition("/")[0]
        if folder in set(Phase) and Phase(folder).wave:
            annotations = world[file]["metadata"].setdefault("annotations", {})
            annotations.setdefault(WAVE, str(Phase(folder).wave))

    return change


def drop(name: str) -> Change:
    """Answer a change that takes an object away."""

    def change(world: World) -> None:
        for file in [file for file, manifest in world.items() if _is_called(manifest, name)]:
            del world[file]

    return change


def thing(kind: str, name: str, api_version: str = "v1", **parts: Any) -> Manifest:
    metadata = {"name": name, "namespace": "data-prod", **parts.pop("metadata", {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **parts}
