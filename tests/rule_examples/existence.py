"""Cases of what refers to other objects."""

from typing import Any

from rule_cases import DELETE, Cases, add, drop, put, thing

WEB, POD = "Deployment/marquez-web", "spec template spec"
ENV = f"{POD} containers 0 env 3"
MIGRATE = "Job/marquez-migrate"
CLAIM = thing(
    "PersistentVolumeClaim",
    "web",
    metadata={
        "annotations": {
            "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
            "kustomize.toolkit.fluxcd.io/prune": "disabled",
        }
    },
)
USE = {"name": "data", "persistentVolumeClaim": {"claimName": "web"}}
HPA: dict[str, Any] = {
    "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "marquez-web"}
}


def variable(source: str, **reference: Any) -> dict[str, Any]:
    return {"name": "A", "valueFrom": {source: reference}}


def scaler(name: str) -> Any:
    spec = {"scaleTargetRef": HPA["scaleTargetRef"] | {"name": name}}
    return add(
        "50-platform/hpa.yaml", thing("HorizontalPodAutoscaler", "web", "autoscaling/v2", spec=spec)
    )


BROKEN: Cases = {
    "reference-config-map": [
        (put("Deployment/marquez-api", f"{POD} volumes 0 configMap name", "marquez"),),
        (put(WEB, ENV, variable("configMapKeyRef", name="marquez-api", key="config.yaml")),),
        (put(WEB, f"{POD} containers 0 envFrom", [{"configMapRef": {"name": "gone"}}]),),
        (
            put(WEB, f"{POD} volumes 1", {"name": "a", "configMap": {"name": "marquez-api"}}),
            put(
                WEB,
                f"{POD} containers 0 volumeMounts 1",
                {"name": "a", "mountPath": "/etc/a", "subPath": "config.yaml"},
            ),
        ),
        (drop("ConfigMap/compiled-artifacts"),),
    ],
    "reference-secret": [
        (drop("ExternalSecret/polaris-client-id"),),
        (put("ExternalSecret/trino-floe", "spec data 0 secretKey", "pass"),),
        (put(WEB, ENV, variable("secretKeyRef", name="gone", key="value")),),
        (put(WEB, f"{POD} imagePullSecrets", [{"name": "registry"}]),),
        (
            put(
                WEB,
                f"{POD} volumes 1",
                {
                    "name": "a",
                    "projected": {
                        "sources": [
                            {
                                "secret": {
                                    "name": "cube-sql",
                                    "items": [{"key": "user", "path": "u"}],
                                }
                            }
                        ]
                    },
                },
            ),
        ),
    ],
    "reference-service-account": [
        (put(WEB, f"{POD} serviceAccountName", "marquez"),),
        (
            add(
                "50-platform/rolebinding-a.yaml",
                thing(
                    "RoleBinding",
                    "a",
                    "rbac.authorization.k8s.io/v1",
                    roleRef={"kind": "Role", "name": "dagster-daemon"},
                    subjects=[{"kind": "ServiceAccount", "name": "gone"}],
                ),
            ),
        ),
        (drop("ServiceAccount/dagster-run-analytics"),),
    ],
    "reference-role": [
        (put("RoleBinding/dagster-daemon", "roleRef name", "dagster"),),
    ],
    "reference-claim": [
        (put(WEB, f"{POD} volumes 1", USE),),
    ],
    "reference-priority-class": [
        (put(WEB, f"{POD} priorityClassName", "important"),),
    ],
    "scale-target": [
        (scaler("marquez"),),
        (scaler("marquez-web"),),
    ],
    "phase-order": [
        (
            put(
                MIGRATE,
                f"{POD} containers 0 env 0",
                variable("configMapKeyRef", name="marquez-api", key="config.yml"),
            ),
        ),
        (
            add("60-verify/configmap-late.yaml", thing("ConfigMap", "late")),
            put(WEB, f"{POD} containers 0 envFrom", [{"configMapRef": {"name": "late"}}]),
        ),
        (
            drop("NetworkPolicy/marquez-migrate"),
            add(
                "50-platform/networkpolicy-migrate.yaml",
                thing(
                    "NetworkPolicy",
                    "marquez-migrate",
                    "networking.k8s.io/v1",
                    spec={
                        "podSelector": {
                            "matchLabels": {
                                "app.kubernetes.io/name": "marquez",
                                "app.kubernetes.io/component": "migrate",
                            }
                        },
                        "policyTypes": ["Egress"],
                        "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.1/32"}}]}],
                    },
                ),
            ),
        ),
    ],
    "claim-order": [
        (add("10-foundation/claim.yaml", CLAIM), put(WEB, f"{POD} volumes 1", USE)),
        (add("50-platform/claim.yaml", CLAIM),),
    ],
}

KEPT: Cases = {
    "reference-config-map": [
        (put(WEB, ENV, variable("configMapKeyRef", name="marquez-api", key="config.yml")),),
        (put(WEB, ENV, variable("configMapKeyRef", name="gone", key="a", optional=True)),),
        (
            put(
                WEB,
                f"{POD} volumes 1",
                {
                    "name": "a",
                    "configMap": {
                        "name": "marquez-api",
                        "items": [{"key": "config.yml", "path": "a.yml"}],
                    },
                },
            ),
            put(
                WEB,
                f"{POD} containers 0 volumeMounts 1",
                {"name": "a", "mountPath": "/etc/a", "subPath": "a.yml"},
            ),
        ),
    ],
    "reference-secret": [
        (put(WEB, ENV, variable("secretKeyRef", name="cube-sql", key="username")),),
        (put(WEB, ENV, variable("secretKeyRef", name="gone", key="a", optional=True)),),
        (
            put("ExternalSecret/trino-floe", "spec dataFrom", [{"extract": {"key": "a"}}]),
            put("ExternalSecret/trino-floe", "spec data", DELETE),
        ),
        (
            drop("ExternalSecret/trino-floe"),
            add(
                "10-foundation/sealed.yaml",
                thing(
                    "SealedSecret",
                    "trino-floe",
                    "bitnami.com/v1alpha1",
                    spec={"encryptedData": {"password": "x"}},
                ),
            ),
        ),
        (
            put(WEB, f"{POD} volumes 1", {"name": "tls", "secret": {"secretName": "web-tls"}}),
            add(
                "10-foundation/certificate.yaml",
                thing("Certificate", "web", "cert-manager.io/v1", spec={"secretName": "web-tls"}),
            ),
        ),
    ],
    "reference-service-account": [(put(WEB, f"{POD} serviceAccountName", "marquez-api"),)],
    "reference-role": [
        (put("RoleBinding/dagster-daemon", "roleRef", {"kind": "ClusterRole", "name": "view"}),),
    ],
    "reference-claim": [(add("50-platform/claim.yaml", CLAIM), put(WEB, f"{POD} volumes 1", USE))],
    "reference-priority-class": [
        (put(WEB, f"{POD} priorityClassName", "system-cluster-critical"),),
        (
            put(WEB, f"{POD} priorityClassName", "prod-high"),
            add("00-cluster/pc.yaml", thing("PriorityClass", "prod-high", "scheduling.k8s.io/v1")),
        ),
    ],
    "scale-target": [(scaler("marquez-web"), put(WEB, "spec replicas", DELETE))],
    "phase-order": [
        (
            add("40-migrate/configmap-early.yaml", thing("ConfigMap", "early")),
            put(WEB, f"{POD} containers 0 envFrom", [{"configMapRef": {"name": "early"}}]),
        ),
    ],
    "claim-order": [(add("50-platform/claim.yaml", CLAIM), put(WEB, f"{POD} volumes 1", USE))],
}
