"""Two environments differ in what they are, not in what they are called."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from floe_deploy.diff.judging import Change, changes
from floe_deploy.diff.promotion import alike
from floe_deploy.diff.snapshot import Entry, Snapshot

Manifest = dict[str, Any]


def made(kind: str, name: str, namespace: str = "", **body: Any) -> Manifest:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **body}


def environment(namespace: str, *objects: Manifest, phase: str = "50-platform") -> Snapshot:
    space = Entry("00-cluster/namespace.yaml", made("Namespace", namespace))
    entries = [Entry(f"{phase}/{it['metadata']['name']}.yaml", it) for it in objects]
    return Snapshot(title="it", entries={entry.key: entry for entry in (space, *entries)})


def between(sides: Sequence[Snapshot], names: tuple[str, str] = ("dev", "prod")) -> list[Change]:
    """Answer what would change in the second if it were as the first."""
    new, old = alike(sides[0], sides[1], names)
    return changes(old, new)


def config(namespace: str, value: str) -> Manifest:
    return made("ConfigMap", "it", namespace, data={"a": value})


@pytest.mark.parametrize(
    "text",
    [
        "{name}",
        "{space}",
        "trino.{name}.example.com",
        "https://x.example.com/{name}/y",
        "a\nhost: {name}\nspace: {space}\n",
        "{space}-preflight and {name}",
        '{{"namespace": "{space}", "labels": {{"instance": "{name}"}}}}',
    ],
)
def test_names_of_an_environments_own_are_no_difference(text: str) -> None:
    sides = [
        environment(space, config(space, text.format(name=name, space=space)))
        for name, space in (("dev", "data-dev"), ("prod", "data-prod"))
    ]
    assert between(sides) == []
    assert between(sides[::-1], ("prod", "dev")) == []


@pytest.mark.parametrize("spaces", [("data-dev", "data-prod"), ("data", "data")])
def test_what_only_looks_like_a_name_is_left_alone(spaces: tuple[str, str]) -> None:
    text = "mount: /dev/shm\nother: devel\nthird: {}\n"
    source = environment(spaces[0], config(spaces[0], text.format("/dev/null")))
    target = environment(spaces[1], config(spaces[1], text.format("/dev/zero")))
    (change,) = between([source, target])
    ((_, field),) = change.fields
    assert "/dev/null" in field.new
    assert "/prod/" not in field.new


def test_an_object_that_only_the_source_has_gets_the_targets_names() -> None:
    source = environment("data-dev", made("ClusterRole", "data-dev-it", rules=[]))
    (change,) = between([source, environment("data-prod")])
    assert (change.who.name, change.action) == ("data-prod-it", "added")


def test_images_are_compared_as_they_are() -> None:
    sides = [
        environment(
            f"data-{name}", made("Pod", "it", f"data-{name}", spec={"image": f"a/b:{name}"})
        )
        for name in ("dev", "prod")
    ]
    (change,) = between(sides)
    ((_, field),) = change.fields
    assert (field.old, field.new) == ("a/b:prod", "a/b:dev")


def test_hashes_and_encrypted_values_are_no_difference() -> None:
    def side(name: str, digit: str) -> Snapshot:
        space = f"data-{name}"
        return environment(
            space,
            made("Job", f"it-{digit * 10}", space, spec={}),
            made("SealedSecret", "s", space, spec={"encryptedData": {"a": digit}}),
            made(
                "Deployment",
                "d",
                space,
                spec={"template": {"metadata": {"annotations": {"floe.dev/files": digit}}}},
            ),
            phase="40-migrate",
        )

    assert between([side("dev", "1"), side("prod", "2")]) == []


def test_a_job_with_other_content_is_no_refused_change() -> None:
    sides = [
        environment(
            "data",
            made("Job", f"it-{digit * 10}", "data", spec={"template": {"image": digit}}),
            phase="40-migrate",
        )
        for digit in "12"
    ]
    (change,) = between(sides)
    assert change.rank.id == "image"


def test_what_the_environments_decide_otherwise_is_shown() -> None:
    sides = [
        environment(f"data-{name}", config(f"data-{name}", json.dumps({"replicas": count})))
        for name, count in (("dev", 1), ("prod", 3))
    ]
    (change,) = between(sides)
    ((_, field),) = change.fields
    assert (field.old, field.new) == (3, 1)
