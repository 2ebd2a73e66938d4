"""A repository that uses this tool, as its `cdk8s.yaml` describes it."""

import importlib
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from floe_constructs.problem import Problem, nearest
from floe_deploy import yaml_file
from floe_deploy.environment import Environment
from floe_deploy.errors import InputError

FILE = "cdk8s.yaml"
ENVIRONMENT = "floe_deploy.environment:Environment"
COMPOSE = "floe_deploy.platform:compose"
_KEYS = frozenset({"output", "delivery", "overlays", "environment", "compose"})
_CDK8S = frozenset(
    {"language", "app", "importDirectory", "imports", "pluginsDirectory", "validations"}
)
"""What the cdk8s CLI reads beside `output` (2.207)."""


@dataclass(frozen=True)
class Project:
    """Where things are, and what composes the platform."""

    overlays: Path = Path("overlays")
    """Folder of the environments."""

    output: Path = Path("dist")
    """Folder that synth writes to."""

    committed: Path = Path("dist")
    """Folder of the repository that controllers read: the output, unless an option says another."""

    delivery: Path | None = Path("delivery")
    """Folder of what points controllers there; None where synth writes elsewhere."""

    environment: str = ENVIRONMENT
    """`module:class` that an overlay has to fit."""

    compose: str = COMPOSE
    """`module:function` that adds constructs to an environment's chart."""


def load(overlays: Path | None = None, output: Path | None = None) -> Project:
    """Read `cdk8s.yaml` of the working directory, as the cdk8s CLI does; options win over it.

    The output is, in this order: the option, `CDK8S_OUTDIR` (which the cdk8s CLI sets), `output`
    of the file, `dist`. What points controllers to it goes with that of the file: whoever writes
    elsewhere, to compare or to try, leaves it as it is.

    The working directory becomes importable: a composition of the user's lives there.

    Raises:
        InputError: the file cannot be understood.

    """
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    settings: dict[str, str] = {}
    path = Path(FILE)
    if path.exists():
        settings = _settings(path)
    committed = Path(settings.get("output") or "dist")
    output = output or Path(os.environ.get("CDK8S_OUTDIR") or committed)
    delivery = Path(settings.get("delivery") or "delivery")
    if _within(delivery, committed) or _within(committed, delivery):
        problem = Problem(
            where="delivery",
            found=f"{delivery}, and the output {committed}",
            allowed="two folders, none of them in the other",
        )
        raise InputError(f"{path} is not valid", [problem])
    return Project(
        overlays=overlays or Path(settings.get("overlays", "overlays")),
        output=output,
        committed=committed,
        delivery=delivery if output.resolve() == committed.resolve() else None,
        environment=settings.get("environment", ENVIRONMENT),
        compose=settings.get("compose", COMPOSE),
    )


def _within(one: Path, other: Path) -> bool:
    return one.resolve().is_relative_to(other.resolve())


def _settings(path: Path) -> dict[str, str]:
    data = yaml_file.read(path)
    if not isinstance(data, dict):
        raise InputError(f"{path} is not a mapping")
    ours = {key: value for key, value in data.items() if key in _KEYS}
    problems = [
        Problem(where=key, found=repr(value), allowed="text", fix="write a text or leave it out")
        for key, value in ours.items()
        if not isinstance(value, str)
    ] + [
        Problem(where=key, found="an unknown setting", fix=meant)
        for key in data.keys() - _KEYS - _CDK8S
        if (meant := nearest(key, _KEYS))  # the cdk8s CLI may come to know any other
    ]
    if problems:
        raise InputError(f"{path} is not valid", problems)
    return ours


def environment_of(reference: str = ENVIRONMENT) -> type[Environment]:
    """Import the class that an overlay has to fit.

    Raises:
        InputError: there is no such class, or it is none of `Environment`.

    """
    found: object = imported(reference)
    if isinstance(found, type) and issubclass(found, Environment):
        return found
    raise InputError(f"{FILE} names {reference!r}, which is no subclass of {ENVIRONMENT}")


def imported(reference: str) -> Callable[..., Any]:
    """Import `module:name`, the working directory included.

    Raises:
        InputError: there is no such thing.

    """
    module, _, name = reference.partition(":")
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    except (Exception, SystemExit) as cause:  # a module of the user's may raise anything
        raise InputError(
            f"{FILE} names {reference!r}, which cannot be imported: {blamed(cause)}. "
            "It has to be `module:name`, importable from this folder."
        ) from cause
    return found


def blamed(cause: BaseException) -> str:
    """Tell an exception out of a user's code, with the last line of theirs that led to it."""
    frames = traceback.extract_tb(cause.__traceback__)
    here = f"{Path.cwd()}{os.sep}"
    theirs = [frame for frame in frames if frame.filename.startswith(here)]
    text = f"{type(cause).__name__}: {cause}"
    if not theirs:
        return text
    return f"{text} ({theirs[-1].filename.removeprefix(here)}, line {theirs[-1].lineno})"
