"""Validating what is to be checked: all that is wrong with it, by the names that were used."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from floe_constructs.preflight.targets import SERVICES, PreflightConfig
from floe_constructs.problem import UNKNOWN, Problem, problems_of
from floe_constructs.variables import COMPUTE_TYPE, STORAGE_URL
from floe_deploy.errors import InputError
from floe_deploy.preflight.check import Service
from floe_deploy.preflight.reading.said import CREDENTIALS, REFERABLE, Said

FILE = Path("preflight.yaml")
"""What is read where no file is named, if it is there."""

WAYS = (
    Problem(where="--env ENVIRONMENT", fix="what an environment of overlays/ relies on"),
    Problem(where="--config FILE", fix="a preflight.yaml, or a compiled_artifacts.json"),
    Problem(where=f"./{FILE}", fix="read where neither is given"),
    Problem(
        where="environment variables",
        fix=f"one of {COMPUTE_TYPE}, TRINO_HOST, SNOWFLAKE_ACCOUNT, BIGQUERY_PROJECT and "
        f"DUCKDB_PATH; {STORAGE_URL}; POLARIS_URI; DAGSTER_PG_HOST; and their logins",
    ),
)
"""How to say what is to be checked."""


class NoConfigurationError(InputError):
    """Nothing says what to check."""


@dataclass(frozen=True, kw_only=True)
class Unset(Problem):
    """A setting that has to be there, and is not: `CONFIG_MISSING`."""

    service: Service
    """Service that needs it."""


def validated(subject: str, said: Said) -> PreflightConfig:
    """Answer the configuration.

    Raises:
        InputError: all that is wrong with it.
        NoConfigurationError: there is nothing in it.

    """
    problems = list(said.problems)
    try:
        text = json.dumps(said.services)
        config = PreflightConfig.model_validate_json(text, strict=True)
    except ValidationError as error:
        found = problems_of(error, PreflightConfig)
        problems += (_called(problem, said) for problem in found)
    if problems:
        raise InputError(subject, list(dict.fromkeys(problems)))
    if not config.roots:
        raise NoConfigurationError("There is nothing to check. Say what, by one of", WAYS)
    return config


def _called(problem: Problem, said: Said) -> Problem:
    """Tell a problem by the names that were used, and no credential in it."""
    where, words = problem.where, re.findall(r"\w+", problem.where)
    if CREDENTIALS & {*words} and problem.found != UNKNOWN:
        problem = _hidden(problem, said, words[-1])
    if words[-1:] == ["host"]:  # where an address with its login was meant for one
        problem = replace(problem, found=re.sub(r'[^"@]*@', "…@", problem.found))
    name, variable = said.name(where), said.variable(where)
    fix, allowed = problem.fix, problem.allowed
    if fix == "add it" and name:
        elsewhere = f", or set {variable}" if variable else ""
        fix, allowed = "set it" if name == variable else f"add it{elsewhere}", ""
    elif fix == "add it" and variable and words[-1] in REFERABLE:
        fix = f"add it, or where it is kept: {words[-1]}: {{env: {variable}}}"
    if name and name.endswith("_SCHEME"):
        allowed = "https or http"
    prefix = f"{where}."
    for path, other in said.names.items():  # of a rule about several settings
        if path.startswith(prefix):
            fix = re.sub(rf"\b{path.removeprefix(prefix)}\b", other, fix)
    told = replace(problem, where=name or where, allowed=allowed, fix=fix)
    if (problem.found, problem.fix) == ("nothing", "add it") and words[0] in SERVICES:
        return Unset(**vars(told), service=cast("Service", words[0]))
    return told


def _hidden(problem: Problem, said: Said, setting: str) -> Problem:
    """Tell how to refer to a credential that stands there as it is."""
    if not isinstance(said.at(problem.where), str | int | float):
        return problem
    problem = replace(problem, found="a value that is not shown")
    if setting not in CREDENTIALS:
        return problem
    variable = said.variable(problem.where) or "VARIABLE"
    return replace(
        problem,
        allowed="only where it is kept",
        fix=f"write {setting}: {{env: {variable}}}, or {setting}: {{file: PATH}}",
    )
