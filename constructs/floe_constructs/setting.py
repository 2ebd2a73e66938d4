"""What a place in a model takes, in the words of whoever fills it in."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Tag
from pydantic.fields import FieldInfo

Location = tuple[int | str, ...]
_FEW_KEYS = 8


@dataclass(frozen=True, kw_only=True)
class Guess:
    """A union on the way, of which pydantic, or the union's discriminator, tried a member."""

    depth: int
    """Length of the path to it."""

    member: str
    """pydantic's name of the member."""

    union: FieldInfo
    """All that may be there."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an error is."""

    path: Location
    """The keys and positions that the user wrote, without pydantic's names of union members."""

    setting: FieldInfo | None
    """What the place takes; `None` where there is no such setting."""

    owner: type[BaseModel] | None
    """The model whose keys are allowed there."""

    guesses: tuple[Guess, ...] = ()
    """Unions on the way."""


def follow(location: Location, model: type[BaseModel]) -> Place:
    """Follow the location of a pydantic error from the model it was raised for."""
    path: list[int | str] = []
    guesses: list[Guess] = []
    setting: FieldInfo | None = FieldInfo(annotation=model)
    owner: type[BaseModel] | None = model
    rest = list(location)
    while rest:
        part = rest.pop(0)
        members = members_of(setting)
        if setting and len(members) > 1:  # pydantic then names the member that it tried
            guesses.append(Guess(depth=len(path), member=str(part), union=setting))
            setting = _member(members, str(part))
            continue
        path.append(part)
        kind: Any = members[0].annotation if members else None
        owner = kind if is_model(kind) else None
        is_key = rest[:1] == ["[key]"]  # how pydantic says that the key itself is wrong
        setting = _inside(kind, part, 0 if is_key else -1)
        rest = rest[is_key:]
    return Place(path=tuple(path), setting=setting, owner=owner, guesses=tuple(guesses))


def is_model(kind: Any) -> bool:
    """Answer whether it is a model."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def keys_of(model: type[BaseModel]) -> list[str]:
    """Answer the keys of a model as they are written."""
    return sorted(field.alias or name for name, field in model.model_fields.items())


def members_of(setting: FieldInfo | None) -> list[FieldInfo]:
    """Answer the members of a union but null; of anything else, itself."""
    if setting is None:
        return []
    if get_origin(setting.annotation) not in (Union, UnionType):
        return [setting]
    members = [
        FieldInfo.from_annotation(kind)
        for kind in get_args(setting.annotation)
        if kind is not NoneType
    ]
    return members_of(members[0]) if len(members) == 1 else members


def tags_of(setting: FieldInfo | None, key: str) -> list[str]:
    """Answer the values that `key` may have in the members of a union: they tell them apart."""
    return [
        str(value)
        for member in members_of(setting)
        if is_model(member.annotation)
        for value in _values(member.annotation.model_fields.get(key))  # type: ignore[union-attr]
    ]


def values_of(setting: FieldInfo | None) -> list[str]:
    """Answer the only values that a place takes; none when it takes others too."""
    return [str(value) for member in members_of(setting) for value in _values(member)]


def words(setting: FieldInfo | None) -> str:
    """Say what a place takes: its `rule` (`json_schema_extra`), or its type and bounds."""
    if setting is None:
        return ""
    if rule := _rule(setting):
        return rule
    texts = [_rule(member) or _kind(member) for member in members_of(setting)]
    if _nullable(setting):
        texts.append("null")
    return " or ".join(dict.fromkeys(text for text in texts if text))


def _rule(setting: FieldInfo) -> str:
    extra = setting.json_schema_extra
    return str(extra.get("rule", "")) if isinstance(extra, Mapping) else ""


def _nullable(setting: FieldInfo) -> bool:
    kinds = get_args(setting.annotation)
    return get_origin(setting.annotation) in (Union, UnionType) and NoneType in kinds


_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (int, "a whole number"),
    (float, "a number"),
    (str, "text"),
    (Mapping, "a mapping"),
    (Collection, "a list"),
)


def _kind(setting: FieldInfo) -> str:
    kind: Any = setting.annotation
    if values := _values(setting):
        return " or ".join(str(value) for value in values)
    if is_model(kind):
        keys = keys_of(kind)
        return f"a mapping with {', '.join(keys)}" if len(keys) <= _FEW_KEYS else "a mapping"
    origin = get_origin(kind) or kind
    kinds = _KINDS if isinstance(origin, type) else ()
    word = next((word for known, word in kinds if issubclass(origin, known)), "")
    return word and word + _bounds(setting) + _size(setting, word) + _matching(setting)


def pattern_of(setting: FieldInfo | None) -> str:
    """Answer what text has to match; nothing where any will do."""
    return str((setting and _constraint(setting, "pattern")) or "")


def _matching(setting: FieldInfo) -> str:
    pattern = pattern_of(setting)
    return f" that matches {pattern}" if pattern else ""


def _bounds(setting: FieldInfo) -> str:
    least, most = _constraint(setting, "ge"), _constraint(setting, "le")
    if least is not None and most is not None:
        return f" from {least} to {most}"
    texts = {"ge": "of {} or more", "gt": "above {}", "le": "of {} or less", "lt": "below {}"}
    texts["multiple_of"] = "that is a multiple of {}"
    given = [(text, _constraint(setting, name)) for name, text in texts.items()]
    return "".join(f" {text.format(value)}" for text, value in given if value is not None)


def _size(setting: FieldInfo, word: str) -> str:
    least, most = _constraint(setting, "min_length"), _constraint(setting, "max_length")
    many = "characters" if word == "text" else "entries"
    if least and most is not None:
        return f" of {least} to {most} {many}"
    if least:
        return f" of at least {least} {many}"
    return f" of at most {most} {many}" if most is not None else ""


def _constraint(setting: FieldInfo, name: str) -> Any:
    found = (getattr(constraint, name, None) for constraint in setting.metadata)
    return next((value for value in found if value is not None), None)


def _values(setting: FieldInfo | None) -> tuple[Any, ...]:
    kind = setting.annotation if setting else None
    if get_origin(kind) is Literal:
        return get_args(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(member.value for member in kind)
    return ()


def _member(members: list[FieldInfo], name: str) -> FieldInfo:
    """Find the member that pydantic calls so: by tag, by class, or by a part of the name."""
    by_name: dict[str, FieldInfo] = {}
    for member in members:
        kind: Any = member.annotation
        by_name |= {str(given.tag): member for given in member.metadata if isinstance(given, Tag)}
        if is_model(kind):
            fields = kind.model_fields.values()
            by_name |= {str(value): member for field in fields for value in _values(field)}
            by_name[kind.__name__] = member
        else:
            # `constrained-str`, `list[int]`, `literal[…]`
            by_name.setdefault(getattr(get_origin(kind) or kind, "__name__", "").lower(), member)
    if name in by_name:
        return by_name[name]
    inside = [key for key in by_name if key and re.search(rf"\b{re.escape(key)}\b", name)]
    return by_name[max(inside, key=len)] if inside else members[0]


def _inside(kind: Any, part: int | str, argument: int) -> FieldInfo | None:
    """Answer what stands under a key or at a position; `argument` 0 is a mapping's key."""
    if is_model(kind):
        fields = kind.model_fields.items()
        return next((field for name, field in fields if part in (field.alias, name)), None)
    arguments = get_args(kind)
    if not arguments or get_origin(kind) is Literal:
        return None
    if get_origin(kind) is tuple:  # `tuple[int, ...]` or one type for each position
        argument = part if isinstance(part, int) and Ellipsis not in arguments else 0
    return FieldInfo.from_annotation(arguments[argument])
