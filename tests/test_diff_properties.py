"""A comparison is complete and does not depend on the order of what it is given."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from floe_deploy.diff import lists, markdown, path, redaction
from floe_deploy.diff.fields import ABSENT, Field, Order, canonical, fields, structure
from floe_deploy.diff.frozen import TABLE
from floe_deploy.diff.judging import changes
from floe_deploy.diff.report import Report, ReportedEnvironment
from floe_deploy.diff.reporting import reported
from floe_deploy.diff.snapshot import Entry, Snapshot
from floe_deploy.diff.text import told
from floe_deploy.manifests import identity

Leaf = tuple[tuple[str, ...], str]

KEYS = st.sampled_from(
    ["name", "env", "args", "ports", "rules", "data", "egress", "verbs", "value", "port", "a/b"]
)
TEXTS = st.sampled_from(
    ["", "a", "b", "1", "true", "a\nb\n", "a\nc\n", '{"a": [1]}', '{"a": 2}', "[]"]
)
LEAVES = st.one_of(st.integers(0, 2), st.booleans(), st.none(), st.just(1.0), TEXTS)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.dictionaries(KEYS, inner, max_size=4),
        st.lists(inner, max_size=3),
        st.lists(
            st.fixed_dictionaries({"name": st.sampled_from("abc"), "value": inner}), max_size=3
        ),
    ),
    max_leaves=14,
)
BODIES = st.dictionaries(KEYS, VALUES, max_size=4)


def leaves(value: Any, at: path.Path = ()) -> Iterator[Leaf]:
    """Answer every value in a value with the keys that lead there; a list in order is one."""
    if isinstance(inner := structure(value, of_lines=at[-1:] == ("value",)), dict | list):
        value = inner
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*at, key))
    elif isinstance(value, list):
        if lists.is_ordered(at) and not all(isinstance(each, dict) for each in value):
            yield path.keys(at), canonical(value)
        else:
            for each in value:
                yield from leaves(each, at)
    elif value is not ABSENT and not isinstance(value, Order):
        yield path.keys(at), f"{type(value).__name__} {value!r}"


def changed(found: list[Field], side: str) -> Counter[Leaf]:
    return Counter(leaf for each in found for leaf in leaves(getattr(each, side), each.path))


@given(BODIES, BODIES)
def test_the_old_with_what_is_told_is_the_new(old: Any, new: Any) -> None:
    found = list(fields(old, new))
    before, after = Counter(leaves(old)), Counter(leaves(new))
    gone, come = changed(found, "old"), changed(found, "new")
    assert not gone - before
    before.subtract(gone)
    before.update(come)
    assert +before == after


@given(BODIES)
def test_the_same_is_no_difference(body: Any) -> None:
    assert list(fields(body, json.loads(json.dumps(body)))) == []


@given(BODIES, BODIES)
def test_back_is_the_opposite(old: Any, new: Any) -> None:
    there = Counter((f.path, canonical(f.old), canonical(f.new)) for f in fields(old, new))
    back = Counter((f.path, canonical(f.new), canonical(f.old)) for f in fields(new, old))
    assert there == back


def mixed(value: Any, at: path.Path = ()) -> Any:
    """Answer the same in another order, where order has no meaning."""
    if isinstance(value, dict):
        return {key: mixed(value[key], (*at, key)) for key in reversed(value)}
    if isinstance(value, list):
        inner = [mixed(each, at) for each in value]
        return inner if lists.is_ordered(at) else inner[::-1]
    return value


def snapshot(bodies: list[Any], *, title: str) -> Snapshot:
    entries = [
        Entry(
            f"50-platform/x/{kind.lower()}-{number}.yaml",
            {"apiVersion": "v1", "kind": kind, "metadata": {"name": f"n{number}"}, "spec": body},
        )
        for number, (kind, body) in enumerate(bodies)
    ]
    return Snapshot(title=title, entries={entry.key: entry for entry in entries})


KINDS = st.sampled_from(["Deployment", "NetworkPolicy", "Role", "Secret", "ConfigMap", "Job"])
OBJECTS = st.lists(st.tuples(KINDS, BODIES), max_size=4)


@settings(max_examples=40)
@given(OBJECTS, OBJECTS)
def test_no_order_changes_the_report(old: Any, new: Any) -> None:
    one = changes(snapshot(old, title="a"), snapshot(new, title="b"))
    turned = [
        Snapshot(
            title=it.title,
            entries={
                who: Entry(entry.path, mixed(entry.manifest))
                for who, entry in reversed(list(it.entries.items()))
            },
        )
        for it in (snapshot(old, title="a"), snapshot(new, title="b"))
    ]
    other = changes(*turned)
    assert sorted(map(repr, map(reported, one))) == sorted(map(repr, map(reported, other)))
    assert [change.rank for change in one] == [change.rank for change in other]


@settings(max_examples=40)
@given(OBJECTS, OBJECTS)
def test_every_field_is_in_the_report_of_its_object(old: Any, new: Any) -> None:
    before, after = snapshot(old, title="a"), snapshot(new, title="b")
    found = {change.who: change for change in changes(before, after)}
    for who in before.entries.keys() | after.entries.keys():
        sides = [it.entries[who].manifest if who in it.entries else None for it in (before, after)]
        if sides[0] is None or sides[1] is None:
            assert found[who].action == ("removed" if sides[1] is None else "added")
            continue
        differs = Counter(path.text(field.path) for field in fields(sides[0], sides[1]))
        told = (
            Counter(each.path for each in reported(found[who]).fields)
            if who in found
            else Counter()
        )
        assert told == differs


WORDS = st.sampled_from(
    [
        "spec",
        "template",
        "selector",
        "podSelector",
        "egress",
        "to",
        "policyTypes",
        "rules",
        "verbs",
        "resources",
        "requests",
        "storage",
        "strategy",
        "type",
        "subjects",
        "roleRef",
        "replicas",
        "containers",
        "image",
        "env",
        "name",
        "value",
        "annotations",
        "ports",
        "sops",
        "data",
    ]
)
SHAPES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.dictionaries(WORDS, inner, max_size=5), st.lists(inner, max_size=2)),
    max_leaves=20,
)
HANDMADE = st.dictionaries(WORDS, SHAPES, max_size=5)
ANY_KIND = st.sampled_from(sorted(TABLE)) | st.sampled_from(
    [
        ("networking.k8s.io", "NetworkPolicy"),
        ("rbac.authorization.k8s.io", "Role"),
        ("batch", "CronJob"),
        ("", "Namespace"),
        ("bitnami.com", "SealedSecret"),
    ]
)


@settings(max_examples=150)
@given(ANY_KIND, HANDMADE, st.none() | HANDMADE)
def test_whatever_a_hand_has_written_is_reported_and_is_no_fault(
    kind: tuple[str, str], old: Any, new: Any
) -> None:
    sides = []
    for body in (old, new) if new is not None else (old,):
        head = {"apiVersion": f"{kind[0]}/v1".lstrip("/"), "kind": kind[1]}
        entry = Entry("10-foundation/a.yaml", {**head, "metadata": {"name": "a"}, **body})
        sides.append(Snapshot(title="it", entries={entry.key: entry}))
    before, after = (*sides, Snapshot(title="none", entries={}))[:2]
    for found in (changes(before, after), changes(after, before)):
        made = [reported(change) for change in found]
        environment = ReportedEnvironment(
            environment="prod", old="a", new="b", gated=True, changes=made
        )
        report = Report(differs=bool(made), environments=[environment])
        assert all(each.object.name in markdown.told(report) for each in made)
        assert all(each.file in told(report, width=80, colour=False) for each in made)
    assert len(changes(before, after)) == len(changes(after, before))


@given(BODIES)
def test_what_is_shown_has_as_many_lines_as_there_are(body: Any) -> None:
    who = identity({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}})
    shown = redaction.value(who, (), body)
    assert [*map(str, structure_of(shown))] == [*map(str, structure_of(body))]


def structure_of(value: Any) -> Iterator[Any]:
    """Answer the shape of a value: its keys, and how many lines its texts have."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from structure_of(inner)
    elif isinstance(value, list):
        yield len(value)
        for inner in value:
            yield from structure_of(inner)
    elif isinstance(value, str):
        yield value.count("\n")
