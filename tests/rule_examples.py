"""Cases of every rule: changes of prod that break it, and changes that nearly do."""

from typing import Any

from rule_cases import DELETE, Change, add, put, thing

WEB = "Deployment/marquez-web"
NAMESPACE = "Namespace/data-prod"
VERSION = "pod-security.kubernetes.io/enforce-version"
IMAGE = {"name": "model", "image": {"reference": "a/b:1"}}
POD = "spec template spec"
FIRST = f"{POD} containers 0"
OWN = f"{FIRST} securityContext"

Cases = dict[str, list[tuple[Change, ...]]]


def web(path: str, value: Any) -> tuple[Change, ...]:
    return (put(WEB, path, value),)


def secret(**parts: Any) -> tuple[Change, ...]:
    return (add("10-foundation/secret-db.yaml", thing("Secret", "db", **parts)),)


def config(name: str, **metadata: Any) -> tuple[Change, ...]:
    return (add("50-platform/a.yaml", thing("ConfigMap", name, metadata=metadata)),)


def quota(name: str, most: str) -> tuple[Change, ...]:
    return (put("ResourceQuota/quota", f"spec hard {name}", most),)


POLICY = "NetworkPolicy/marquez-web"


def egress(cidr: str, port: int, *but: str) -> tuple[Change, ...]:
    block = {"cidr": cidr} | ({"except": list(but)} if but else {})
    rule = {"to": [{"ipBlock": block}], "ports": [{"port": port, "protocol": "TCP"}]}
    return (put(POLICY, "spec egress 0", rule),)


BUDGET = "PodDisruptionBudget/marquez-web"
ENCRYPTED = f"ENC[AES256_GCM,data:YQ==,iv:{'a' * 43}=,tag:{'a' * 22}==,type:str]"
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
    "secret-in-clear": [
        secret(data={"password": "aHVudGVyMg=="}),
        secret(stringData={"password": "hunter2"}),
        secret(stringData={"password": "hunter2", "user": ENCRYPTED}, sops={"mac": ENCRYPTED}),
    ],
    "name-dns": [
        *[config(name) for name in ("a_b", "-a", ".".join(["a" * 63] * 4))],
        *[(add("50-platform/a.yaml", thing("Service", name)),) for name in ("a.b", "A", "a" * 64)],
    ],
    "label-value": [
        config("a", labels={"app.kubernetes.io/name": "a" * 64}),
        *[config("a", labels={"a": value}) for value in ("-a", "a/b", "../x", 1, True, None)],
        *[config("a", labels={key: "a"}) for key in ("a/b/c", "-a", "A/b")],
        web("spec template metadata labels version", 1.5),
    ],
    "quota-room": [
        quota("pods", "112"),
        quota("requests.cpu", "75"),
        quota("cpu", "75649m"),
        quota("requests.memory", "239Gi"),
        quota("requests.storage", "349Gi"),
        quota("persistentvolumeclaims", "3"),
        (put("Deployment/cube-api", "spec replicas", 20),),
        (
            add(
                "50-platform/a.yaml",
                thing(
                    "HorizontalPodAutoscaler",
                    "a",
                    spec={
                        "scaleTargetRef": {"kind": "Deployment", "name": "cube-api"},
                        "maxReplicas": 20,
                    },
                ),
            ),
        ),
    ],
    "quota-limits": [quota("limits.cpu", "500")],
    "budget-drains": [
        (put(BUDGET, "spec maxUnavailable", 0),),
        (put(BUDGET, "spec maxUnavailable", "0%"),),
        (put(BUDGET, "spec maxUnavailable", DELETE), put(BUDGET, "spec minAvailable", 2)),
        (put(BUDGET, "spec maxUnavailable", DELETE), put(BUDGET, "spec minAvailable", "100%")),
        (put(BUDGET, "spec unhealthyPodEvictionPolicy", DELETE),),
    ],
    "metadata-closed": [
        egress("169.254.169.254/32", 443),
        egress("0.0.0.0/0", 443),
        egress("169.254.0.0/15", 80, "169.254.169.254/32"),
        egress("169.254.170.23/32", 8080),
        egress("fd00::/8", 443),
        egress("::/0", 443, "fe80::/10", "fd00:ec2::/32"),
        (put(POLICY, "spec egress 0", {"to": [{"ipBlock": {"cidr": "169.254.169.254/32"}}]}),),
        (put(POLICY, "spec egress 0", {"ports": [{"port": 443, "protocol": "TCP"}]}),),
        (*egress("169.254.169.254/32", 53), put(POLICY, "spec egress 0 ports 0 endPort", 65535)),
    ],
}
"""What breaks each rule, the plainest case first."""

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
    "secret-in-clear": [
        secret(),
        secret(data={"password": ENCRYPTED}, sops={"mac": ENCRYPTED}),
        (
            add(
                "10-foundation/a.yaml",
                thing("SealedSecret", "a", "bitnami.com/v1alpha1", data={"password": "aHVudGVyMg"}),
            ),
        ),
    ],
    "name-dns": [
        config("a.b"),
        (add("50-platform/a.yaml", thing("Service", "a-1")),),
        (add("00-cluster/a.yaml", thing("ClusterRole", "system:Node")),),
    ],
    "label-value": [
        config("a", labels={"a": "", "b": "a.B_c-1", "c": "a" * 63, "example.com/d": "1"}),
    ],
    "quota-room": [
        quota("pods", "113"),
        quota("requests.cpu", "75.65"),
        quota("cpu", "75650m"),
        quota("requests.memory", "240Gi"),
        quota("requests.storage", "350Gi"),
        quota("persistentvolumeclaims", "4"),
        quota("count/configmaps", "1"),
        (put("Deployment/cube-api", "spec replicas", 4),),
    ],
    "quota-limits": [quota("limits.memory", "1Ti")],
    "budget-drains": [
        (put(BUDGET, "spec maxUnavailable", DELETE), put(BUDGET, "spec minAvailable", 1)),
        (put(BUDGET, "spec maxUnavailable", "50%"),),
    ],
    "metadata-closed": [
        egress("10.0.0.0/8", 443),
        egress("169.254.170.23/32", 80),
        egress("169.254.169.254/32", 53),
        egress("0.0.0.0/0", 443, "169.254.0.0/16", "168.63.129.16/32", "100.100.100.200/32"),
    ],
}
"""What nearly breaks each rule."""
