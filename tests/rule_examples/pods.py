"""Cases of what pods are like."""

from typing import Any

from rule_cases import DELETE, Cases, Change, put

WEB = "Deployment/marquez-web"
NAMESPACE = "Namespace/data-prod"
VERSION = "pod-security.kubernetes.io/enforce-version"
IMAGE = {"name": "model", "image": {"reference": "a/b:1"}}
POD = "spec template spec"
FIRST = f"{POD} containers 0"
OWN = f"{FIRST} securityContext"


def web(path: str, value: Any) -> tuple[Change, ...]:
    return (put(WEB, path, value),)


ROOT_VOLUME = {"name": "root", "hostPath": {"path": "/"}}

BROKEN: Cases = {
    "pod-restricted": [
        web(f"{POD} hostNetwork", value=True),
        web(f"{POD} hostPID", value=True),
        web(f"{POD} hostIPC", value=True),
        web(f"{POD} volumes 1", ROOT_VOLUME),
        (put(NAMESPACE, f"metadata labels {VERSION}", "v1.32"), *web(f"{POD} volumes 1", IMAGE)),
        web(f"{POD} securityContext runAsNonRoot", DELETE),
        web(f"{POD} securityContext runAsUser", 0),
        web(f"{POD} securityContext seccompProfile", DELETE),
        web(f"{POD} securityContext seccompProfile type", "Unconfined"),
        web(f"{POD} securityContext sysctls", [{"name": "kernel.msgmax", "value": "1"}]),
        web(f"{POD} securityContext seLinuxOptions", {"type": "spc_t"}),
        web(f"{POD} securityContext seLinuxOptions", {"user": "system_u"}),
        web(f"{POD} securityContext appArmorProfile", {"type": "Unconfined"}),
        web(f"{POD} securityContext windowsOptions", {"hostProcess": True}),
        web(
            "spec template metadata annotations",
            {"container.apparmor.security.beta.kubernetes.io/web": "unconfined"},
        ),
        web(f"{OWN} allowPrivilegeEscalation", DELETE),
        web(f"{OWN} privileged", value=True),
        web(f"{OWN} capabilities drop", ["NET_RAW"]),
        web(f"{OWN} capabilities add", ["SYS_ADMIN"]),
        web(f"{OWN} runAsNonRoot", value=False),
        web(f"{OWN} runAsUser", 0),
        web(f"{OWN} seccompProfile", {"type": "Unconfined"}),
        web(f"{OWN} procMount", "Unmasked"),
        web(f"{OWN} seLinuxOptions", {"role": "system_r"}),
        web(f"{FIRST} ports 0 hostPort", 3000),
        web(f"{FIRST} livenessProbe httpGet host", "127.0.0.1"),
        web(f"{FIRST} readinessProbe", {"tcpSocket": {"port": "http", "host": "example.com"}}),
        web(f"{FIRST} lifecycle", {"preStop": {"httpGet": {"port": 1, "host": "a"}}}),
    ],
    "pod-numeric-user": [web(f"{POD} securityContext runAsUser", DELETE)],
    "pod-read-only-root": [
        web(f"{OWN} readOnlyRootFilesystem", DELETE),
        web(f"{OWN} readOnlyRootFilesystem", value=False),
    ],
    "pod-service-links": [
        web(f"{POD} enableServiceLinks", DELETE),
        web(f"{POD} enableServiceLinks", value=True),
    ],
    "resources-set": [
        web(f"{FIRST} resources", DELETE),
        web(f"{FIRST} resources requests cpu", DELETE),
        web(f"{FIRST} resources requests memory", DELETE),
        web(f"{FIRST} resources limits memory", DELETE),
    ],
}

KEPT: Cases = {
    "pod-restricted": [
        web(f"{POD} hostNetwork", value=False),
        web(f"{POD} volumes 1", {"name": "s", "secret": {"secretName": "trino-floe"}}),
        (put(NAMESPACE, f"metadata labels {VERSION}", "v1.33"), *web(f"{POD} volumes 1", IMAGE)),
        (
            *web(f"{POD} securityContext runAsNonRoot", DELETE),
            *web(f"{OWN} runAsNonRoot", value=True),
        ),
        (
            *web(f"{POD} securityContext seccompProfile", DELETE),
            *web(f"{OWN} seccompProfile", {"type": "Localhost", "localhostProfile": "a.json"}),
        ),
        web(f"{POD} securityContext sysctls", [{"name": "net.ipv4.tcp_syncookies", "value": "1"}]),
        web(f"{POD} securityContext seLinuxOptions", {"type": "container_t"}),
        web(f"{OWN} privileged", value=False),
        web(f"{OWN} capabilities add", ["NET_BIND_SERVICE"]),
        web(f"{OWN} procMount", "Default"),
        web(f"{OWN} runAsUser", 1000),
        web(f"{FIRST} lifecycle", {"preStop": {"sleep": {"seconds": 5}}}),
    ],
    "pod-numeric-user": [
        (*web(f"{POD} securityContext runAsUser", DELETE), *web(f"{OWN} runAsUser", 1000)),
    ],
    "pod-read-only-root": [web(f"{OWN} readOnlyRootFilesystem", value=True)],
    "pod-service-links": [web(f"{POD} enableServiceLinks", value=False)],
    "resources-set": [web(f"{FIRST} resources limits cpu", "1")],
}
