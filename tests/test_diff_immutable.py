"""What `floe diff` calls immutable is what a real API server refuses, field by field."""

import copy
import time
from collections.abc import Iterator
from typing import Any

import pytest

from api_server import ApiServer, RefusedError
from floe_deploy.diff import field_rank
from floe_deploy.diff.fields import ABSENT, fields
from floe_deploy.diff.rank import Rank
from floe_deploy.manifests import identity

pytestmark = [pytest.mark.tools, pytest.mark.slow]

Manifest = dict[str, Any]
SPACE = "frozen"
LABELS = {"app": "it"}
OTHER = {"app": "it", "tier": "other"}
POD: Manifest = {
    "metadata": {"labels": OTHER},
    "spec": {
        "containers": [{"name": "it", "image": "example.com/it:1"}],
        "restartPolicy": "Always",
    },
}
ONCE = {"metadata": {"labels": OTHER}, "spec": POD["spec"] | {"restartPolicy": "Never"}}
EVERY_HOUR = {"spec": {"template": ONCE}}
CLAIM = {
    "accessModes": ["ReadWriteOnce"],
    "resources": {"requests": {"storage": "1Gi"}},
    "storageClassName": "growing",
}
RULE = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
BINDING = {
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "one"},
    "subjects": [{"kind": "ServiceAccount", "name": "one", "namespace": SPACE}],
}
CLUSTER_ROLE = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "one"}
CLUSTER_BINDING = BINDING | {"roleRef": CLUSTER_ROLE}
SECOND = {"kind": "ServiceAccount", "name": "two", "namespace": SPACE}
SELECTOR = {"matchLabels": LABELS}
PORT = {"name": "http", "port": 80, "protocol": "TCP", "targetPort": 80}
INDEXED = {"completionMode": "Indexed", "completions": 2, "parallelism": 2}
RULES = {"rules": [{"action": "FailJob", "onExitCodes": {"operator": "In", "values": [78]}}]}
SUCCESS = {"rules": [{"succeededCount": 1}]}


def made(api: str, kind: str, name: str, **body: Any) -> Manifest:
    alone = {"ClusterRole", "ClusterRoleBinding", "IngressClass", "Namespace", "PersistentVolume"}
    alone |= {"PriorityClass", "RuntimeClass", "StorageClass"}
    space = {} if kind in alone else {"namespace": SPACE}
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": name, **space, "labels": {}, "annotations": {}},
        **body,
    }


RBAC = "rbac.authorization.k8s.io/v1"
STORE = "storage.k8s.io/v1"
VOLUME = {
    "accessModes": ["ReadWriteOnce"],
    "capacity": {"storage": "1Gi"},
    "hostPath": {"path": "/one"},
    "storageClassName": "growing",
}
STATEFUL = {
    "replicas": 0,
    "selector": SELECTOR,
    "serviceName": "it",
    "template": POD,
    "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": CLAIM}],
}
HALF_OF_IT = {"name": "memory", "target": {"type": "Utilization", "averageUtilization": 50}}
MEMORY = {"type": "Resource", "resource": HALF_OF_IT}

WORKLOAD = {"replicas": 0, "selector": SELECTOR, "template": POD}
ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
HALF = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}
PARTS = {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}

OBJECTS: dict[str, Manifest] = {
    f"{it['kind']}/{it['metadata']['name']}": it
    for it in (
        made(STORE, "StorageClass", "growing", provisioner="a", allowVolumeExpansion=True),
        made("v1", "PersistentVolume", "volume", spec=VOLUME),
        made("v1", "PersistentVolumeClaim", "bound", spec=CLAIM),
        made(
            "apps/v1",
            "Deployment",
            "it",
            spec={"replicas": 0, "selector": SELECTOR, "template": POD},
        ),
        made("apps/v1", "Deployment", "rolling", spec=WORKLOAD | {"strategy": ROLLING}),
        made("apps/v1", "Deployment", "half", spec=WORKLOAD | {"strategy": HALF}),
        made("apps/v1", "StatefulSet", "rolling", spec=STATEFUL | {"updateStrategy": PARTS}),
        made("apps/v1", "DaemonSet", "it", spec={"selector": SELECTOR, "template": POD}),
        made(
            "apps/v1",
            "ReplicaSet",
            "it",
            spec={"replicas": 0, "selector": SELECTOR, "template": POD},
        ),
        made("apps/v1", "StatefulSet", "it", spec=STATEFUL),
        made("batch/v1", "Job", "it", spec={"parallelism": 0, "template": ONCE}),
        made("batch/v1", "Job", "indexed", spec={"template": ONCE, **INDEXED}),
        made(
            "batch/v1", "CronJob", "it", spec={"schedule": "0 * * * *", "jobTemplate": EVERY_HOUR}
        ),
        made("v1", "Service", "it", spec={"ports": [PORT], "selector": LABELS}),
        made("v1", "Service", "headless", spec={"clusterIP": "None", "ports": [PORT]}),
        made(
            "v1",
            "Service",
            "balanced",
            spec={"type": "LoadBalancer", "loadBalancerClass": "a.example/b", "ports": [PORT]},
        ),
        made("v1", "ConfigMap", "it", data={"a": "1"}),
        made("v1", "ConfigMap", "fixed", data={"a": "1"}, immutable=True),
        made("v1", "Secret", "it", stringData={"a": "1"}, type="Opaque"),
        made("v1", "Secret", "fixed", data={"a": "MQ=="}, immutable=True),
        made("v1", "ServiceAccount", "it", automountServiceAccountToken=False),
        made("v1", "ResourceQuota", "it", spec={"hard": {"pods": "5"}, "scopes": ["BestEffort"]}),
        made("v1", "LimitRange", "it", spec={"limits": [{"type": "Pod", "max": {"cpu": "4"}}]}),
        made(RBAC, "Role", "it", rules=[RULE]),
        made(RBAC, "RoleBinding", "it", **BINDING),
        made(RBAC, "ClusterRole", "frozen-it", rules=[RULE]),
        made(RBAC, "ClusterRoleBinding", "frozen-it", **CLUSTER_BINDING),
        made(STORE, "StorageClass", "it", provisioner="a", parameters={"a": "1"}),
        made("scheduling.k8s.io/v1", "PriorityClass", "frozen-it", value=10),
        made("networking.k8s.io/v1", "IngressClass", "it", spec={"controller": "a.example/b"}),
        made(
            "networking.k8s.io/v1",
            "Ingress",
            "it",
            spec={"ingressClassName": "it", "rules": [{"host": "a.b"}]},
        ),
        made(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            "it",
            spec={"podSelector": SELECTOR, "policyTypes": ["Ingress"]},
        ),
        made(
            "policy/v1", "PodDisruptionBudget", "it", spec={"minAvailable": 1, "selector": SELECTOR}
        ),
        made(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            "it",
            spec={
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "it"},
                "maxReplicas": 3,
                "minReplicas": 1,
            },
        ),
        made("node.k8s.io/v1", "RuntimeClass", "it", handler="a"),
    )
}

BALANCER = {"type": "ClusterIP", "loadBalancerClass": ABSENT}
CHANGES: tuple[tuple[str, str, Any], ...] = (
    ("Deployment/rolling", "spec.strategy", {"type": "Recreate"}),
    ("Deployment/half", "spec.strategy", {"type": "Recreate"}),
    ("Deployment/half", "spec.strategy.rollingUpdate.maxSurge", 2),
    ("StatefulSet/rolling", "spec.updateStrategy", {"type": "OnDelete"}),
    ("Deployment/it", "spec.selector.matchLabels", OTHER),
    ("Deployment/it", "spec.selector.matchLabels.tier", "other"),
    ("Deployment/it", "spec.replicas", 1),
    ("Deployment/it", "spec.template.spec.containers.0.image", "example.com/it:2"),
    ("Deployment/it", "spec.template.metadata.labels.more", "a"),
    ("Deployment/it", "spec.strategy", {"type": "Recreate"}),
    ("Deployment/it", "spec.minReadySeconds", 5),
    ("Deployment/it", "spec.revisionHistoryLimit", 1),
    ("Deployment/it", "spec.progressDeadlineSeconds", 900),
    ("Deployment/it", "spec.paused", True),
    ("Deployment/it", "metadata.labels.a", "b"),
    ("DaemonSet/it", "spec.selector.matchLabels.tier", "other"),
    ("DaemonSet/it", "spec.updateStrategy", {"type": "OnDelete"}),
    ("DaemonSet/it", "spec.template.spec.priorityClassName", "system-node-critical"),
    ("DaemonSet/it", "spec.template.spec.containers.0.image", "example.com/it:2"),
    ("ReplicaSet/it", "spec.selector.matchLabels.tier", "other"),
    ("ReplicaSet/it", "spec.replicas", 1),
    ("StatefulSet/it", "spec.selector.matchLabels.tier", "other"),
    ("StatefulSet/it", "spec.serviceName", "other"),
    ("StatefulSet/it", "spec.podManagementPolicy", "Parallel"),
    ("StatefulSet/it", "spec.podManagementPolicy", "OrderedReady"),
    ("StatefulSet/it", "spec.volumeClaimTemplates", ABSENT),
    ("StatefulSet/it", "spec.volumeClaimTemplates.0.spec.storageClassName", "other"),
    ("StatefulSet/it", "spec.volumeClaimTemplates.0.spec.resources.requests.storage", "2Gi"),
    ("StatefulSet/it", "spec.volumeClaimTemplates.0.spec.accessModes", ["ReadWriteMany"]),
    ("StatefulSet/it", "spec.volumeClaimTemplates.0.metadata.labels", {"a": "b"}),
    ("StatefulSet/it", "spec.volumeClaimTemplates.0.metadata.name", "other"),
    ("StatefulSet/it", "spec.replicas", 1),
    ("StatefulSet/it", "spec.template.spec.containers.0.image", "example.com/it:2"),
    ("StatefulSet/it", "spec.updateStrategy", {"type": "OnDelete"}),
    ("StatefulSet/it", "spec.revisionHistoryLimit", 3),
    ("StatefulSet/it", "spec.minReadySeconds", 3),
    ("StatefulSet/it", "spec.ordinals", {"start": 1}),
    (
        "StatefulSet/it",
        "spec.persistentVolumeClaimRetentionPolicy",
        {"whenDeleted": "Delete", "whenScaled": "Retain"},
    ),
    ("Job/it", "spec.template.spec.containers.0.image", "example.com/it:2"),
    ("Job/it", "spec.template.metadata.annotations", {"a": "b"}),
    ("Job/it", "spec.template.spec.activeDeadlineSeconds", 5),
    ("Job/it", "spec.completions", 2),
    ("Job/it", "spec.completionMode", "NonIndexed"),
    ("Job/it", "spec.podFailurePolicy", RULES),
    ("Job/it", "spec.parallelism", 1),
    ("Job/it", "spec.backoffLimit", 1),
    ("Job/it", "spec.activeDeadlineSeconds", 60),
    ("Job/it", "spec.ttlSecondsAfterFinished", 60),
    ("Job/it", "spec.suspend", True),
    ("Job/it", "spec.podReplacementPolicy", "Failed"),
    ("Job/it", "metadata.annotations.a", "b"),
    ("Job/it", "spec.managedBy", "example.com/other"),
    ("Job/indexed", "spec.completionMode", "NonIndexed"),
    ("Job/indexed", "spec.completions", 3),
    ("Job/indexed", "", {"spec.completions": 3, "spec.parallelism": 3}),
    ("Job/indexed", "spec.backoffLimitPerIndex", 1),
    ("Job/indexed", "spec.successPolicy", SUCCESS),
    ("CronJob/it", "spec.schedule", "5 * * * *"),
    ("CronJob/it", "spec.timeZone", "Etc/UTC"),
    ("CronJob/it", "spec.concurrencyPolicy", "Forbid"),
    ("CronJob/it", "spec.suspend", True),
    ("CronJob/it", "spec.jobTemplate.spec.template.spec.containers.0.image", "a/b:2"),
    ("CronJob/it", "spec.jobTemplate.spec.completions", 2),
    ("PersistentVolumeClaim/bound", "spec.resources.requests.storage", "2Gi"),
    ("PersistentVolumeClaim/bound", "spec.resources.requests.storage", "1024Mi"),
    ("PersistentVolumeClaim/bound", "spec.resources.requests.storage", "500Mi"),
    ("PersistentVolumeClaim/bound", "spec.storageClassName", "other"),
    ("PersistentVolumeClaim/bound", "spec.accessModes", ["ReadWriteMany"]),
    ("PersistentVolumeClaim/bound", "spec.volumeMode", "Block"),
    ("PersistentVolumeClaim/bound", "spec.volumeMode", "Filesystem"),
    ("PersistentVolumeClaim/bound", "spec.selector", SELECTOR),
    ("PersistentVolumeClaim/bound", "spec.resources.limits", {"storage": "9Gi"}),
    ("PersistentVolumeClaim/bound", "metadata.labels.a", "b"),
    ("PersistentVolume/volume", "spec.hostPath.path", "/two"),
    ("PersistentVolume/volume", "spec.volumeMode", "Block"),
    ("PersistentVolume/volume", "spec.capacity.storage", "2Gi"),
    ("PersistentVolume/volume", "spec.persistentVolumeReclaimPolicy", "Delete"),
    ("PersistentVolume/volume", "spec.mountOptions", ["ro"]),
    ("Service/it", "spec.clusterIP", "None"),
    ("Service/it", "spec.type", "LoadBalancer"),
    ("Service/it", "spec.type", "NodePort"),
    ("Service/it", "spec.ports.0.port", 81),
    ("Service/it", "spec.ports.0.targetPort", 81),
    ("Service/it", "spec.selector.tier", "other"),
    ("Service/it", "spec.sessionAffinity", "ClientIP"),
    ("Service/it", "spec.publishNotReadyAddresses", True),
    ("Service/it", "spec.internalTrafficPolicy", "Local"),
    ("Service/headless", "spec.clusterIP", "10.0.77.77"),
    ("Service/headless", "spec.clusterIP", ABSENT),
    (
        "Service/headless",
        "",
        {"spec.type": "ExternalName", "spec.externalName": "a.b", "spec.clusterIP": ABSENT},
    ),
    ("Service/balanced", "spec.loadBalancerClass", "a.example/c"),
    ("Service/balanced", "spec.loadBalancerClass", ABSENT),
    ("Service/balanced", "", {"spec.type": "ClusterIP", "spec.loadBalancerClass": ABSENT}),
    ("Service/balanced", "spec.loadBalancerSourceRanges", ["10.0.0.0/8"]),
    ("ConfigMap/it", "data.a", "2"),
    ("ConfigMap/it", "immutable", True),
    ("ConfigMap/fixed", "data.a", "2"),
    ("ConfigMap/fixed", "data.b", "2"),
    ("ConfigMap/fixed", "binaryData", {"c": "MQ=="}),
    ("ConfigMap/fixed", "immutable", False),
    ("ConfigMap/fixed", "immutable", ABSENT),
    ("ConfigMap/fixed", "metadata.labels.a", "b"),
    ("Secret/it", "stringData.a", "2"),
    ("Secret/it", "type", "example.com/other"),
    ("Secret/it", "immutable", True),
    ("Secret/fixed", "data.a", "Mg=="),
    ("Secret/fixed", "immutable", ABSENT),
    ("Secret/fixed", "type", "Opaque"),
    ("ServiceAccount/it", "automountServiceAccountToken", True),
    ("ServiceAccount/it", "imagePullSecrets", [{"name": "a"}]),
    ("ResourceQuota/it", "spec.hard.pods", "6"),
    ("ResourceQuota/it", "spec.scopes", ["NotTerminating"]),
    ("LimitRange/it", "spec.limits.0.max.cpu", "5"),
    ("Role/it", "rules.0.verbs", ["get", "list"]),
    ("RoleBinding/it", "roleRef.name", "two"),
    ("RoleBinding/it", "roleRef.kind", "ClusterRole"),
    ("RoleBinding/it", "subjects", [SECOND]),
    ("ClusterRole/frozen-it", "rules.0.resources", ["nodes"]),
    ("ClusterRoleBinding/frozen-it", "roleRef.name", "two"),
    ("ClusterRoleBinding/frozen-it", "subjects", [SECOND]),
    ("StorageClass/it", "provisioner", "b"),
    ("StorageClass/it", "parameters.a", "2"),
    ("StorageClass/it", "parameters", ABSENT),
    ("StorageClass/it", "reclaimPolicy", "Retain"),
    ("StorageClass/it", "reclaimPolicy", "Delete"),
    ("StorageClass/it", "volumeBindingMode", "WaitForFirstConsumer"),
    ("StorageClass/it", "volumeBindingMode", "Immediate"),
    ("StorageClass/it", "allowVolumeExpansion", True),
    ("StorageClass/it", "mountOptions", ["ro"]),
    ("PriorityClass/frozen-it", "value", 11),
    ("PriorityClass/frozen-it", "preemptionPolicy", "Never"),
    ("PriorityClass/frozen-it", "preemptionPolicy", "PreemptLowerPriority"),
    ("PriorityClass/frozen-it", "description", "a"),
    ("IngressClass/it", "spec.controller", "a.example/c"),
    ("Ingress/it", "spec.rules.0.host", "c.d"),
    ("Ingress/it", "spec.ingressClassName", "other"),
    ("NetworkPolicy/it", "spec.podSelector", {}),
    ("NetworkPolicy/it", "spec.policyTypes", ["Ingress", "Egress"]),
    ("NetworkPolicy/it", "spec.ingress", [{}]),
    ("PodDisruptionBudget/it", "spec.selector.matchLabels", OTHER),
    ("PodDisruptionBudget/it", "spec.minAvailable", 2),
    ("HorizontalPodAutoscaler/it", "spec.scaleTargetRef.name", "other"),
    ("HorizontalPodAutoscaler/it", "spec.maxReplicas", 4),
    ("HorizontalPodAutoscaler/it", "spec.metrics", [MEMORY]),
    ("RuntimeClass/it", "handler", "b"),
    ("RuntimeClass/it", "overhead", {"podFixed": {"cpu": "1"}}),
)


@pytest.fixture(scope="module")
def server(plane: ApiServer) -> Iterator[ApiServer]:
    plane.apply([made("v1", "Namespace", SPACE), *OBJECTS.values()])
    path = plane.path(OBJECTS["PersistentVolumeClaim/bound"])
    end = time.monotonic() + 60
    while plane.ask("GET", path)["status"].get("phase") != "Bound":
        assert time.monotonic() < end
        time.sleep(0.1)
    yield plane
    for it in reversed(OBJECTS.values()):
        plane.ask("DELETE", plane.path(it))
    plane.ask("DELETE", f"/api/v1/namespaces/{SPACE}")


def changed(base: Manifest, changes: dict[str, Any]) -> Manifest:
    found = copy.deepcopy(base)
    for path, value in changes.items():
        *way, last = path.split(".")
        at: Any = found
        for part in way:
            at = at[int(part)] if isinstance(at, list) else at.setdefault(part, {})
        if value is ABSENT:
            del at[last]
        else:
            at[last] = value
    return found


def refusal(server: ApiServer, it: Manifest) -> str:
    """Answer what the API server says against an object; nothing is changed."""
    query = "?fieldManager=tests&force=true&dryRun=All"
    try:
        server.ask("PATCH", server.path(it) + query, it, "application/apply-patch+yaml")
    except RefusedError as refused:
        return str(refused)
    return ""


def test_what_is_called_immutable_is_what_the_api_server_refuses(server: ApiServer) -> None:
    wrong = []
    counts = {True: 0, False: 0}
    for name, path, value in CHANGES:
        change = {path: value} if path else value
        old = OBJECTS[name]
        new = changed(old, change)
        found = list(fields(old, new))
        assert found, (name, change)
        who = identity(new)
        frozen = any(field_rank.rank(who, old, new, it) is Rank.IMMUTABLE for it in found)
        said = refusal(server, new)
        counts[frozen] += 1
        if frozen != bool(said):
            wrong.append(
                f"{name} {change}: called immutable: {frozen}; the server: {said or 'yes'}"
            )
        # It is the change that is refused, not what it leads to.
        fresh = changed(new, {"metadata.name": f"{new['metadata']['name']}-other"})
        assert refusal(server, fresh) == "", (name, change)
    assert not wrong, "\n".join(wrong)
    assert min(counts.values()) > 40
