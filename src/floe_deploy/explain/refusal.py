"""Why Dagster refuses what a tag or an executor's configuration says, in few words."""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from dagster._config.errors import EvaluationError
from dagster._core.errors import DagsterInvalidConfigError

from floe_constructs.problem import Problem, nearest
from floe_deploy.errors import InputError

_MODELS: Any = import_module("kubernetes.client")
_RAW: Any = import_module("dagster_k8s.job").USER_DEFINED_K8S_JOB_CONFIG_SCHEMA
_UNKNOWN_KEYS = re.compile(r"Unexpected keys in model class (?P<model>\w+): \{(?P<keys>.*)\}")


def refused(option: str, cause: Exception) -> InputError:
    """Answer one message for whatever Dagster has raised."""
    return InputError(f"Dagster refuses what {option} says", list(_problems(cause)))


def _problems(cause: Exception) -> Iterator[Problem]:
    if isinstance(cause, DagsterInvalidConfigError):
        yield from map(_invalid, cause.errors)
    elif found := _UNKNOWN_KEYS.fullmatch(str(cause)):
        fields = getattr(_MODELS, found["model"]).attribute_map.values()
        kind = found["model"].removeprefix("V1")
        for key in sorted(re.findall(r"'(.*?)'", found["keys"])):
            fix = nearest(key, fields) or f"take a field of Kubernetes' {kind}"
            yield Problem(where=key, found=f"no field of {kind}", fix=fix)
    else:
        yield Problem(where="", fix=str(cause) or type(cause).__name__)


def _invalid(error: EvaluationError) -> Problem:
    message, _, expected = error.message.partition(" Expected: ")
    message = message.replace("path root:", "").partition("Stack Trace:")[0].rstrip(" .\n")
    key = getattr(error.error_data, "field_name", "")
    fix = _fix(key, expected) if key else ""
    return Problem(where="", fix=f"{message}. {fix[0].upper()}{fix[1:]}" if fix else message)


def _fix(key: str, expected: str) -> str:
    inner = expected.strip('".').removeprefix("{").removesuffix("}")
    while (outer := re.sub(r"\{[^{}]*\}", "", inner)) != inner:
        inner = outer
    allowed = set(re.findall(r"(\w+)\??:", inner))
    if "step_k8s_config" in allowed and key in _RAW.fields:  # as Dagster's own pages have it
        return "it belongs below step_k8s_config"
    return nearest(key, allowed)
