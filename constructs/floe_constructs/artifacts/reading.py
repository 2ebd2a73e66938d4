"""Reading `compiled_artifacts.json`."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from floe_constructs.artifacts.contract import CompiledArtifacts
from floe_constructs.problem import Problem, path_of, problems_of, shown
from floe_constructs.setting import Location

MAJOR = 1
"""The major version of the contract that is understood."""

NEVER = "1970-01-01T00:00:00Z"
"""Stands for the time of compilation in pods, so that compiling again changes nothing there."""

_MAX_DEPTH = 100
_VERSION = re.compile(
    r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})([-+][0-9A-Za-z.+-]+)?"
)
_WRITTEN = "what `floe compile` writes"


class ContractError(ValueError):
    """The artifacts cannot be used."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep what is wrong."""
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def read(data: bytes) -> CompiledArtifacts:
    """Read CompiledArtifacts 1.0.0 or any later 1.x.

    Raises:
        ContractError: broken JSON, another major version, or missing and impossible parts, all
            told at once.

    """
    content = _json(data)
    if problem := _version_problem(content.get("version", "1.1.0")):
        raise ContractError([problem])
    try:
        return CompiledArtifacts.model_validate_json(json.dumps(content), strict=True)
    except ValidationError as failure:
        raise ContractError(problems_of(failure, CompiledArtifacts)) from failure


def canonical(data: bytes) -> str:
    """Answer the artifacts as pods get them: sorted, indented, without the time of compilation.

    Everything else is kept, keys that nobody here knows too.

    Raises:
        ContractError: broken JSON.

    """
    content = _json(data)
    if isinstance(content.get("metadata"), dict) and "compiled_at" in content["metadata"]:
        content["metadata"]["compiled_at"] = NEVER
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _version_problem(version: object) -> Problem | None:
    match = _VERSION.fullmatch(version) if isinstance(version, str) else None
    if match and int(match[1]) == MAJOR:
        return None
    fix = "use a floe-deploy that reads it, or compile for this one" if match else "compile again"
    return Problem(
        where="version",
        found=f"contract {match[1]}: {shown(version)}" if match else shown(version),
        allowed=f"contract {MAJOR}, for example {MAJOR}.1.0",
        fix=fix,
    )


class _Object(dict[str, Any]):
    """A JSON object that remembers the keys it was given more than once."""

    twice: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    content = _Object(pairs)
    if len(content) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        content.twice = tuple(key for key, count in counts.items() if count > 1)
    return content


def _json(data: bytes) -> _Object:
    where = allowed = ""
    try:
        content = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_object)
    except json.JSONDecodeError as failure:
        where = f"line {failure.lineno}, column {failure.colno}"
        found, allowed = _message(failure), "JSON"
    except UnicodeDecodeError as failure:
        line = data[: failure.start].count(b"\n") + 1
        where, found, allowed = f"line {line}", "bytes that are no UTF-8", "JSON in UTF-8"
    except RecursionError:
        found = "too many levels"
    except ValueError:  # Python reads no integer of more than 4300 digits
        found = "a number of thousands of digits"
    else:
        if isinstance(content, _Object):
            if problems := list(_faults(content)):
                raise ContractError(problems)
            return content
        found = shown(content)
    raise ContractError([Problem(where=where, found=found, allowed=allowed or _WRITTEN)])


def _message(failure: json.JSONDecodeError) -> str:
    if not failure.doc.strip():
        return "an empty file"
    return failure.msg[0].lower() + failure.msg[1:]


def _faults(content: _Object) -> Iterator[Problem]:
    """Tell what JSON parsers let pass, and each reads in its own way."""
    waiting: list[tuple[Location, Any]] = [((), content)]
    while waiting:
        path, value = waiting.pop()
        if len(path) > _MAX_DEPTH:
            allowed = f"at most {_MAX_DEPTH}"
            yield Problem(where=path_of(path[:3]), found="too many levels", allowed=allowed)
            return
        if isinstance(value, float) and not math.isfinite(value):
            yield Problem(where=path_of(path), found=str(value), allowed="a finite number")
        if isinstance(value, str) and not _is_unicode(value):
            yield Problem(where=path_of(path), found="half of a character", allowed="Unicode")
        if isinstance(value, list):
            waiting += [((*path, index), inner) for index, inner in enumerate(value)]
        if isinstance(value, _Object):
            for key in value.twice:
                where = path_of((*path, key))
                yield Problem(where=where, found="the key twice", allowed="each key once")
            waiting += [((*path, key), inner) for key, inner in value.items()]
            waiting += [((*path, key), key) for key in value if not _is_unicode(key)]


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)
