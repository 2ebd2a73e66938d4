"""What both forms for people say of a report in the same words."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

from floe_deploy.diff.rank import Rank
from floe_deploy.diff.report import (
    RankName,
    ReportedChange,
    ReportedEnvironment,
    ReportedField,
)

TITLES = {rank.id: rank.title for rank in Rank}
_TOLD = {"rbac": ("rules[", "subjects["), "network": ("spec.ingress", "spec.egress")}
"""Fields whose notes say it all: the words of policies and roles are long."""

ORDER = {name: at for at, name in enumerate(get_args(RankName))}

_COUNTED = {
    "immutable": "cannot be changed in place",
    "removed": "removed",
    "before-gate": "before the gate",
    "rbac": "of rights",
    "network": "of the network",
    "image": "of images",
    "size": "of sizes",
    "restart": "with other pods",
    "added": "added",
    "other": "other",
    "name": "only called otherwise",
}


def counted(it: ReportedEnvironment) -> str:
    """Answer how many objects differ, and in what way."""
    if not it.changes:
        return "nothing differs"
    counts = Counter(change.rank for change in it.changes)
    total = len(it.changes)
    said = ", ".join(
        f"{counts[rank]} {_COUNTED[rank]}" for rank in sorted(counts, key=lambda rank: ORDER[rank])
    )
    return f"{total} object{'s' if total > 1 else ''} differ{'' if total > 1 else 's'}: {said}"


def warning(it: ReportedEnvironment) -> str:
    """Answer what is to be known of an environment without a gate."""
    workloads = [change for change in it.changes if change.rank != "name"]
    if it.gated or not workloads:
        return ""
    return "No gate stands before this: all of it takes effect as soon as it is applied."


def grouped(changes: Sequence[ReportedChange]) -> Iterator[list[ReportedChange]]:
    """Answer changes together that are the same change of several objects."""
    groups: dict[str, list[ReportedChange]] = {}
    for change in changes:
        same = change.model_copy(update={"object": None, "file": ""})
        alike = same.model_dump_json(exclude={"object"})
        whole = change.action in {"added", "removed"} and not change.notes
        key = alike if change.fields or change.notes or whole else change.file
        groups.setdefault(key, []).append(change)
    yield from groups.values()


def name(change: ReportedChange) -> str:
    """Answer an object as people call it."""
    return f"{change.object.kind} {change.object.name}"


def mark(change: ReportedChange) -> str:
    """Answer what stands behind an object's name."""
    early = change.before_gate and change.rank not in {"before-gate", "name"}
    moved = {"added": "new", "removed": "gone", "moved": "moved"}
    parts = [moved.get(change.action, ""), "before the gate" if early else ""]
    return ", ".join(filter(None, parts))


def shown(change: ReportedChange) -> Iterable[ReportedField]:
    """Answer the fields that tell a person something: no hashes, and nothing that notes tell."""
    told = {note.rank for note in change.notes}
    return [
        field
        for field in change.fields
        if field.rank != "name"
        and not (field.rank in told & _TOLD.keys() and field.path.startswith(_TOLD[field.rank]))
    ]


def difference(field: ReportedField) -> str:
    """Answer the two values of a field that fits on a line."""
    if field.old is None:
        return f"{field.new} (new)"
    if field.new is None:
        return f"{field.old} (gone)"
    return f"{field.old} → {field.new}"


def renamed(changes: Sequence[ReportedChange]) -> str:
    """Answer in one line which objects have nothing but another name or hash."""
    names = ", ".join(name(change) for change in changes)
    return f"{names}: another name or hash, as the release is another; nothing else"
