"""Putting changes into words, and into a report: from here on nothing secret is in it."""

from collections.abc import Sequence
from typing import Any

from floe_deploy.diff import image, lines, path, redaction
from floe_deploy.diff.fields import ABSENT, Field, Order, settled
from floe_deploy.diff.judging import Change
from floe_deploy.diff.rank import Rank
from floe_deploy.diff.report import (
    RankName,
    ReportedChange,
    ReportedField,
    ReportedNote,
    ReportedObject,
)
from floe_deploy.manifests import Identity
from floe_deploy.preflight.redaction import HIDDEN


def reported(change: Change) -> ReportedChange:
    """Answer a change as it is reported."""
    who = change.who
    return ReportedChange(
        object=ReportedObject(
            group=who.group, kind=who.kind, namespace=who.namespace, name=_safe(who.name)
        ),
        action=change.action,
        file=_safe(change.entry.path),
        rank=_name(change.rank),
        before_gate=change.before_gate,
        notes=[
            ReportedNote(rank=_name(note.rank), message=_safe(redaction.text(note.text)))
            for note in sorted(change.notes, key=lambda note: note.rank)
        ],
        fields=[_field(who, rank, field) for rank, field in change.fields],
    )


def _name(rank: Rank) -> RankName:
    return rank.id  # type: ignore[return-value]  # the literals above, which a test compares


def _field(who: Identity, rank: Rank, field: Field) -> ReportedField:
    sides = settled(field.old, field.path), settled(field.new, field.path)
    shown = tuple(each if each is ABSENT else _shown(who, field, each) for each in sides)
    note = _note(field, shown)
    base = ReportedField(path=_safe(path.text(field.path)), rank=_name(rank), note=note)
    exact = ABSENT not in sides and type(field.old) is not type(field.new)
    if all(lines.is_short(each) for each in (*sides, *shown)):
        said = [None if e is ABSENT else _safe(lines.flow(e, exact=exact)) for e in shown]
        return base.model_copy(update={"old": said[0], "new": said[1]})
    raw, seen = ([lines.written(each) for each in both] for both in (sides, shown))
    safe = [*map(_safe, seen[0])], [*map(_safe, seen[1])]
    return base.model_copy(update={"lines": lines.compared(raw[0], raw[1], safe)})


def _shown(who: Identity, field: Field, value: Any) -> Any:
    return value if isinstance(value, Order) else redaction.value(who, field.path, value)


def _note(field: Field, shown: Sequence[Any]) -> str | None:
    if HIDDEN in shown:
        return "not shown, as it may be a secret"
    if isinstance(field.old, Order):
        return "the order"
    both = isinstance(field.old, str) and isinstance(field.new, str)
    if both and image.is_image(field):
        return _safe(redaction.text(image.told(field.old, field.new)))
    return None


def _safe(text: str) -> str:
    """Answer text that does nothing to a terminal and hides nothing from a reader."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char == "\t" else char.encode("unicode_escape").decode()
        for char in text
    )
