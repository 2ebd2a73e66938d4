"""The report of a comparison, as programs read it; people get the same as text or Markdown."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from floe_deploy.diff import image, lines, path, redaction
from floe_deploy.diff.fields import ABSENT, Field, Order
from floe_deploy.diff.judging import Action, Change
from floe_deploy.diff.rank import Rank
from floe_deploy.manifests import Identity
from floe_deploy.preflight.redaction import HIDDEN

SCHEMA_VERSION: Literal["1.0"] = "1.0"
"""Version of the document below: a reader of 1.x takes each later 1.y."""

RankName = Literal[
    "immutable",
    "removed",
    "before-gate",
    "rbac",
    "network",
    "image",
    "size",
    "restart",
    "added",
    "other",
    "name",
]
"""The ranks, the weightiest first."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ReportedField(_Document):
    """A field that is not the same; credentials in it are not shown."""

    path: str
    """Where it is: `spec.template.spec.containers[web].image`."""

    rank: RankName
    """What a reviewer has to know of it."""

    old: str | None = None
    """Value before, where it fits on a line; null where there was none."""

    new: str | None = None
    """Value after, where it fits on a line; null where there is none."""

    lines: list[str] = []
    """Lines that differ, each after `- ` or `+ `, those around after blanks, where it does not."""

    note: str | None = None
    """What the difference is, in words."""


class ReportedNote(_Document):
    """What follows from a change."""

    rank: RankName
    """What it is about."""

    message: str
    """What happens, and what to do."""


class ReportedObject(_Document):
    """Which object it is."""

    group: str
    """API group; empty for the core's."""

    kind: str
    """Kind."""

    namespace: str
    """Namespace; empty where it has none."""

    name: str
    """Name, without the hash of a Job that runs once for each release."""


class ReportedChange(_Document):
    """An object that is not the same."""

    object: ReportedObject
    """The object."""

    action: Literal["added", "removed", "changed", "moved"]
    """What has happened to it."""

    file: str
    """Its file below the environment's folder; where it is gone, the one it had."""

    rank: RankName
    """The weightiest rank of all that is in it."""

    before_gate: bool
    """Whether it takes effect whatever the gate of this release says."""

    notes: list[ReportedNote]
    """What follows."""

    fields: list[ReportedField]
    """What differs, the weightiest first; nothing for what is added or removed as a whole."""


class ReportedEnvironment(_Document):
    """An environment."""

    environment: str
    """Its name."""

    old: str
    """What it is compared with."""

    new: str
    """What is compared."""

    gated: bool
    """Whether a gate stands before the workloads of the new one."""

    changes: list[ReportedChange]
    """What differs, the weightiest first, then in the order of application."""


class Report(_Document):
    """What `floe diff --format json` prints."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    """Version of this document."""

    differs: bool
    """Whether anything differs; with `--exit-code` the exit code is 1 then."""

    environments: list[ReportedEnvironment]
    """Every environment that was compared, those without a difference as well."""


def reported(change: Change) -> ReportedChange:
    """Answer a change as it is reported."""
    who = change.who
    return ReportedChange(
        object=ReportedObject(
            group=who.group, kind=who.kind, namespace=who.namespace, name=_safe(who.name)
        ),
        action=_ACTIONS[change.action],
        file=_safe(change.entry.path),
        rank=_name(change.rank),
        before_gate=change.before_gate,
        notes=[
            ReportedNote(rank=_name(note.rank), message=_safe(redaction.text(note.text)))
            for note in sorted(change.notes, key=lambda note: note.rank)
        ],
        fields=[_field(who, rank, field) for rank, field in change.fields],
    )


_ACTIONS: dict[Action, Literal["added", "removed", "changed", "moved"]] = {
    Action.ADDED: "added",
    Action.REMOVED: "removed",
    Action.CHANGED: "changed",
    Action.MOVED: "moved",
}


def _name(rank: Rank) -> RankName:
    return rank.id  # type: ignore[return-value]  # the literals above, which a test compares


def _field(who: Identity, rank: Rank, field: Field) -> ReportedField:
    sides = field.old, field.new
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
    return "".join(
        char if char.isprintable() or char == "\t" else char.encode("unicode_escape").decode()
        for char in text
    )
