"""What a change of each kind is called, how much it weighs, and what is said to follow from it."""

import copy
import json
from typing import Any, get_args

import pytest

from floe_deploy.diff.fields import ABSENT
from floe_deploy.diff.judging import changes
from floe_deploy.diff.rank import Rank
from floe_deploy.diff.report import RankName, ReportedChange
from floe_deploy.diff.reporting import reported
from floe_deploy.diff.snapshot import Entry, Snapshot

Manifest = dict[str, Any]
GATE = Entry(
    "30-preflight/job-gate.yaml",
    {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "gate-0123456789", "namespace": "data"},
        "spec": {"template": {"spec": {"containers": []}}},
    },
)


def made(api: str, kind: str, **body: Any) -> Manifest:
    metadata = {"name": "it", "namespace": "data"} | body.pop("metadata", {})
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **body}


def pods(**spec: Any) -> Manifest:
    container = {"name": "it", "image": "example.com/it:1", "resources": {"limits": {"cpu": 1}}}
    template = {"metadata": {"annotations": {}}, "spec": {"containers": [container]}}
    return {"template": template, **spec}


DEPLOYMENT = made("apps/v1", "Deployment", spec=pods(replicas=2, selector={"matchLabels": {}}))
STATEFUL = made("apps/v1", "StatefulSet", spec=pods(serviceName="it", replicas=1))
RBAC = "rbac.authorization.k8s.io/v1"
RULE = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}
ROLE = made(RBAC, "Role", rules=[RULE])
ANYTHING = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
WAY = {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"port": 443}]}
POLICY = made(
    "networking.k8s.io/v1",
    "NetworkPolicy",
    spec={"podSelector": {"matchLabels": {"a": "b"}}, "policyTypes": ["Egress"], "egress": [WAY]},
)
DENY = made(
    "networking.k8s.io/v1",
    "NetworkPolicy",
    metadata={"name": "deny"},
    spec={"podSelector": {}, "policyTypes": ["Egress"]},
)
CLAIM = made("v1", "PersistentVolumeClaim", spec={"resources": {"requests": {"storage": "2Gi"}}})
ACCOUNT = made("v1", "ServiceAccount", metadata={"annotations": {}})
CONFIG = made("v1", "ConfigMap", data={"a.yaml": "a: 1\nb: 2\n"})
KEPT = {
    "kustomize.toolkit.fluxcd.io/prune": "disabled",
    "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
}

UNPRUNED = {"kustomize.toolkit.fluxcd.io/prune": "disabled"}


def change(it: Manifest, **paths: Any) -> Manifest:
    """Answer a copy with values at paths, whose parts are parted by two underscores."""
    found = copy.deepcopy(it)
    for path, value in paths.items():
        *way, last = path.split("__")
        at: Any = found
        for part in way:
            at = at[int(part)] if part.isdigit() else at[part]
        if value is ABSENT:
            del at[last]
        else:
            at[last] = value
    return found


def judged(
    old: Manifest | None,
    new: Manifest | None,
    *,
    phase: str = "50-platform",
    before: str = "",
    beside: tuple[Entry, ...] = (GATE,),
) -> ReportedChange:
    """Answer what is reported of one object, beside a gate and others that stay as they are."""
    sides = []
    for it, place in ((old, before or phase), (new, phase)):
        entries = [*beside, *([Entry(f"{place}/it.yaml", it)] if it else [])]
        sides.append(Snapshot(title="it", entries={each.key: each for each in entries}))
    (found,) = changes(*sides)
    return reported(found)


def messages(it: ReportedChange) -> str:
    return "\n".join(note.message for note in it.notes)


CONTAINER = "spec__template__spec__containers__0"
IMAGE = {f"{CONTAINER}__image": "example.com/it:2"}
LIMIT = {f"{CONTAINER}__resources": {"limits": {"cpu": 2}}}
VARIABLE = {f"{CONTAINER}__env": [{"name": "A", "value": "b"}]}
HASHED = {"spec__template__metadata__annotations": {"floe.dev/files": "0123"}}
WIDER = {"rules": [RULE | {"verbs": ["get", "list", "delete"]}]}
ROLE_ARN = {"metadata__annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/a"}}


@pytest.mark.parametrize(
    ("old", "new", "rank", "said"),
    [
        (DEPLOYMENT, change(DEPLOYMENT, spec__selector={"a": "b"}), "immutable", "refused"),
        (STATEFUL, change(STATEFUL, spec__serviceName="b"), "immutable", "--cascade=orphan"),
        (
            CLAIM,
            change(CLAIM, spec__resources__requests__storage="1Gi"),
            "immutable",
            "copy the data",
        ),
        (CLAIM, change(CLAIM, spec__resources__requests__storage="3Gi"), "size", ""),
        (ROLE, change(ROLE, **WIDER), "rbac", "wider: may also delete pods"),
        (change(ROLE, **WIDER), ROLE, "rbac", "narrower: may no longer delete pods"),
        (change(ROLE, rules=[ANYTHING]), ROLE, "rbac", "narrower: may no longer * *"),
        (ACCOUNT, change(ACCOUNT, **ROLE_ARN), "rbac", ""),
        (POLICY, change(POLICY, spec__egress=[]), "network", "closes egress to 10.0.0.0/8 TCP:443"),
        (POLICY, change(POLICY, spec__egress=[WAY, {}]), "network", "opens egress to anything"),
        (POLICY, change(POLICY, spec__policyTypes=["Ingress"]), "network", "no longer restricted"),
        (POLICY, change(POLICY, spec__podSelector={}), "network", "other pods"),
        (DEPLOYMENT, change(DEPLOYMENT, **IMAGE), "image", "its pods are replaced"),
        (DEPLOYMENT, change(DEPLOYMENT, spec__replicas=3), "size", ""),
        (DEPLOYMENT, change(DEPLOYMENT, **LIMIT), "size", "its pods are replaced"),
        (DEPLOYMENT, change(DEPLOYMENT, **VARIABLE), "restart", "its pods are replaced"),
        (DEPLOYMENT, change(DEPLOYMENT, **HASHED), "restart", "its configuration is another"),
        (STATEFUL, change(STATEFUL, **VARIABLE), "restart", "does not answer meanwhile"),
        (CONFIG, change(CONFIG, data={"a.yaml": "a: 1\nb: 3\n"}), "other", ""),
        (None, CONFIG, "added", ""),
        (None, DEPLOYMENT, "added", "example.com/it:1"),
        (None, ROLE, "rbac", "may also get, list pods"),
        (None, POLICY, "network", "opens egress to 10.0.0.0/8"),
        (CONFIG, None, "removed", "old pods may run without it"),
        (CLAIM, None, "removed", "its data goes with it"),
        (change(CLAIM, metadata__annotations=KEPT), None, "removed", "kept: it is protected"),
        (STATEFUL, None, "removed", "its pods end"),
        (ROLE, None, "removed", "narrower: may no longer get, list pods"),
    ],
)
def test_each_change_is_ranked_and_explained(
    old: Manifest | None, new: Manifest | None, rank: str, said: str
) -> None:
    found = judged(old, new)
    assert found.rank == rank
    assert said in messages(found)
    assert not found.before_gate


def test_what_is_in_an_early_phase_takes_effect_before_the_gate() -> None:
    new = change(DENY, spec__policyTypes=["Ingress", "Egress"])
    for phase in ("00-cluster", "10-foundation", "20-services"):
        found = judged(DENY, new, phase=phase)
        assert (found.rank, found.before_gate) == ("before-gate", True)
        assert "even if the gate stays closed" in messages(found)
    gate = judged(CONFIG, change(CONFIG, data={}), phase="30-preflight")
    assert "the gate itself" in messages(gate)
    assert not judged(DENY, new, phase="40-migrate").before_gate
    assert judged(DENY, new, phase="10-foundation", beside=()).rank == "network"


def test_labels_alone_are_no_effect_before_the_gate() -> None:
    new = change(CONFIG, metadata={"name": "it", "namespace": "data", "labels": {"a": "b"}})
    found = judged(CONFIG, new, phase="10-foundation")
    assert (found.rank, found.before_gate) == ("other", True)


def test_what_flux_takes_away_before_the_gate_is_told() -> None:
    found = judged(ACCOUNT, None, phase="10-foundation")
    assert (found.rank, found.before_gate) == ("removed", True)
    assert "Flux deletes it before the gate" in messages(found)
    half = {"argocd.argoproj.io/sync-options": "Prune=false"}
    found = judged(change(ACCOUNT, metadata__annotations=half), None, phase="10-foundation")
    assert "kept by Argo CD" in messages(found)
    assert "deleted by Flux" in messages(found)
    found = judged(change(ACCOUNT, metadata__annotations=UNPRUNED), None, phase="10-foundation")
    assert "kept by Flux" in messages(found)
    assert "before the gate" not in messages(found)


def test_a_policy_that_goes_opens_what_nothing_else_denies() -> None:
    assert "egress of its pods is open" in messages(judged(POLICY, None))
    denied = messages(judged(POLICY, None, beside=(Entry("10-foundation/deny.yaml", DENY),)))
    assert "closes egress to 10.0.0.0/8 TCP:443" in denied
    assert "open" not in denied


def test_an_object_that_changes_its_phase_is_deleted_by_the_first() -> None:
    later = judged(ACCOUNT, ACCOUNT, before="10-foundation", phase="50-platform")
    assert (later.action, later.rank) == ("moved", "removed")
    assert "Flux deletes it in the first" in messages(later)
    kept = change(ACCOUNT, metadata__annotations=UNPRUNED)
    assert "stays in the cluster" in messages(judged(kept, ACCOUNT, before="10-foundation"))
    earlier = judged(ACCOUNT, ACCOUNT, before="50-platform", phase="10-foundation")
    assert "stays in the cluster" in messages(earlier)


def test_a_forced_object_is_replaced_and_loses_what_it_had() -> None:
    forced = change(CLAIM, metadata__annotations={"kustomize.toolkit.fluxcd.io/force": "Enabled"})
    new = change(forced, spec__resources__requests__storage="1Gi")
    said = messages(judged(forced, new))
    assert "replaced: Flux deletes the old one and its data is lost" in said
    assert "refused" not in said


def job(name: str, image: str = "example.com/it:1") -> Manifest:
    once = change(DEPLOYMENT, **{f"{CONTAINER}__image": image})["spec"]["template"]
    return made("batch/v1", "Job", metadata={"name": name}, spec={"template": once})


def test_a_job_by_another_hash_is_the_same_job_and_nothing_is_refused() -> None:
    for phase in ("30-preflight", "40-migrate", "60-verify"):
        renamed = judged(job("a-0123456789"), job("a-9876543210"), phase=phase, beside=())
        assert (renamed.rank, renamed.object.name) == ("name", "a")
    other = judged(job("a-0123456789"), job("a-9876543210", "example.com/it:2"), phase="40-migrate")
    assert (other.action, other.rank) == ("changed", "image")
    kept = judged(job("a-0123456789"), job("a-0123456789", "example.com/it:2"), phase="40-migrate")
    assert kept.rank == "immutable"


def test_in_the_platform_a_name_that_looks_like_a_hash_is_a_name() -> None:
    sides = [
        Snapshot(title="it", entries={entry.key: entry})
        for entry in (Entry("50-platform/a.yaml", job(f"a-{'0' * 9}{at}")) for at in "12")
    ]
    assert {found.action for found in changes(*sides)} == {"added", "removed"}


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        ("a.io/x:1", "a.io/x:2", "tag 1 → 2"),
        ("a.io/x:1", "b.io/x:1", "repository a.io/x → b.io/x"),
        ("a.io/x:1@sha256:aa", "a.io/x:1@sha256:bb", "other content under the same tag"),
        ("a.io/x:1@sha256:aa", "a.io/x:2@sha256:aa", "the content is the same"),
        ("a.io/x:1@sha256:aa", "a.io/x:1", "may change without a commit"),
        ("postgres:17", "docker.io/library/postgres:17", "the same image"),
    ],
)
def test_an_image_is_told_by_what_is_another(old: str, new: str, note: str) -> None:
    found = judged(
        change(DEPLOYMENT, **{f"{CONTAINER}__image": old}),
        change(DEPLOYMENT, **{f"{CONTAINER}__image": new}),
    )
    (field,) = found.fields
    assert (field.rank, field.old, field.new) == ("image", old, new)
    assert note in (field.note or "")


def test_text_is_compared_by_line() -> None:
    long = "".join(f"line {number}\n" for number in range(30))
    new = change(CONFIG, data={"a.txt": long.replace("line 15\n", "line fifteen\n")})
    (field,) = judged(change(CONFIG, data={"a.txt": long}), new).fields
    assert field.lines == ["…", "  line 14", "- line 15", "+ line fifteen", "  line 16", "…"]


def test_json_on_one_line_is_compared_by_field() -> None:
    old = change(CONFIG, data={"a": '{"b": [1, 2], "image": "x:1"}'})
    (field,) = judged(old, change(CONFIG, data={"a": '{"b": [1, 2], "image": "x:2"}'})).fields
    assert (field.path, field.rank) == ("data.a.image", "image")
    (field,) = judged(old, change(CONFIG, data={"a": '{"b":[1,2],"image":"x:1"}'})).fields
    assert field.path == "data.a"


def test_the_image_of_runs_is_found_in_a_variable() -> None:
    said = [json.dumps({"k8s": {"image": f"a.io/x:{at}"}}, indent=2) for at in "12"]
    old, new = (
        change(DEPLOYMENT, **{f"{CONTAINER}__env": [{"name": "CONTEXT", "value": text}]})
        for text in said
    )
    (field,) = judged(old, new).fields
    assert field.path.endswith("env[CONTEXT].value.k8s.image")
    assert (field.rank, field.note) == ("image", "tag 1 → 2")


def test_the_order_is_told_where_it_has_a_meaning() -> None:
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)"}]
    ports = [{"name": "a", "containerPort": 1}, {"name": "b", "containerPort": 2}]
    old = change(DEPLOYMENT, **{f"{CONTAINER}__env": env, f"{CONTAINER}__ports": ports})
    new = change(DEPLOYMENT, **{f"{CONTAINER}__env": env[::-1], f"{CONTAINER}__ports": ports[::-1]})
    (field,) = judged(old, new).fields
    assert field.path == "spec.template.spec.containers[it].env"
    assert field.note == "the order"


def test_a_number_is_told_from_text() -> None:
    old, new = change(CONFIG, data={"a": 1}), change(CONFIG, data={"a": "1"})
    (field,) = judged(old, new).fields
    assert (field.old, field.new) == ("1", '"1"')


def test_the_ranks_of_the_report_are_those_of_the_code() -> None:
    assert get_args(RankName) == tuple(rank.id for rank in Rank)
