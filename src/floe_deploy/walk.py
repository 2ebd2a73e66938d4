"""Walking through settings, however deep."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from pydantic import BaseModel

from floe_constructs.setting import Location

T = TypeVar("T", bound=BaseModel)
S = TypeVar("S")


def each(settings: T, kind: type[S], change: Callable[[S], S]) -> T:
    """Answer the settings with every `kind` in them changed, however deep; the rest is the same."""
    changed: T = _changed(settings, kind, change)
    return changed


def _changed(value: Any, kind: type[S], change: Callable[[S], S]) -> Any:
    if isinstance(value, BaseModel):
        inner = {name: _changed(item, kind, change) for name, item in value}
        new = {name: item for name, item in inner.items() if item is not getattr(value, name)}
        value = value.model_copy(update=new) if new else value
        return change(value) if isinstance(value, kind) else value
    if isinstance(value, tuple):
        items = tuple(_changed(item, kind, change) for item in value)
        return (
            items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        )
    if isinstance(value, dict):
        by_key = {key: _changed(item, kind, change) for key, item in value.items()}
        return by_key if any(by_key[key] is not value[key] for key in value) else value
    return change(value) if isinstance(value, kind) else value


def found(settings: object, kind: type[S], at: Location = ()) -> Iterator[tuple[Location, S]]:
    """Answer every `kind` in settings, however deep, and where it is."""
    if isinstance(settings, kind):
        yield at, settings
    for part, item in _parts(settings):
        yield from found(item, kind, (*at, part))


def _parts(value: object) -> Iterable[tuple[int | str, object]]:
    if isinstance(value, BaseModel):
        return iter(value)
    if isinstance(value, tuple):
        return enumerate(value)
    return value.items() if isinstance(value, dict) else ()
