"""What has changed between two snapshots, and how much each change weighs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from floe_constructs.kubernetes.phase import Phase
from floe_deploy.diff import field_rank, immutable, network, pruning, redaction, rights, rollout
from floe_deploy.diff.fields import Field, fields
from floe_deploy.diff.rank import Rank
from floe_deploy.diff.snapshot import DELIVERY, Entry, Snapshot
from floe_deploy.images import named
from floe_deploy.manifests import Identity

_EARLY = frozenset({Phase.CLUSTER, Phase.FOUNDATION, Phase.SERVICES, Phase.PREFLIGHT})


class Action(StrEnum):
    """What has happened to an object."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True)
class Note:
    """What follows from a change."""

    rank: Rank
    text: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """An object that is not the same, and what follows."""

    who: Identity
    action: Action
    entry: Entry
    """As it is now; as it was where it is gone."""

    old: Entry | None
    fields: tuple[tuple[Rank, Field], ...]
    notes: tuple[Note, ...]
    before_gate: bool
    """Whether it takes effect whatever the gate says."""

    @property
    def rank(self) -> Rank:
        """The weightiest of all that is in it."""
        least = {Action.ADDED: Rank.ADDED, Action.REMOVED: Rank.REMOVED}.get(self.action)
        ranks = [rank for rank, _ in self.fields] + [note.rank for note in self.notes]
        return min([*ranks, *([] if least is None else [least])], default=Rank.OTHER)


def changes(old: Snapshot, new: Snapshot) -> list[Change]:
    """Answer what differs, the weightiest first, then in the order of application."""
    denied = network.denied(new)
    found = [
        change
        for who in old.entries.keys() | new.entries.keys()
        if (change := _change(who, old, new, denied))
    ]
    return sorted(found, key=lambda change: (change.rank, change.entry.path, change.who))


def _change(who: Identity, old: Snapshot, new: Snapshot, denied: network.Denied) -> Change | None:
    before, after = old.entries.get(who), new.entries.get(who)
    entry = after or before
    assert entry is not None  # noqa: S101  one of them has it
    weighed: tuple[tuple[Rank, Field], ...] = ()
    if after is None:
        action, notes = Action.REMOVED, list(_removed(entry, denied, gated=new.is_gated))
    elif before is None:
        action, notes = Action.ADDED, list(_added(entry))
    else:
        weighed = tuple(_weighed(before, after))
        if not weighed and before.phase == after.phase:
            return None
        action = Action.CHANGED if before.phase == after.phase else Action.MOVED
        notes = list(_changed(before, after, weighed))
    early = entry.phase == DELIVERY or (new.is_gated and entry.phase in _EARLY)
    weighty = action is not Action.CHANGED or any(rank < Rank.NAME for rank, _ in weighed)
    if early and action is Action.CHANGED and any(_has_effect(each) for each in weighed):
        notes.append(Note(Rank.BEFORE_GATE, _why_early(entry.phase)))
    return Change(
        who=who,
        action=action,
        entry=entry,
        old=before if after else None,
        fields=weighed,
        notes=tuple(notes),
        before_gate=early and weighty,
    )


def _weighed(before: Entry, after: Entry) -> Iterator[tuple[Rank, Field]]:
    who = after.key
    found = list(fields(before.manifest, after.manifest))
    if any(redaction.is_encrypted(who, field.path) for field in found) and who.kind == "Secret":
        found = [field for field in found if field.path[0] not in {"sops", "data", "stringData"}]
        found.append(Field(("sops",), before.manifest.get("sops"), after.manifest.get("sops")))
    ranked = [
        (field_rank.rank(who, before.manifest, after.manifest, field), field) for field in found
    ]
    yield from sorted(ranked, key=lambda each: each[0])


def _has_effect(weighed: tuple[Rank, Field]) -> bool:
    rank, field = weighed
    return rank < Rank.NAME and (field.path[0] != "metadata" or rank < Rank.OTHER)


def _why_early(phase: str) -> str:
    if phase == Phase.PREFLIGHT:
        return "the gate itself: this release is asked about so"
    if phase == DELIVERY:
        return "how a controller applies this environment: it counts as soon as it is applied"
    return "applied before the gate: what runs now gets it even if the gate stays closed"


def _added(entry: Entry) -> Iterator[Note]:
    manifest = entry.manifest
    if entry.key.kind in rights.KINDS:
        yield from (Note(Rank.RBAC, text) for text in rights.told({}, manifest))
    if entry.key.kind == "NetworkPolicy":
        yield from (Note(Rank.NETWORK, text) for text in network.told({}, manifest))
    images = sorted(set(named(manifest)))
    if images:
        yield Note(Rank.ADDED, f"image {', '.join(images)}")


def _removed(entry: Entry, denied: network.Denied, *, gated: bool) -> Iterator[Note]:
    yield from (Note(Rank.REMOVED, text) for text in pruning.told(entry, gated=gated))
    if entry.key.kind in rights.KINDS:
        yield from (Note(Rank.RBAC, text) for text in rights.told(entry.manifest, {}))
    if entry.key.kind == "NetworkPolicy":
        told = network.told_of_removal(entry, denied)
        yield from (Note(Rank.NETWORK, text) for text in told)


def _changed(before: Entry, after: Entry, weighed: Sequence[tuple[Rank, Field]]) -> Iterator[Note]:
    who = after.key
    if any(rank is Rank.IMMUTABLE for rank, _ in weighed):
        for text in immutable.told(who, after.manifest):
            yield Note(Rank.IMMUTABLE, text)
    if before.phase != after.phase:
        yield Note(Rank.REMOVED, _moved(before, after))
    if who.kind in rights.KINDS:
        told = rights.told(before.manifest, after.manifest)
        yield from (Note(Rank.RBAC, text) for text in told)
    if who.kind == "NetworkPolicy":
        told = network.told(before.manifest, after.manifest)
        yield from (Note(Rank.NETWORK, text) for text in told)
    for text in rollout.told(who, after.manifest, [field for _, field in weighed]):
        yield Note(Rank.RESTART, text)


def _moved(before: Entry, after: Entry) -> str:
    moved = f"moves from {before.phase} to {after.phase}"
    if before.phase > after.phase or pruning.FLUX in pruning.protected(before):
        return f"{moved}, and stays in the cluster"
    return f"{moved}: Flux deletes it in the first and makes it again in the second"
