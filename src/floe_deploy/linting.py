"""Holding the files of an environment to the rules."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from floe_constructs.kubernetes.authority import ConfigMapKey
from floe_constructs.kubernetes.user_volume import ClaimVolume, ConfigMapVolume
from floe_constructs.kubernetes.workload import Workload
from floe_constructs.problem import Problem
from floe_constructs.secrets.spec import ExistingSecrets
from floe_constructs.yaml_text import load
from floe_deploy import delivery, lock, overlay
from floe_deploy.errors import InputError
from floe_deploy.manifests import Manifest
from floe_deploy.overlay import Overlay
from floe_deploy.project import Project
from floe_deploy.rules.objects import Objects
from floe_deploy.rules.references import Reference
from floe_deploy.rules.report import Report, report


def lint(folder: Path, settings: Project) -> Report:
    """Hold what is in `dist/` of one environment to the rules, without rendering it.

    Raises:
        InputError: the overlay is not valid, or there are no files of it that can be read.

    """
    loaded = overlay.load(folder, settings.environment)
    pointing = delivery.objects(settings.delivery, loaded.name) if settings.delivery else []
    return held(loaded, _read(settings.output / loaded.name), pointing)


def held(
    loaded: Overlay,
    objects: Mapping[str, Manifest],
    pointing: Iterable[tuple[str, Manifest]] = (),
) -> Report:
    """Hold objects to the rules, with the exceptions of their overlay.

    So is what points controllers at them, whoever wrote it.
    """
    environment = loaded.environment
    brings = not isinstance(environment.secrets, ExistingSecrets)
    among = Objects(
        objects,
        environment=loaded.name,
        brings_secrets=brings,
        elsewhere=frozenset(_elsewhere(environment)),
        delivery=pointing,
    )
    return report(among, environment.allowed)


def _elsewhere(settings: object) -> Iterator[Reference]:
    """Find what an overlay says is in the cluster already, however deep."""
    match settings:
        case ClaimVolume(claim=name):
            yield Reference("PersistentVolumeClaim", name)
        case ConfigMapVolume(config_map=name) | ConfigMapKey(config_map=name):
            yield Reference("ConfigMap", name)
        case Workload(priority_class=str(name)):
            yield Reference("PriorityClass", name)
    inner: Iterable[object] = ()
    if isinstance(settings, BaseModel):
        inner = (value for _, value in settings)
    elif isinstance(settings, Mapping):
        inner = settings.values()
    elif isinstance(settings, tuple):
        inner = settings
    for value in inner:
        yield from _elsewhere(value)


def _read(folder: Path) -> dict[str, Manifest]:
    """Read the objects that synth wrote, as they are now; nobody applies other files."""
    known = lock.read(folder)
    if known is None:
        raise InputError(f"{folder} holds nothing to look at: run `floe synth`")
    found: dict[str, Manifest] = {}
    problems = []
    for path in known.files:
        if path.endswith(".yaml") and Path(path).name != "kustomization.yaml":
            manifest = _object(folder / path)
            if manifest:
                found[path] = manifest
            else:
                problems.append(_unreadable(folder / path))
    if problems:
        raise InputError(f"{folder}: files are no Kubernetes objects", problems)
    return found


def _object(path: Path) -> dict[str, Any]:
    try:
        value = load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    return value if isinstance(value, dict) else {}


def _unreadable(path: Path) -> Problem:
    there = "something else" if path.exists() else "no file"
    fix = "run `floe synth`: `floe check` tells what differs"
    return Problem(where=str(path), found=there, allowed="one object in YAML", fix=fix)
