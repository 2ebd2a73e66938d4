"""Pods that Pod Security *restricted* admits, and that nodes can plan for."""

from collections.abc import Iterator
from typing import Any

from floe_deploy.manifests import Manifest
from floe_deploy.rules.finding import Finding

_VOLUMES = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)
_HOST = ("hostNetwork", "hostPID", "hostIPC")


def pod_of(manifest: Manifest) -> dict[str, Any] | None:
    """Answer the pod that an object makes, if it makes one."""
    match manifest:
        case {"kind": "Pod", "spec": pod}:
            return dict(pod)
        case {
            "kind": "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "ReplicaSet",
            "spec": {"template": {"spec": pod}},
        }:
            return dict(pod)
        case {"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}}}:
            return dict(pod)
    return None


def _containers(pod: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from pod.get("initContainers", [])
    yield from pod.get("containers", [])


def restricted(manifest: Manifest) -> Iterator[Finding]:
    """What the level *restricted* of the Pod Security Standards demands."""
    if pod := pod_of(manifest):
        yield from _restricted_pod(pod)
        for container in _containers(pod):
            yield from _restricted_container(container)


def _restricted_pod(pod: dict[str, Any]) -> Iterator[Finding]:
    security = pod.get("securityContext", {})
    if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield _finding("a pod without the seccomp profile of the runtime", "RuntimeDefault")
    if not security.get("runAsNonRoot") or not security.get("runAsUser"):
        yield _finding("a pod that may run as root", "runAsNonRoot and a numeric runAsUser")
    for field in _HOST:
        if pod.get(field):
            yield _finding(field, "pods apart from the host")
    for volume in pod.get("volumes", []):
        if kinds := volume.keys() - {"name"} - _VOLUMES:
            yield _finding(f"volume {volume['name']} of type {min(kinds)}", "no volume of the host")


def _restricted_container(container: dict[str, Any]) -> Iterator[Finding]:
    name, own = container["name"], container.get("securityContext", {})
    if own.get("allowPrivilegeEscalation") is not False or own.get("privileged"):
        yield _finding(f"container {name} may gain privileges", "allowPrivilegeEscalation: false")
    if own.get("capabilities", {}).get("drop") != ["ALL"] or own["capabilities"].get("add"):
        yield _finding(f"container {name} with capabilities", "drop ALL, add none")
    if own.get("runAsNonRoot") is False or own.get("runAsUser") == 0:
        yield _finding(f"container {name} runs as root", "a user above 0")


def read_only_root(manifest: Manifest) -> Iterator[Finding]:
    """A root file system that nothing can be written to."""
    for container in _containers(pod_of(manifest) or {}):
        if not container.get("securityContext", {}).get("readOnlyRootFilesystem"):
            yield _finding(
                f"container {container['name']} may write to its root",
                "readOnlyRootFilesystem: true",
            )


def resources(manifest: Manifest) -> Iterator[Finding]:
    """Requests, so that the scheduler knows; a memory limit, so that a leak hurts one pod alone."""
    for container in _containers(pod_of(manifest) or {}):
        given = container.get("resources", {})
        missing = [
            f"requests.{key}" for key in ("cpu", "memory") if key not in given.get("requests", {})
        ]
        missing += [] if "memory" in given.get("limits", {}) else ["limits.memory"]
        if missing:
            yield _finding(
                f"container {container['name']} without {', '.join(missing)}",
                "requests of CPU and memory, and a memory limit",
            )


def _finding(found: str, allowed: str) -> Finding:
    return Finding(found=found, allowed=allowed, fix="set it in the construct that makes the pod")
