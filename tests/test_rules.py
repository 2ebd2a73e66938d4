"""Rules: objects that break each, and objects that nearly do."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from floe_deploy import linting
from floe_deploy.project import Project
from floe_deploy.rules.catalog import BY_ID, RULES
from floe_deploy.rules.objects import Objects
from floe_deploy.rules.report import findings
from floe_deploy.rules.rule import Severity
from rule_cases import KNOWN, PROD, Change, among, changed, key_of, news, one
from rule_examples import BROKEN, KEPT
from test_dist import ENVIRONMENTS, ROOT, Manifest


def numbered(cases: dict[str, list[tuple[Change, ...]]]) -> list[Any]:
    return [
        pytest.param(rule, changes, id=f"{rule}-{number}")
        for rule, changes_of_it in cases.items()
        for number, changes in enumerate(changes_of_it)
    ]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_environment_breaks_a_rule(environment: str) -> None:
    settings = Project(overlays=ROOT / "overlays", output=ROOT / "dist")
    report = linting.lint(settings.overlays / environment, settings)
    assert report.of(Severity.ERROR) == []


@pytest.mark.parametrize(("rule", "changes"), numbered(BROKEN))
def test_what_breaks_a_rule_is_found_by_it_alone(rule: str, changes: tuple[Change, ...]) -> None:
    assert {found for found, _, _ in news(*changes)} == {rule}


@pytest.mark.parametrize(("rule", "changes"), numbered(KEPT))
def test_what_nearly_breaks_a_rule_breaks_none(rule: str, changes: tuple[Change, ...]) -> None:
    assert rule in BY_ID
    assert news(*changes) == []


@pytest.mark.parametrize("rule", BY_ID)
def test_without_a_rule_something_goes_unnoticed(rule: str) -> None:
    """Every rule has both kinds of cases, and no other rule would do in its place."""
    assert KEPT[rule]
    others = [other for other in RULES if other.id != rule]
    left = findings(among(changed(BROKEN[rule][0])), others)
    assert [key for found in left if (key := key_of(found)) not in KNOWN] == []


def test_an_environment_may_do_without_digests() -> None:
    settings = Project(overlays=ROOT / "overlays", output=ROOT / "dist")
    report = linting.lint(settings.overlays / "staging", settings)
    assert "image-digest" not in {finding.rule.id for finding in report.findings}


KINDS = {"Pod", "DaemonSet", "ReplicaSet", "CronJob", "Job", "StatefulSet"}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_pods_of_every_kind_are_looked_at(kind: str) -> None:
    template = one(PROD, "Deployment/marquez-web")["spec"]["template"]
    root = copy.deepcopy(template)
    root["spec"]["containers"][0]["securityContext"]["privileged"] = True
    first = copy.deepcopy(template)
    first["spec"]["initContainers"] = [root["spec"]["containers"][0] | {"name": "first"}]
    for made in (root, first):
        spec = {"jobTemplate": {"spec": {"template": made}}} if kind == "CronJob" else {}
        spec |= {} if spec else {"template": made}
        body = made if kind == "Pod" else {"spec": spec}
        manifest = {"kind": kind, "metadata": {"name": "web"}} | {
            key: value for key, value in body.items() if key != "metadata"
        }
        told = findings(Objects({"a.yaml": manifest}), [BY_ID["pod-restricted"]])
        assert len(list(told)) == 1


@pytest.mark.requirement("FR-008")
@pytest.mark.requirement("SC-004")
def test_no_finding_shows_a_secret() -> None:
    for changes in (*BROKEN["secret-in-clear"], *BROKEN["secret-look-alike"]):
        assert "hunter2" not in repr(list(findings(among(changed(changes))))).lower()


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=3),
    st.lists(st.none(), max_size=1), st.just([{}]), st.dictionaries(st.text(max_size=2), st.none()),
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items: Any = ()
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
    deeper = [place for key, inner in items for place in places(inner, (*path, key))]
    return [path, *deeper] if path else deeper


@given(st.data())
def test_no_form_of_an_object_makes_a_rule_fail(data: st.DataObject) -> None:
    """What a composition or a hand has written may have anything anywhere."""
    file = data.draw(st.sampled_from(sorted(PROD)))
    manifest: Manifest = copy.deepcopy(PROD[file])
    path = data.draw(st.sampled_from(places(manifest)))
    place: Any = manifest
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = data.draw(JUNK)
    list(findings(among(PROD | {file: manifest})))
