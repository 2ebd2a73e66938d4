"""What is wrong with an input, in the words of whoever wrote it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from floe_constructs.setting import (
    Location,
    Place,
    follow,
    keys_of,
    members_of,
    pattern_of,
    tags_of,
    values_of,
    words,
)

LONGEST = 60
"""Characters of a value or key that a message shows."""

UNKNOWN = "an unknown setting"
"""What is found where there is no such setting."""

MOST = 500
"""Errors of one validation that are told one by one; a file of any size is told in bounded time."""

_FEW_KEYS = 12
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")
_LOGIN_IN_URL = re.compile(r"(?<=//)[^/@\s]*@")
_SECRET = re.compile(
    r"(pass(word|wd|phrase|code)?|pwd|token|secret|key|credential)$", re.IGNORECASE
)
"""Names of settings that hold secrets; `credentials`, `secret_ref` and `keys` only lead there."""

_WRONG_KIND = re.compile(r".*(_type|_parsing|_required|_from_float)|is_instance_of")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong: where, what was found, what is allowed, what to do."""

    where: str
    """Path of the setting: `dagster.webserver.replicas`; empty for the input as a whole."""

    found: str = ""
    """What is there; empty where `fix` says it."""

    allowed: str = ""
    """What may be there; empty where `fix` says it."""

    fix: str = ""
    """What to do; empty where `allowed` says it."""

    def __str__(self) -> str:
        """One line."""
        parts = [f"found {self.found}" if self.found else ""]
        parts.append(f"allowed: {self.allowed}" if self.allowed else "")
        text = "; ".join(part for part in parts if part)
        if self.fix:
            text = f"{text}. {self.fix[0].upper()}{self.fix[1:]}" if text else self.fix
        return " ".join(f"{self.where}: {text}".split() if self.where else text.split())


class SettingError(ValueError):
    """A setting that turns out to be wrong when objects are made of it."""

    def __init__(self, *, where: str, found: str, allowed: str, fix: str) -> None:
        """Say what is wrong with it, as any other problem."""
        self.problem = Problem(where=where, found=found, allowed=allowed, fix=fix)
        super().__init__(str(self.problem))


def shown(value: object) -> str:
    """Answer a value as a message shows it: short, without control characters or logins in URLs."""
    if value is None or isinstance(value, bool):
        return "nothing (null)" if value is None else str(value).lower()
    if isinstance(value, int | float):
        huge = isinstance(value, int) and abs(value) >= 10**LONGEST
        return f"a number of more than {LONGEST} digits" if huge else f"the number {value}"
    if isinstance(value, Mapping | list | tuple):
        return "a mapping" if isinstance(value, Mapping) else "a list"
    return f'"{_short(str(value))}"'


def _short(text: str) -> str:
    short = _LOGIN_IN_URL.sub("…@", text[: 4 * LONGEST])
    short = short if len(short) <= LONGEST else f"{short[:LONGEST]}…"
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in short
    )


def path_of(location: Location) -> str:
    """Answer a path as a reader writes it: `a.b[2].c`, with unusual keys in quotes."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            key = part if _PLAIN_KEY.fullmatch(part) else shown(part)
            text += f".{key}" if text else key
    return text


def is_secret(location: Location) -> bool:
    """Answer whether the value there may be a secret, by the names on the way to it."""
    return any(isinstance(part, str) and _SECRET.search(part) for part in location)


def nearest(name: str, names: Iterable[str]) -> str:
    """Ask for the name that was probably meant: `did you mean …?`; empty when none is near."""
    plain = {_plain(known): known for known in names}
    close = get_close_matches(_plain(name), plain, 1, 0.6) if len(name) <= LONGEST else []
    return f"did you mean {plain[close[0]]}?" if close else ""


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_")


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Turn what pydantic found while validating `model` into problems, each told once.

    A field says what it takes by `Field(json_schema_extra={"rule": "…"})`; otherwise its type and
    bounds say it. Values below keys that look like secrets are not shown.
    """
    details: list[Any] = list(error.errors(include_url=False))
    faults = [
        _Fault(number, detail, follow(detail["loc"], model))
        for number, detail in enumerate(details[:MOST])
    ]
    meant = sorted(_meant(faults), key=lambda fault: fault.number)
    problems = list(dict.fromkeys(_problem(it) for it in meant if not _emptied(it, meant)))
    if len(details) > MOST:
        rest = f"{len(details) - MOST} more problems"
        problems.append(Problem(where="", found=rest, fix="correct the others first"))
    return problems


def _emptied(fault: "_Fault", others: Iterable["_Fault"]) -> bool:
    """Whether a list is too short for the one reason that its entries are wrong, which is told."""
    path = fault.place.path
    within = (it.place.path[: len(path)] == path != it.place.path for it in others)
    return fault.detail["type"] == "too_short" and any(within)


@dataclass(frozen=True)
class _Fault:
    number: int
    detail: Any
    place: Place


def _meant(faults: list[_Fault], level: int = 0) -> list[_Fault]:
    """Where members of a union were tried, keep what is about the one that was meant."""
    result: list[_Fault] = []
    unions: dict[Location, dict[str, list[_Fault]]] = {}
    for fault in faults:
        if len(fault.place.guesses) <= level:
            result.append(fault)
        else:
            guess = fault.place.guesses[level]
            members = unions.setdefault(fault.place.path[: guess.depth], {})
            members.setdefault(guess.member, []).append(fault)
    for path, members in unions.items():
        right = [found for found in members.values() if not _wrong_kind(found, len(path))]
        if right:
            result += _meant(min(right, key=len), level + 1)
        else:
            (first, *_), *_ = members.values()
            union = first.place.guesses[level].union
            place = replace(first.place, path=path, setting=union)
            result.append(replace(first, place=place))
    return result


def _wrong_kind(faults: list[_Fault], depth: int) -> bool:
    own = [fault for fault in faults if len(fault.place.path) == depth]
    return any(_WRONG_KIND.fullmatch(fault.detail["type"]) or _no_word(fault) for fault in own)


def _no_word(fault: _Fault) -> bool:
    """Whether none of the words that may be there can be meant by what is there."""
    if fault.detail["type"] != "literal_error":
        return False
    value = fault.detail["input"]
    return not (isinstance(value, str) and nearest(value, values_of(fault.place.setting)))


def _problem(fault: _Fault) -> Problem:
    detail, place = fault.detail, fault.place
    where, value = path_of(place.path), detail["input"]
    seen = shown(value)
    hidden = is_secret(place.path) and isinstance(value, str | int | float)
    if hidden:
        seen = "a value that is not shown"
    match detail["type"]:
        case "missing":
            return Problem(where=where, found="nothing", allowed=words(place.setting), fix="add it")
        case "extra_forbidden":
            return _unknown(where, str(place.path[-1]), place)
        case "value_error" | "assertion_error":
            scalar = not isinstance(value, Mapping | list)
            return Problem(
                where=where, found=seen if scalar else "", fix=str(detail["ctx"]["error"])
            )
        case "union_tag_invalid" | "union_tag_not_found":
            return _wrong_tag(where, seen, fault)
    options = values_of(place.setting) if isinstance(value, str) else []
    fix = nearest(value, options) if options else ""
    allowed = words(place.setting) or _said(detail["msg"])
    return Problem(
        where=where, found=seen, allowed=allowed, fix=fix or _hint(fault, value, hidden=hidden)
    )


def _unknown(where: str, key: str, place: Place) -> Problem:
    keys = keys_of(place.owner) if place.owner else []
    few = ", ".join(keys) if len(keys) <= _FEW_KEYS else f"{len(keys)} settings of the reference"
    fix = nearest(key, keys) or "remove it"
    return Problem(where=where, found=UNKNOWN, allowed=few or "no settings", fix=fix)


def _wrong_tag(where: str, seen: str, fault: _Fault) -> Problem:
    """Tell that the setting which decides between forms is missing or none of theirs."""
    context, setting = fault.detail["ctx"], fault.place.setting
    key = str(context["discriminator"]).strip("'")
    tags = tags_of(setting, key)
    if not tags:  # a function decides
        forms = " or ".join(dict.fromkeys(words(member) for member in members_of(setting)))
        return Problem(where=where, found=seen, allowed=forms)
    at, allowed = f"{where}.{key}" if where else key, " or ".join(tags)
    if "tag" not in context:
        return Problem(where=at, found="nothing", allowed=allowed, fix="add it")
    tag = str(context["tag"])
    return Problem(where=at, found=shown(tag), allowed=allowed, fix=nearest(tag, tags))


def _said(message: str) -> str:
    """Answer pydantic's own message for types that no spec of ours has, without its manner."""
    return re.sub(r"^(Input|Value) should (be |have )?(an? valid )?", "", message)


def _hint(fault: _Fault, value: object, *, hidden: bool) -> str:
    kind = fault.detail["type"]
    if kind == "string_type" and isinstance(value, bool | int | float):
        text = str(value).lower()
        if not re.search(pattern_of(fault.place.setting), text):
            return ""  # quotes alone would not do
        return "write it in quotes" + ("" if hidden else f': "{text}"')
    if kind in {"int_type", "float_type"} and isinstance(value, str):
        return "write it without quotes" if re.fullmatch(r"-?[0-9.]+", value) else ""
    if kind == "bool_type" and str(value).lower() in {"yes", "no", "on", "off", "true", "false"}:
        return "write true or false, without quotes"
    return ""
