"""What breaks each rule, and what nearly does, as changes of what prod really is."""

import copy
from collections.abc import Callable
from typing import Any

from floe_deploy.manifests import Manifest
from floe_deploy.rules.objects import Objects
from floe_deploy.rules.report import findings
from floe_deploy.rules.rule import Finding
from test_dist import manifests_by_file

World = dict[str, Manifest]
"""Objects by file."""

Change = Callable[[World], None]

PROD = manifests_by_file("prod")
DELETE = object()


def among(world: World) -> Objects:
    return Objects(world, environment="prod", brings_secrets=True)


def found(world: World) -> list[tuple[str, str, str]]:
    return [_key(finding) for finding in findings(among(world))]


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.rule.id, finding.object, finding.breach.found


def broken(files: World) -> list[str]:
    """Answer what objects that are no whole environment break, in words."""
    return [f"{one.object}: {one.breach.found}" for one in findings(Objects(files))]


KNOWN = found(PROD)
"""What prod itself is warned of."""


def news(*changes: Change) -> list[tuple[str, str, str]]:
    """Answer what is found after changes of prod, and was not before."""
    world = copy.deepcopy(PROD)
    for change in changes:
        change(world)
    return [item for item in found(world) if item not in KNOWN]


def one(world: World, name: str) -> Manifest:
    """Answer the object `Kind/name`; a Job without its hash."""
    kind, _, called = name.partition("/")
    (match,) = (
        manifest
        for manifest in world.values()
        if manifest["kind"] == kind
        and manifest["metadata"]["name"].startswith(called)
        and (kind == "Job" or manifest["metadata"]["name"] == called)
    )
    return match


def put(name: str, path: str, value: Any) -> Change:
    """Answer a change of one value, at keys and numbers separated by spaces."""

    def change(world: World) -> None:
        place: Any = one(world, name)
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

    return change


def add(file: str, manifest: Manifest) -> Change:
    """Answer a change that brings an object."""

    def change(world: World) -> None:
        world[file] = copy.deepcopy(manifest)

    return change


def drop(name: str) -> Change:
    """Answer a change that takes an object away."""

    def change(world: World) -> None:
        gone = one(world, name)
        for file in [file for file, manifest in world.items() if manifest is gone]:
            del world[file]

    return change


def thing(kind: str, name: str, api_version: str = "v1", **parts: Any) -> Manifest:
    metadata = {"name": name, "namespace": "data-prod", **parts.pop("metadata", {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **parts}
