"""The file that says what to check, of whichever kind it is."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from floe_constructs.preflight.targets import PreflightConfig
from floe_constructs.problem import UNKNOWN, Problem, nearest, path_of, shown
from floe_constructs.variables import VARIABLES
from floe_deploy import yaml_file
from floe_deploy.errors import InputError
from floe_deploy.preflight.reading import environment, flat
from floe_deploy.preflight.reading.said import Said
from floe_deploy.preflight.reading.validating import FILE, WAYS, NoConfigurationError, validated

_KNOWN = {*PreflightConfig.model_fields, *(name for names in flat.NAMES.values() for name in names)}
_OF_ARTIFACTS = frozenset({"metadata", "resolved_profiles"})
_OF_FLOE_YAML = frozenset({"transforms", "consumption", "governance", "observability"})
_OF_OVERLAY = frozenset({"namespace", "dagster", "cube", "marquez", "jaeger"})


def read(file: Path | None = None, variables: Mapping[str, str] | None = None) -> PreflightConfig:
    """Answer what a file says; without one `preflight.yaml`, or the environment variables alone.

    The configuration holds no credential, only where each one is.

    Raises:
        InputError: all that is wrong with it.
        NoConfigurationError: there is no such file, or nothing at all.

    """
    given = os.environ if variables is None else variables
    if file is None and FILE.exists():
        file = FILE
    if file is None:
        subject = "The environment variables do not say rightly what to check:"
        return validated(subject, environment.said(given))
    if not file.exists():
        raise NoConfigurationError(f"There is no file {file}. Say what to check, by one of", WAYS)
    return _of_file(file, given)


def _of_file(file: Path, variables: Mapping[str, str]) -> PreflightConfig:
    subject = f"{file} does not say rightly what to check:"
    if data := _artifacts(file):
        return validated(subject, _of_artifacts(subject, data, variables))
    try:
        content = yaml_file.parse_quietly(file, yaml_file.text(file))
    except yaml_file.YamlFileError as failure:
        raise InputError(f"{file} cannot be read:", failure.problems) from None
    if problem := _another(file, content):
        raise InputError(subject, [problem])
    assert isinstance(content, dict)  # noqa: S101  anything else is another
    services = {name: it for name, it in content.items() if name in PreflightConfig.model_fields}
    found = Said(services=services)
    found.problems += (_unknown(name, content) for name in content if name not in _KNOWN)
    flat.add(content, variables, found)
    return validated(subject, found)


def _artifacts(file: Path) -> bytes | None:
    """Answer the content of a file, if it is what the compiler writes."""
    if not file.is_file():
        return None
    try:
        data = file.read_bytes()
        found = json.loads(data)
    except (OSError, ValueError, RecursionError):  # what reads YAML tells why
        return None
    return data if isinstance(found, dict) and found.keys() & _OF_ARTIFACTS else None


def _of_artifacts(subject: str, data: bytes, variables: Mapping[str, str]) -> Said:
    # The contract is a hundred milliseconds of models that no other file needs.
    from floe_constructs.artifacts import ContractError
    from floe_deploy.preflight.reading import artifacts

    try:
        return artifacts.said(data, variables)
    except ContractError as failure:
        raise InputError(subject, failure.problems) from None


def _another(file: Path, content: object) -> Problem | None:
    """Tell of a file that is about something else."""
    if not isinstance(content, dict):
        return Problem(where="", found=shown(content), allowed="a mapping of services")
    if content.keys() & _OF_FLOE_YAML or file.name in {"floe.yaml", "floe.yml"}:
        return Problem(
            where="",
            found="a floe.yaml, which only names profiles of services",
            allowed="preflight.yaml, or what `floe compile` wrote",
            fix="compile it first, and give compiled_artifacts.json",
        )
    if content.keys() & _OF_OVERLAY:
        return Problem(
            where="",
            found="the overlay of an environment",
            allowed="preflight.yaml, or a compiled_artifacts.json",
            fix="give the environment's name: `floe preflight --env NAME`",
        )
    return None


def _unknown(name: str, content: Mapping[str, Any]) -> Problem:
    service, _, setting = name.partition("_")
    kinds = {"catalog": "polaris", "postgres": "dagster"}
    kind = kinds.get(service) or str(content.get(f"{service}_type"))
    variable = VARIABLES.get(kind, {}).get(setting)
    return Problem(
        where=path_of((name,)),
        found=UNKNOWN,
        allowed=", ".join(sorted(_KNOWN)) if not variable else "",
        fix=f"set {variable} in the environment, or write it below `{service}:`"
        if variable
        else nearest(name, _KNOWN) or "remove it",
    )
