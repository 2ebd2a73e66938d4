"""What has to be in the cluster, asked of a real API server as the account that the gate has."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api_server import ApiServer
from conftest import build
from floe_constructs.preflight import ClusterNeeds
from floe_constructs.preflight.cluster import ClusterGate
from floe_deploy.preflight.checks import cluster
from floe_deploy.preflight.finding import Finding
from preflight import only, preflight
from preflight_example import spec

pytestmark = [
    pytest.mark.requirement("FR-015"),
    pytest.mark.tools,
    pytest.mark.slow,
]

SPACE = "gate-cluster"
ACCOUNT = f"system:serviceaccount:{SPACE}:preflight-cluster"
STORAGE = "storageclass.kubernetes.io/is-default-class"


def crd(version: str) -> dict[str, Any]:
    schema = {"openAPIV3Schema": {"type": "object"}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "externalsecrets.external-secrets.example"},
        "spec": {
            "group": "external-secrets.example",
            "names": {"kind": "ExternalSecret", "plural": "externalsecrets"},
            "scope": "Namespaced",
            "versions": [{"name": version, "served": True, "storage": True, "schema": schema}],
        },
    }


def klass(kind: str, group: str, name: str, **said: object) -> dict[str, Any]:
    return {"apiVersion": group, "kind": kind, "metadata": {"name": name}, **said}


@pytest.fixture(scope="module")
def there(plane: ApiServer) -> Iterator[ApiServer]:
    """A cluster in which there is some of what gates ask for."""
    controller = {"controller": "example.com/ingress"}
    brought = [
        crd("v1"),
        klass("StorageClass", "storage.k8s.io/v1", "gp3", provisioner="example.com/none"),
        klass("IngressClass", "networking.k8s.io/v1", "alb", spec=controller),
        klass("PriorityClass", "scheduling.k8s.io/v1", "others", value=1),
    ]
    plane.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}])
    plane.apply(brought)
    yield plane
    for one in brought:
        plane.ask("DELETE", plane.path(one))


@pytest.fixture
def pod(there: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Pod":
    """The pod of the gate, with its account and the rights that were rendered for it."""
    monkeypatch.setattr(cluster, "ACCOUNT", tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(there.port))
    return Pod(there, tmp_path)


class Pod:
    """Where the gate asks from."""

    def __init__(self, plane: ApiServer, folder: Path) -> None:
        self.plane, self.folder = plane, folder

    def apply(self, needs: ClusterNeeds) -> None:
        """Apply what is rendered for what is needed, but for the Job."""
        objects = build(lambda chart: ClusterGate(chart, "cluster", spec(), needs), SPACE)
        self.plane.apply(item for (kind, _), item in objects.items() if kind != "Job")
        (self.folder / "token").write_text(self.plane.token(SPACE, "preflight-cluster"))
        (self.folder / "ca.crt").write_bytes(self.plane.ca.read_bytes())

    def asks(self, needs: ClusterNeeds) -> list[Finding]:
        return preflight({"cluster": needs.model_dump()})


def wanted(**said: Any) -> ClusterNeeds:
    return ClusterNeeds.model_validate(said)


ALL = wanted(
    kinds={"external-secrets.example/v1": ("ExternalSecret",)},
    storage_classes=("gp3",),
    ingress_classes=("alb",),
    priority_classes=("others",),
    kubernetes="1.31",
)


def test_with_the_rights_that_are_rendered_all_is_found(pod: Pod) -> None:
    pod.apply(ALL)
    found = {one.id: one.message for one in pod.asks(ALL) if one.status == "ok"}
    assert found.keys() == {
        "cluster.server",
        "cluster.kinds",
        "cluster.storage-classes",
        "cluster.ingress-classes",
        "cluster.priority-classes",
    }
    assert found["cluster.kinds"] == "knows ExternalSecret"
    assert "v1." in found["cluster.server"]


@pytest.mark.parametrize(
    ("needs", "id"),
    [
        (wanted(storage_classes=("gp2",)), "cluster.storage-classes"),
        (wanted(ingress_classes=("nginx",)), "cluster.ingress-classes"),
        (wanted(priority_classes=("other",)), "cluster.priority-classes"),
        (wanted(default_storage_class=True), "cluster.default-storage-class"),
    ],
)
def test_whatever_has_not_been_rendered_is_refused(pod: Pod, needs: ClusterNeeds, id: str) -> None:
    """Rights are by name: what one release may read, another may not."""
    pod.apply(ALL)
    fault = only(pod.asks(needs), id)
    assert (fault.code, fault.stage, fault.definitive) == ("CLUSTER_FORBIDDEN", "authz", True)
    assert ACCOUNT in fault.message
    assert "ClusterRole" in fault.remediation


def test_an_account_without_rights_is_told_apart_from_one_that_is_not_known(pod: Pod) -> None:
    pod.apply(ALL)
    (pod.folder / "token").write_text("nobody")
    findings = pod.asks(ALL)
    assert only(findings, "cluster.server").code == "CLUSTER_UNAUTHORIZED"
    assert only(findings, "cluster.kinds").code == "SKIPPED"


@pytest.mark.parametrize(
    ("needs", "id", "code", "said"),
    [
        (
            wanted(kinds={"monitoring.example/v1": ("PodMonitor", "PrometheusRule")}),
            "cluster.kinds",
            "CLUSTER_KIND_MISSING",
            "PodMonitor (monitoring.example/v1), PrometheusRule (monitoring.example/v1)",
        ),
        (
            wanted(kinds={"external-secrets.example/v1": ("PushSecret",)}),
            "cluster.kinds",
            "CLUSTER_KIND_MISSING",
            "does not know PushSecret (external-secrets.example/v1)",
        ),
        (
            wanted(kinds={"external-secrets.example/v2": ("ExternalSecret",)}),
            "cluster.kinds",
            "CLUSTER_KIND_VERSION",
            "external-secrets.example as external-secrets.example/v1, not as",
        ),
        (
            wanted(storage_classes=("gp2", "gp3", "io2")),
            "cluster.storage-classes",
            "CLUSTER_CLASS_MISSING",
            "no StorageClass gp2, io2",
        ),
        (
            wanted(ingress_classes=("nginx",)),
            "cluster.ingress-classes",
            "CLUSTER_CLASS_MISSING",
            "no IngressClass nginx",
        ),
        (
            wanted(gateway_classes=("internal",)),
            "cluster.gateway-classes",
            "CLUSTER_CLASS_MISSING",
            "no GatewayClass internal",
        ),
        (
            wanted(priority_classes=("most",)),
            "cluster.priority-classes",
            "CLUSTER_CLASS_MISSING",
            "no PriorityClass most",
        ),
        (
            wanted(default_storage_class=True),
            "cluster.default-storage-class",
            "CLUSTER_NO_DEFAULT_CLASS",
            "none of 1 StorageClasses",
        ),
    ],
)
def test_what_the_cluster_lacks_is_named(
    pod: Pod, needs: ClusterNeeds, id: str, code: str, said: str
) -> None:
    pod.apply(needs)
    fault = only(pod.asks(needs), id)
    assert (fault.code, fault.status) == (code, "error")
    assert said in fault.message
    # What an operator may still be about to bring is asked for again; a version is not.
    assert fault.definitive == (code == "CLUSTER_KIND_VERSION")


def test_a_default_storage_class_is_found_by_its_annotation(pod: Pod) -> None:
    needs = wanted(default_storage_class=True)
    pod.apply(needs)
    own = klass("StorageClass", "storage.k8s.io/v1", "own", provisioner="example.com/none")
    own["metadata"]["annotations"] = {STORAGE: "true"}
    pod.plane.apply([own])
    try:
        found = only(pod.asks(needs), "cluster.default-storage-class")
        assert found.message == "StorageClass own is the default"
    finally:
        pod.plane.ask("DELETE", pod.plane.path(own))


def test_an_older_cluster_than_the_manifests_are_for_is_worth_a_warning(pod: Pod) -> None:
    needs = wanted(kubernetes="1.99")
    pod.apply(needs)
    found = only(pod.asks(needs), "cluster.server")
    assert (found.status, found.code) == ("warning", "CLUSTER_OLDER")
    assert "1.99" in found.message


def test_outside_of_a_pod_it_says_so(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    no_token = only(pod.asks(ALL), "cluster.server")
    assert (no_token.code, no_token.definitive) == ("CLUSTER_NO_ACCOUNT", True)
    assert "token cannot be read" in no_token.message
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST")
    nowhere = only(pod.asks(ALL), "cluster.server")
    assert "KUBERNETES_SERVICE_HOST is not set" in nowhere.message


def test_no_report_tells_the_token(pod: Pod) -> None:
    pod.apply(ALL)
    token = (pod.folder / "token").read_text()
    assert len(token) > 100
    assert token not in str(pod.asks(ALL))
    assert os.environ["KUBERNETES_SERVICE_HOST"] == "127.0.0.1"
