"""Pod Security *restricted*: what its admission looks at, field by field.

Source: `kubernetes/pod-security-admission`, `policy/*.go`, of Kubernetes 1.31 to 1.36.
"""

import re
from collections.abc import Iterator
from typing import Any

from floe_deploy.rules.objects import Object, Pod
from floe_deploy.rules.rule import Breach, Rule
from floe_deploy.rules.shape import entries, inside, mapping, text

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
_IMAGE_VOLUMES_FROM = 33
"""Minor whose API server admits volumes of type `image`."""

_SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_syncookies",
    }
)
"""Those that every supported minor takes for safe."""

_HOST = ("hostNetwork", "hostPID", "hostIPC")
_PROFILES = ("RuntimeDefault", "Localhost")
_SELINUX_TYPES = ("", "container_t", "container_init_t", "container_kvm_t")
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_HANDLERS = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)


def _restricted(it: Object) -> Iterator[Breach]:
    if it.pod is None:
        return
    security = mapping(it.pod.spec.get("securityContext"))
    yield from _pod(it, it.pod, security)
    for container in it.pod.containers:
        name, own = text(container.get("name")), mapping(container.get("securityContext"))
        told = [*_user(security, own), *_privileges(own), *_profiles(own), *_ways_in(container)]
        for found, allowed in told:
            yield Breach(found=f"container {name} {found}", allowed=allowed)


def _pod(it: Object, pod: Pod, security: dict[str, Any]) -> Iterator[Breach]:
    for field in _HOST:
        if pod.spec.get(field):
            yield Breach(found=f"{field}: true", allowed="pods apart from the host")
    for volume in entries(pod.spec.get("volumes")):
        if kinds := volume.keys() - {"name"} - _volumes(it):
            found = f"volume {text(volume.get('name'))} of type {min(map(str, kinds))}"
            yield Breach(found=found, allowed=", ".join(sorted(_volumes(it))))
    for sysctl in entries(security.get("sysctls")):
        if text(sysctl.get("name")) not in _SYSCTLS:
            yield Breach(found=f"sysctl {sysctl.get('name')}", allowed=", ".join(sorted(_SYSCTLS)))
    for found, allowed in _profiles(security):
        yield Breach(found=f"a pod {found}", allowed=allowed)
    for key, value in pod.annotations.items():
        if key.startswith(_APPARMOR) and not re.match("runtime/default$|localhost/", str(value)):
            yield Breach(found=f"annotation {key}: {value}", allowed="runtime/default")


def _volumes(it: Object) -> frozenset[str]:
    """Answer the types of volumes that the cluster admits."""
    for namespace in it.among.of("Namespace"):
        said = inside(namespace.metadata, "labels").get(
            "pod-security.kubernetes.io/enforce-version"
        )
        if (minor := re.fullmatch(r"v1\.(\d+)", str(said))) and int(
            minor[1]
        ) >= _IMAGE_VOLUMES_FROM:
            return _VOLUMES | {"image"}
    return _VOLUMES


def _user(security: dict[str, Any], own: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Look at what a container has of its own, or else of its pod."""
    if (security | own).get("runAsNonRoot") is not True:
        yield "may run as root", "runAsNonRoot: true"
    if 0 in (security.get("runAsUser"), own.get("runAsUser")):
        yield "runs as user 0", "runAsUser above 0"
    if inside(security | own, "seccompProfile").get("type") not in _PROFILES:
        yield "without the seccomp profile of the runtime", "seccompProfile.type: RuntimeDefault"


def _privileges(own: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if own.get("allowPrivilegeEscalation") is not False or own.get("privileged"):
        yield "may gain privileges", "allowPrivilegeEscalation: false, not privileged"
    capabilities = mapping(own.get("capabilities"))
    dropped, added = capabilities.get("drop"), capabilities.get("add")
    if not isinstance(dropped, list) or "ALL" not in dropped:
        yield "keeps capabilities", "capabilities.drop: [ALL]"
    if added and added != ["NET_BIND_SERVICE"]:
        yield "adds capabilities", "NET_BIND_SERVICE, or none"
    if own.get("procMount") not in (None, "Default"):
        yield "with another procMount", "procMount: Default, or none"


def _profiles(security: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Look at what a pod and a container may both say."""
    selinux = mapping(security.get("seLinuxOptions"))
    if selinux.get("type", "") not in _SELINUX_TYPES or selinux.get("user") or selinux.get("role"):
        yield "with SELinux options of its own", "type container_t; no user, no role"
    if "appArmorProfile" in security and (
        mapping(security["appArmorProfile"]).get("type") not in _PROFILES
    ):
        yield "without AppArmor", "appArmorProfile.type: RuntimeDefault, or none"
    if inside(security, "windowsOptions").get("hostProcess"):
        yield "as a process of the host", "windowsOptions.hostProcess: false"


def _ways_in(container: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if any(port.get("hostPort") for port in entries(container.get("ports"))):
        yield "with a port of the host", "ports without hostPort"
    for path in _HANDLERS:
        handler = inside(container, *path)
        if any(inside(handler, kind).get("host") for kind in ("httpGet", "tcpSocket")):
            yield f"with a host in its {path[-1]}", "no host: the kubelet asks the pod itself"


RULES = (
    Rule(
        id="pod-restricted",
        summary="Every pod satisfies the level *restricted* of the Pod Security Standards.",
        why="The namespace enforces it: the API server refuses other pods, which shows only as an "
        "event of their ReplicaSet or Job.",
        remedy="set it in the construct that makes the pod",
        check=_restricted,
    ),
)
