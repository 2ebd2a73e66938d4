"""Encrypted Secrets: copied as they are, so that each is first held to what it has to be.

A message names files, keys and lines, never a value: what is there may be in clear.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from floe_constructs.kubernetes.phase import Phase
from floe_constructs.kubernetes.secret import OPAQUE, secret_type
from floe_constructs.problem import Problem
from floe_constructs.secrets.spec import SopsSecrets
from floe_deploy import yaml_file
from floe_deploy.errors import InputError
from floe_deploy.manifests import WAVE, Manifest
from floe_deploy.secret_files import FOLDER
from floe_deploy.secrets import sealed, sops
from floe_deploy.secrets.form import Form, finding, mapping
from floe_deploy.wiring import Wired
from floe_deploy.yaml_file import YamlFileError

WAVE_VALUE = str(Phase.FOUNDATION.wave)

_LAST_APPLIED = "last-applied-configuration"
"""End of annotations in which tools keep a whole object, values included."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def form_of(wired: Wired) -> Form:
    """Answer what knows the files of the environment's strategy."""
    return sops.FORM if isinstance(wired.environment.secrets, SopsSecrets) else sealed.FORM


def copies(wired: Wired) -> list[tuple[str, Manifest]]:
    """Answer text and object of every encrypted Secret.

    Raises:
        InputError: a file is not encrypted, or they are not exactly the Secrets that are needed.

    """
    if wired.secret_files is None:
        return []
    problems = [problem for found in check(wired).values() for problem in found]
    if problems:
        subject = f"{wired.name}: encrypted Secrets are not as they have to be"
        raise InputError(subject, problems)
    return [
        (text, mapping(yaml_file.parse_quietly(Path(path), text)))
        for path, text in wired.secret_files.items()
    ]


def check(wired: Wired) -> dict[str, list[Problem]]:
    """Answer what is wrong with each file that is there or has to be, by its path."""
    files = wired.secret_files or {}
    paths = {path_of(name): name for name in wired.secrets}
    found: dict[str, list[Problem]] = {}
    for path in sorted(files.keys() | paths):
        if path not in files:
            problems = [_missing(wired, path)]
        elif path not in paths:
            problems = [_needless(path, wired.secrets)]
            problems += _readable(path, files[path], form_of(wired))
        else:
            problems = list(_file(wired, path, files[path]))
        found[path] = problems
    return found


def path_of(name: str) -> str:
    """Answer the file of a Secret, from the overlay's folder on."""
    return f"{FOLDER}/{name}.yaml"


def _missing(wired: Wired, path: str) -> Problem:
    keys = wired.secrets[PurePosixPath(path).stem]
    fix = f"`floe secrets {wired.name} --template DIRECTORY` writes what to encrypt"
    return finding(path, "no file", f"a Secret with {_listed(keys)}", fix)


def _needless(path: str, needed: Collection[str]) -> Problem:
    allowed = ", ".join(sorted(needed)) or "none"
    return finding(path, "a Secret that nothing refers to", allowed, "delete or rename the file")


def _file(wired: Wired, path: str, text: str) -> Iterator[Problem]:
    form = form_of(wired)
    unreadable = _readable(path, text, form)
    yield from unreadable
    if unreadable:
        return
    manifest = mapping(yaml_file.parse_quietly(Path(path), text))
    name = PurePosixPath(path).stem
    told = [
        *_metadata(manifest, name, wired.environment.namespace),
        *_wave(manifest, form),
        *form.problems(manifest),
        *_covered(form.keys(manifest), wired.secrets[name]),
        *_typed(manifest, form, secret_type(wired.secrets[name])),
    ]
    for problem in told:
        yield replace(problem, where=f"{path}: {problem.where}")


def _readable(path: str, text: str, form: Form) -> list[Problem]:
    """Tell why a file is no document of the kind that the strategy takes, or holds more."""
    try:
        manifest = yaml_file.parse_quietly(Path(path), text)
    except YamlFileError as failure:
        return list(failure.problems)
    said = mapping(manifest)
    if (said.get("apiVersion"), said.get("kind")) != (form.api_version, form.kind):
        clear = said.get("kind") == "Secret" and "sops" not in said
        found = "a Secret in clear" if clear else "another kind of object, or an encrypted kind"
        return [finding(path, found, f"a {form.kind} of {form.api_version}", _fix(form))]
    if form is sops.FORM and "sops" not in said:
        return [finding(path, "a Secret in clear", "one that SOPS has encrypted", _fix(form))]
    return [
        finding(f"{path}:{line}", "a comment", "none: files are copied as they are", "remove it")
        for line in _comments(text)
    ]


def _fix(form: Form) -> str:
    return f"{form.encrypt}; if it has left your machine in clear, change the values as well"


def _metadata(manifest: Manifest, name: str, namespace: str) -> Iterator[Problem]:
    metadata = mapping(manifest.get("metadata"))
    annotations = mapping(metadata.get("annotations"))
    for field, wanted in (("name", name), ("namespace", namespace)):
        if metadata.get(field) != wanted:
            fix = "encrypt a Secret of that name and namespace"
            yield finding(f"metadata.{field}", "another one or none", wanted, fix)
    template = mapping(mapping(mapping(manifest.get("spec")).get("template")).get("metadata"))
    for key in (*annotations, *mapping(template.get("annotations"))):
        if key.endswith(_LAST_APPLIED):
            found = "a copy of the object, perhaps with its values"
            yield finding(f"annotation {key}", found, "none", "remove it, and encrypt again")


def _wave(manifest: Manifest, form: Form) -> Iterator[Problem]:
    """Without a wave Argo CD would bring a Secret with the workloads, after the gate."""
    if mapping(mapping(manifest.get("metadata")).get("annotations")).get(WAVE) != WAVE_VALUE:
        wanted = f'{WAVE}: "{WAVE_VALUE}"'
        yield finding("metadata.annotations", "no wave, or another one", wanted, form.edit)


def _covered(keys: Collection[str], needed: Collection[str]) -> Iterator[Problem]:
    for key in sorted(set(needed) - set(keys)):
        yield finding(f"key {key}", "nothing", _listed(needed), "add it, encrypted")
    for key in sorted(set(keys) - set(needed)):
        yield finding(f"key {key}", "a key that nobody reads", _listed(needed), "remove it")


def _typed(manifest: Manifest, form: Form, wanted: str) -> Iterator[Problem]:
    """The kubelet takes logins from Secrets of their own type alone; a type cannot be changed."""
    secret = manifest
    for part in form.secret:
        secret = mapping(secret.get(part))
    if wanted != OPAQUE and secret.get("type") != wanted:
        where = ".".join((*form.secret, "type"))
        yield finding(where, "another type, or none", wanted, form.edit)


def _listed(keys: Collection[str]) -> str:
    return f"the key{'s' if len(keys) > 1 else ''} {', '.join(sorted(keys))}"


def _comments(text: str) -> Iterator[int]:
    """Find comments but those that SOPS has encrypted: what no parser hands out, nobody checks."""
    end = 0
    for token in yaml.scan(text, Loader=_LOADER):
        start = token.start_mark.index
        yield from _in_gap(text, end, start)
        end = max(end, token.end_mark.index)
        head = text[start:end].partition("\n")[0]
        if getattr(token, "style", None) in {"|", ">"} and "#" in head:
            yield text.count("\n", 0, start) + 1
    yield from _in_gap(text, end, len(text))


def _in_gap(text: str, start: int, end: int) -> Iterator[int]:
    number = text.count("\n", 0, start) + 1
    for offset, line in enumerate(text[start:end].split("\n")):
        _, hash_mark, said = line.partition("#")
        if hash_mark and not sops.COMMENT.fullmatch(f"#{said.rstrip()}"):
            yield number + offset
