"""Environments of one cluster: nothing of one takes the other's pods, or its names, for its own."""

from collections.abc import Iterator
from functools import cache
from itertools import permutations
from typing import Any

import pytest

from floe_deploy import overlay, wiring
from floe_deploy.explain import asked, origin
from test_dist import ENVIRONMENTS, ROOT
from test_dist import manifests as read

PAIRS = list(permutations(ENVIRONMENTS, 2))
pytestmark = pytest.mark.parametrize(("one", "other"), PAIRS)


manifests = cache(read)


@cache
def run_pods(environment: str) -> list[dict[str, Any]]:
    """Answer the Jobs of runs and of steps, of every code location."""
    wired = wiring.wire(overlay.load(ROOT / "overlays" / environment))
    assert wired.dagster
    found = []
    for location in wired.dagster.code_locations:
        found += [it.job for it in origin.explained(asked.asked(wired, location.name))]
    assert found
    return found


def namespace(environment: str) -> str:
    (name,) = (it["metadata"]["name"] for it in manifests(environment) if it["kind"] == "Namespace")
    return str(name)


def selectors(value: Any) -> Iterator[dict[str, str]]:
    """Answer everything that picks pods by their labels, wherever it stands in an object."""
    if isinstance(value, dict):
        for key, inner in value.items():
            of_service = key == "selector" and all(isinstance(it, str) for it in inner.values())
            if key == "matchLabels" or of_service:
                yield inner
            else:
                yield from selectors(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from selectors(inner)


def picking(environment: str, job: dict[str, Any]) -> list[str]:
    """Answer the objects that pick the pods of a Job; not by an empty selector, which picks all.

    Namespaces are left out of it: two installations in one would be no reason to mix.
    """
    pod = job["spec"]["template"]["metadata"]["labels"].items()
    return [
        f"{found['kind']}/{found['metadata']['name']}"
        for found in manifests(environment)
        for labels in selectors(found.get("spec", {}))
        if labels and labels.items() <= pod
    ]


def test_pods_of_runs_are_picked_by_their_own_installation_alone(one: str, other: str) -> None:
    """Dagster's own labels are the same in all of them."""
    for job in run_pods(one):
        assert "NetworkPolicy/dagster-run" in picking(one, job)
        assert picking(other, job) == []


def test_a_run_is_launched_where_its_installation_is(one: str, other: str) -> None:
    daemons = [
        found["metadata"]["namespace"]
        for found in manifests(one)
        if found["kind"] == "RoleBinding" and found["metadata"]["name"] == "dagster-daemon"
    ]
    assert daemons == [namespace(one)] != [namespace(other)]
    for job in run_pods(one):
        assert job["metadata"]["namespace"] == namespace(one)


def test_runs_have_the_priority_of_their_own_installation(one: str, other: str) -> None:
    theirs = {it["metadata"]["name"] for it in manifests(other) if it["kind"] == "PriorityClass"}
    for job in run_pods(one):
        assert job["spec"]["template"]["spec"].get("priorityClassName") not in theirs


def test_what_has_no_namespace_has_a_name_of_its_own(one: str, other: str) -> None:
    def names(environment: str) -> set[tuple[str, str]]:
        return {
            (found["kind"], found["metadata"]["name"])
            for found in manifests(environment)
            if "namespace" not in found["metadata"]
        }

    assert names(one)
    assert names(one) & names(other) == set()


def test_no_policy_lets_another_installation_in(one: str, other: str) -> None:
    for found in manifests(one):
        if found["kind"] == "NetworkPolicy":
            for labels in selectors(found["spec"]):
                assert labels.get("kubernetes.io/metadata.name") != namespace(other)
