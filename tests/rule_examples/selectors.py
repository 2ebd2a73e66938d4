"""Cases of what selects pods."""

from typing import Any

from rule_cases import DELETE, Cases, Change, add, drop, put, thing

WEB, POD = "Deployment/marquez-web", "spec template spec"
NAME, COMPONENT = "app.kubernetes.io/name", "app.kubernetes.io/component"
SPREAD = f"{POD} topologySpreadConstraints 0 labelSelector"
SERVICE = "Service/marquez-web"


def of(name: str, component: str) -> dict[str, Any]:
    return {"matchLabels": {NAME: name, COMPONENT: component, "app.kubernetes.io/instance": "prod"}}


def budget(selector: dict[str, Any]) -> Change:
    spec = {
        "maxUnavailable": 1,
        "selector": selector,
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }
    return add("50-platform/pdb.yaml", thing("PodDisruptionBudget", "a", "policy/v1", spec=spec))


def policy(selector: dict[str, Any], **parts: Any) -> Change:
    spec = {"podSelector": selector, "policyTypes": ["Ingress"]} | parts
    manifest = thing("NetworkPolicy", "a", "networking.k8s.io/v1", spec=spec)
    return add("50-platform/a.yaml", manifest)


def peer(**said: Any) -> list[dict[str, Any]]:
    return [{"from": [said]}]


def monitor(selector: dict[str, Any]) -> Change:
    manifest = thing("PodMonitor", "a", "monitoring.coreos.com/v1", spec={"selector": selector})
    return add("50-platform/a.yaml", manifest)


RUNS = {"matchLabels": {"floe.dev/workload": "dagster-run", "app.kubernetes.io/instance": "prod"}}

BROKEN: Cases = {
    "selector-own-pods": [
        (put(WEB, SPREAD, of("marquez", "api")),),
        (put(WEB, "spec selector", of("marquez", "site")),),
        (put(WEB, "spec selector", {}),),
    ],
    "selector-none": [
        (put(SERVICE, f"spec selector {COMPONENT}", "site"),),
        (budget(of("marquez", "site")),),
        (monitor(of("marquez", "site")),),
    ],
    "policy-none": [
        (policy(of("marquez", "site")),),
        (policy({}, ingress=peer(podSelector=of("marquez", "site"))),),
        (
            policy(
                {
                    "matchExpressions": [
                        {"key": NAME, "operator": "NotIn", "values": ["cube"]},
                        {"key": NAME, "operator": "In", "values": ["cube"]},
                    ]
                }
            ),
        ),
    ],
    "selector-others": [
        (put(SERVICE, f"spec selector {COMPONENT}", DELETE),),
        (
            drop("PodDisruptionBudget/marquez-api"),
            put(
                "PodDisruptionBudget/marquez-web", f"spec selector matchLabels {COMPONENT}", DELETE
            ),
        ),
        (put(WEB, f"spec selector matchLabels {COMPONENT}", DELETE),),
        (
            policy(
                {"matchLabels": {COMPONENT: "api"}},
                ingress=peer(podSelector={}),
            ),
        ),
    ],
    "budget-once": [
        (budget(of("marquez", "web")),),
    ],
    "service-port": [
        (put(SERVICE, "spec ports 0 targetPort", "web"),),
    ],
    "probe-port": [
        (put(WEB, f"{POD} containers 0 livenessProbe httpGet port", "web"),),
        (put("Deployment/cube-api", f"{POD} containers 0 startupProbe tcpSocket port", "web"),),
    ],
    "stateful-set-service": [
        (put("StatefulSet/cube-store-router", "spec serviceName", "cube-api"),),
        (put("StatefulSet/cube-store-router", "spec serviceName", "gone"),),
        (put("Service/cube-store-worker", "spec clusterIP", DELETE),),
    ],
}

KEPT: Cases = {
    "selector-own-pods": [
        (put(WEB, SPREAD, {"matchLabels": {NAME: "marquez", COMPONENT: "web"}}),),
    ],
    "selector-none": [
        (monitor({"matchExpressions": [{"key": NAME, "operator": "Exists"}]}),),
        (add("50-platform/a.yaml", thing("Service", "a", spec={"type": "ExternalName"})),),
    ],
    "policy-none": [
        (policy(RUNS),),
        (policy({}, ingress=peer(podSelector=RUNS)),),
        (policy({}, ingress=peer(podSelector={"matchLabels": {"a": "b"}}, namespaceSelector={})),),
        (
            policy(
                {
                    "matchExpressions": [
                        {"key": NAME, "operator": "In", "values": ["marquez", "jaeger"]},
                        {"key": "a", "operator": "DoesNotExist"},
                        {"key": NAME, "operator": "NotIn", "values": ["cube"]},
                    ]
                }
            ),
        ),
    ],
    "selector-others": [
        (policy({"matchLabels": {NAME: "cube"}}),),
        (policy({}),),
    ],
    "budget-once": [
        (budget(of("dagster", "daemon")),),
    ],
    "service-port": [
        (put(SERVICE, "spec ports 0 targetPort", 3000),),
    ],
    "probe-port": [
        (put(WEB, f"{POD} containers 0 livenessProbe httpGet port", 3000),),
    ],
    "stateful-set-service": [
        (put("Service/cube-store-router", "spec clusterIP", "None"),),
    ],
}
