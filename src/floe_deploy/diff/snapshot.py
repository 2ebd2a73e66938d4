"""The objects of an environment at one time: those that a controller would apply."""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import yaml

from floe_constructs.kubernetes.phase import Phase
from floe_constructs.problem import Problem
from floe_constructs.yaml_text import load
from floe_deploy.diff.fields import ABSENT
from floe_deploy.errors import InputError
from floe_deploy.manifests import Identity, Manifest, identity
from floe_deploy.rules.shape import mapping

DELIVERY = "delivery"
"""The phase of what points a controller at the others."""

_HASH = re.compile(r"-[0-9a-f]{10}$")
FILE = "kustomization.yaml"
"""What names the objects of a folder, or the folders in it."""

_KUSTOMIZE = "kustomize.config.k8s.io"
_LISTED = frozenset({"apiVersion", "kind", "resources"})


@dataclass(frozen=True)
class Entry:
    """An object, and the file that it is in."""

    path: str
    manifest: Manifest

    @cached_property
    def phase(self) -> str:
        """The folder below the environment's that decides when it is applied."""
        return self.path.partition("/")[0]

    @cached_property
    def key(self) -> Identity:
        """Who it is, whatever hash a Job that runs once for each release is called by."""
        who = identity(self.manifest)
        once = who.kind == "Job" and self.phase in set(Phase) - {Phase.PLATFORM}
        return replace(who, name=_HASH.sub("", who.name)) if once else who


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """An environment at one time."""

    title: str
    """What is compared, in words: a revision, a folder."""

    entries: Mapping[Identity, Entry]

    @cached_property
    def is_gated(self) -> bool:
        """Whether a gate stands before its workloads."""
        return any(entry.phase == Phase.PREFLIGHT for entry in self.entries.values())


Files = Mapping[str, Callable[[], bytes]]
"""What reads each file, by path."""


def snapshot(title: str, files: Files, delivery: Files | None = None) -> Snapshot:
    """Read the objects that the `kustomization.yaml` files name; nobody applies others.

    `delivery` are files that point a controller there, with one or more objects each.

    Raises:
        InputError: files are missing, or are no Kubernetes objects; all are told.

    """
    problems: list[Problem] = []
    entries: dict[Identity, Entry] = {}
    for path, value in (*_applied(files), *_pointing(delivery or {})):
        if not _is_object(value):
            problems.append(_unreadable(f"{title}: {path}", there=value is not ABSENT))
            continue
        entry = Entry(path, mapping(value))
        if entry.key in entries:
            problems.append(_twice(f"{title}: {path}", entries[entry.key].path))
        entries[entry.key] = entry
    if problems:
        raise InputError("Not all files can be read as Kubernetes objects", problems)
    return Snapshot(title=title, entries=entries)


def _applied(files: Files) -> Iterator[tuple[str, object]]:
    paths = [path for path in [FILE] if path in files]
    for path in paths:  # grows on the way
        value = _read(files[path]) if path in files else ABSENT
        if posixpath.basename(path) == FILE and isinstance(value, dict):
            listed = _resources(posixpath.dirname(path), value, files)
            paths += [each for each in dict.fromkeys(listed) if each not in paths]
            if not (more := {key: value[key] for key in value.keys() - _LISTED}):
                continue
            it = {"apiVersion": f"{_KUSTOMIZE}/v1beta1", "kind": "Kustomization"}
            value = it | {"metadata": {"name": path}} | more
        yield path, value


def _pointing(files: Files) -> Iterator[tuple[str, object]]:
    for path in sorted(files):
        if path.endswith((".yaml", ".yml")):
            documents = _read(files[path], several=True)
            for document in documents if isinstance(documents, list) else [None]:
                yield f"{DELIVERY}/{path}", document


def _resources(folder: str, said: Manifest, files: Mapping[str, object]) -> Iterator[str]:
    for resource in said.get("resources") or []:
        path = posixpath.normpath(posixpath.join(folder, str(resource)))
        inner = posixpath.join(path, FILE)
        yield inner if inner in files else path


def _read(data: Callable[[], bytes], *, several: bool = False) -> object:
    try:
        text = data().decode()
        return list(yaml.safe_load_all(text)) if several else load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
        return None


def _is_object(value: object) -> bool:
    it = mapping(value)
    metadata = mapping(it.get("metadata"))
    texts = it.get("apiVersion"), it.get("kind"), metadata.get("name")
    named = all(isinstance(each, str) and each for each in texts)
    return named and isinstance(metadata.get("namespace", ""), str)


def _unreadable(where: str, *, there: bool) -> Problem:
    return Problem(
        where=where,
        found="something else" if there else "no file",
        allowed="one object in YAML",
        fix="`floe check` tells what was edited or is missing",
    )


def _twice(where: str, other: str) -> Problem:
    allowed = "one object of a kind and name"
    return Problem(where=where, found=f"the object of {other}", allowed=allowed, fix="delete one")
