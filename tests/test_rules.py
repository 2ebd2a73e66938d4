"""Rules: an object that breaks each, and one that nearly does."""

import copy
from typing import Any

import pytest

from encryption import sops_value
from floe_deploy.errors import InputError
from floe_deploy.manifests import Manifest
from floe_deploy.rules import RULES, enforce

POD: dict[str, Any] = {
    "securityContext": {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "containers": [
        {
            "name": "main",
            "image": "a/b:1",
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            },
            "resources": {
                "requests": {"cpu": "1", "memory": "1Gi"},
                "limits": {"memory": "1Gi"},
            },
        }
    ],
    "volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "a", "configMap": {"name": "x"}}],
}


def workload(kind: str, pod: dict[str, Any]) -> Manifest:
    metadata = {"name": "web", "namespace": "data"}
    if kind == "Pod":
        return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": pod}
    template = {"template": {"metadata": {}, "spec": pod}}
    if kind == "CronJob":
        template = {"jobTemplate": {"spec": template}}
    api = "batch/v1" if kind in {"Job", "CronJob"} else "apps/v1"
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": template}


def changed(path: str, value: Any) -> dict[str, Any]:
    """Answer the good pod with one value changed; `None` removes it."""
    pod = copy.deepcopy(POD)
    *above, last = path.split(".")
    place: Any = pod
    for step in above:
        place = place[int(step)] if step.isdigit() else place.setdefault(step, {})
    if value is None:
        del place[last]
    else:
        place[last] = value
    return pod


def findings(manifest: Manifest) -> list[str]:
    return [finding.found for rule in RULES for finding in rule(manifest)]


KINDS = ["Pod", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_restricted_pod_breaks_no_rule(kind: str) -> None:
    assert findings(workload(kind, POD)) == []


CONTAINER = "containers.0.securityContext"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        ("securityContext.seccompProfile.type", "Unconfined", "seccomp"),
        ("securityContext.runAsNonRoot", None, "may run as root"),
        ("securityContext.runAsUser", 0, "may run as root"),
        ("securityContext.runAsUser", None, "may run as root"),
        ("hostNetwork", True, "hostNetwork"),
        ("hostPID", True, "hostPID"),
        ("hostIPC", True, "hostIPC"),
        ("volumes", [{"name": "root", "hostPath": {"path": "/"}}], "hostPath"),
        (f"{CONTAINER}.allowPrivilegeEscalation", None, "gain privileges"),
        (f"{CONTAINER}.privileged", True, "gain privileges"),
        (f"{CONTAINER}.capabilities.drop", ["NET_RAW"], "capabilities"),
        (f"{CONTAINER}.capabilities.add", ["SYS_ADMIN"], "capabilities"),
        (f"{CONTAINER}.runAsNonRoot", False, "runs as root"),
        (f"{CONTAINER}.runAsUser", 0, "runs as root"),
        (f"{CONTAINER}.readOnlyRootFilesystem", None, "write to its root"),
        ("containers.0.resources.requests.cpu", None, "requests.cpu"),
        ("containers.0.resources.requests.memory", None, "requests.memory"),
        ("containers.0.resources.limits.memory", None, "limits.memory"),
    ],
)
def test_a_pod_with_one_right_too_many_breaks_one_rule(
    kind: str, path: str, value: Any, found: str
) -> None:
    (said,) = findings(workload(kind, changed(path, value)))
    assert found in said


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("hostNetwork", False),
        (f"{CONTAINER}.privileged", False),
        (f"{CONTAINER}.runAsUser", 1000),
        ("volumes", [{"name": "s", "secret": {"secretName": "x"}}]),
        ("containers.0.resources.limits.cpu", "1"),
    ],
)
def test_a_pod_that_nearly_breaks_a_rule_breaks_none(path: str, value: Any) -> None:
    assert findings(workload("Deployment", changed(path, value))) == []


def test_init_containers_are_looked_at_too() -> None:
    root = copy.deepcopy(POD["containers"][0]) | {"name": "first"}
    root["securityContext"]["runAsUser"] = 0
    (said,) = findings(workload("Job", POD | {"initContainers": [root]}))
    assert "container first runs as root" in said


def secret(**parts: Any) -> Manifest:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}} | parts


@pytest.mark.requirement("FR-008")
@pytest.mark.requirement("SC-004")
@pytest.mark.parametrize("field", ["data", "stringData"])
def test_a_secret_in_clear_is_refused_and_its_value_not_shown(field: str) -> None:
    manifest = secret(**{field: {"password": "hunter2"}})
    with pytest.raises(InputError) as failure:
        enforce("prod", {"10-foundation/secret-db.yaml": manifest})
    assert "10-foundation/secret-db.yaml" in str(failure.value)
    assert "hunter2" not in str(failure.value)


def test_a_secret_is_not_encrypted_because_it_says_so() -> None:
    (found,) = findings(secret(data={"a": sops_value(), "b": "hunter2"}, sops={"mac": "x"}))
    assert "with 1 keys in clear" in found


def test_a_secret_without_values_breaks_no_rule() -> None:
    assert findings(secret()) == []
    assert findings(secret(data={"a": sops_value()}, sops={"mac": sops_value()})) == []
    sealed = secret(kind="SealedSecret", apiVersion="bitnami.com/v1alpha1", data={"a": "x"})
    assert findings(sealed) == []


RIGHT = [("Service", "a-1"), ("ConfigMap", "a.b"), ("ClusterRole", "system:Node")]
WRONG = [
    *[("Service", name) for name in ("a.b", "A", "a" * 64)],
    *[("ConfigMap", name) for name in ("a_b", "-a", ".".join(["a" * 63] * 4))],
]


@pytest.mark.parametrize(("kind", "name"), RIGHT + WRONG)
def test_names_are_what_the_api_server_takes(kind: str, name: str) -> None:
    manifest = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}}
    assert len(findings(manifest)) == ((kind, name) in WRONG)


@pytest.mark.parametrize(
    ("value", "count"),
    [("", 0), ("a.B_c-1", 0), ("a" * 63, 0), ("a" * 64, 1), ("-a", 1), ("a/b", 1), ("../x", 1)],
)
def test_labels_hold_what_the_api_server_takes(value: str, count: int) -> None:
    metadata = {"name": "a", "labels": {"app.kubernetes.io/name": value}}
    assert len(findings({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})) == count


def test_all_that_is_wrong_is_told_at_once() -> None:
    objects = {
        "a.yaml": workload("Pod", changed("hostNetwork", value=True)),
        "b.yaml": secret(data={"x": "y"}),
    }
    with pytest.raises(InputError, match=r"(?s)a\.yaml: .*hostNetwork.*b\.yaml: "):
        enforce("prod", objects)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_finds_something_in_a_bad_world(rule: Any) -> None:
    bad = [
        workload("Pod", {"containers": [{"name": "x"}]}),
        secret(data={"x": "y"}),
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "A", "labels": {"a": "b c"}}},
    ]
    assert any(list(rule(manifest)) for manifest in bad)
