"""One folder of `overlays/`: what an environment is, and what the data team's compiler wrote."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from floe_constructs import artifacts as contract
from floe_constructs.artifacts import CompiledArtifacts
from floe_constructs.cube.model import model_files
from floe_constructs.problem import Problem, problems_of
from floe_deploy import conflicts, lock, project, secret_files, yaml_file
from floe_deploy.environment import Environment
from floe_deploy.errors import InputError
from floe_deploy.project import Project

FILE = "environment.yaml"
ARTIFACTS = "compiled_artifacts.json"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")

_MOST_FILES = 10_000
"""A model is a folder of its own: with more files in it, the path is a wrong one."""

_MODEL_SUFFIXES = frozenset({".yml", ".yaml", ".js", ".py", ".jinja"})


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """All that is read for one environment."""

    name: str
    """Name of the environment: its folder's."""

    environment: Environment
    """What the platform team decided."""

    artifacts: CompiledArtifacts
    """What the data team decided."""

    artifacts_text: str
    """The artifacts as pods get them: canonical, without the time of compilation."""

    cube_model: dict[str, str]
    """Text of Cube's model files, by name."""

    secret_files: dict[str, str] | None = None
    """Text of the encrypted Secrets, by path, as it was found; None where there are to be none."""

    digest: str
    """Hash of all of it; comments, order and the time of compilation do not count."""


def folders(overlays: Path, names: Sequence[str]) -> list[Path]:
    """Answer the folders of the environments named, or of all; those with an environment.yaml.

    Raises:
        InputError: there is no such environment, or none at all.

    """
    there = sorted(path.parent.name for path in overlays.glob(f"*/{FILE}"))
    if not there:
        raise InputError(
            f"{overlays} holds no environment: a folder with an {FILE} in it. "
            "`floe init DIRECTORY` makes a repository to start from."
        )
    problems = [
        Problem(
            where=str(overlays / name),
            found="an environment whose name cannot be one",
            allowed="lower-case letters, digits and '-', at most 63: it is a value of labels",
            fix="rename the folder",
        )
        for name in there
        if not _NAME.fullmatch(name)
    ]
    names = [_name(overlays, name) for name in names]
    problems += [
        Problem(
            where=name,
            found="no such environment",
            allowed=", ".join(there),
            fix=f"did you mean {close[0]}?"
            if (close := get_close_matches(name, there, 1))
            else f"make {overlays / name / FILE}",
        )
        for name in names
        if name not in there
    ]
    if problems:
        raise InputError(f"{overlays} does not hold what was asked for", problems)
    return [overlays / name for name in (sorted(set(names)) or there)]


def _name(overlays: Path, said: str) -> str:
    """Answer an environment's name; a shell's completion makes a path of it."""
    path = Path(said)
    return path.name if path.parent == overlays else said


def orphans(settings: Project) -> list[Path]:
    """Find folders of the output that synth wrote for an environment that is gone."""
    return [
        path.parent
        for path in sorted(settings.output.glob(f"*/{lock.FILE}"))
        if not path.parent.name.startswith(".")  # what a killed synth left
        and not (settings.overlays / path.parent.name / FILE).exists()
    ]


def load(
    folder: Path, environment: str = project.ENVIRONMENT, *, text: str | None = None
) -> Overlay:
    """Read one environment; with a `text`, as it would be if `environment.yaml` held that.

    Raises:
        InputError: it is not valid; the message tells everything that is wrong with it.

    """
    problems: list[Problem] = []
    settings = _environment(folder, project.environment_of(environment), problems, text)
    data, artifacts = _artifacts(folder, problems)
    model = _cube_model(folder, settings.cube_model, problems) if settings else {}
    secrets = secret_files.read(folder, settings.secrets, problems) if settings else None
    if settings and artifacts:
        problems += conflicts.between(settings, artifacts)
    if problems or settings is None or artifacts is None:
        raise InputError(f"{folder} is not a valid overlay:", problems)
    canonical = contract.canonical(data)
    said = [
        settings.model_dump(mode="json", exclude_defaults=True),
        canonical,
        model,
        *([secrets] if secrets else []),
    ]
    return Overlay(
        name=folder.name,
        environment=settings,
        artifacts=artifacts,
        artifacts_text=canonical,
        cube_model=model,
        secret_files=secrets,
        digest=lock.sha256(json.dumps(said, sort_keys=True).encode()),
    )


def _environment(
    folder: Path, model: type[Environment], problems: list[Problem], text: str | None
) -> Environment | None:
    """Validate `environment.yaml`; strictly, so that no value is bent into another type."""
    try:
        path = folder / FILE
        data = yaml_file.read(path) if text is None else yaml_file.parse(path, text)
        environment: Environment = model.model_validate_json(json.dumps(data), strict=True)
    except yaml_file.YamlFileError as failure:
        problems += failure.problems
    except ValidationError as failure:
        found = problems_of(failure, model)
        problems += [replace(problem, where=problem.where or FILE) for problem in found]
    else:
        return environment
    return None


def _artifacts(folder: Path, problems: list[Problem]) -> tuple[bytes, CompiledArtifacts | None]:
    path = folder / ARTIFACTS
    try:
        data = path.read_bytes()
        return data, contract.read(data)
    except OSError:
        problems.append(
            Problem(
                where=ARTIFACTS,
                found="no file that can be read",
                allowed="what `floe compile` wrote",
                fix=f"put it at {path}",
            )
        )
    except contract.ContractError as failure:
        problems += [
            replace(problem, where=f"{ARTIFACTS}: {problem.where}" if problem.where else ARTIFACTS)
            for problem in failure.problems
        ]
    return b"", None


def _cube_model(folder: Path, place: str | None, problems: list[Problem]) -> dict[str, str]:
    """Read the files that Cube takes for its model, by their path below the model's folder."""
    if place is None:
        return {}
    model = folder / place
    try:
        there = list(islice(model.rglob("*"), _MOST_FILES))
        paths = sorted(path for path in there if path.suffix in _MODEL_SUFFIXES)
        files = {path.relative_to(model).as_posix(): path.read_text("utf-8") for path in paths}
        model_files(files)
    except (OSError, ValueError) as failure:
        problems.append(Problem(where="cube_model", found=f"{model}: {failure}"))
        return {}
    if not files or len(there) == _MOST_FILES:
        problems.append(
            Problem(
                where="cube_model",
                found=f"{len(files) or 'no'} model files among {len(there)} files of {model}",
                allowed="a folder with " + ", ".join(sorted(_MODEL_SUFFIXES)),
                fix="correct the path, or bake the model into Cube's image and leave it out",
            )
        )
    return files
