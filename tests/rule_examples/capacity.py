"""Cases of quotas and disruption budgets."""

from rule_cases import DELETE, Cases, Change, add, put, thing

BUDGET = "PodDisruptionBudget/marquez-web"


def quota(name: str, most: str) -> tuple[Change, ...]:
    return (put("ResourceQuota/quota", f"spec hard {name}", most),)


BROKEN: Cases = {
    "quota-room": [
        quota("pods", "121"),
        quota("requests.cpu", "76"),
        quota("cpu", "76099m"),
        quota("requests.memory", "240Gi"),
        quota("requests.storage", "349Gi"),
        quota("persistentvolumeclaims", "3"),
        quota("services.loadbalancers", "0"),
        quota("services.nodeports", "0"),
        (put("Deployment/cube-api", "spec replicas", 20),),
        (
            put("Deployment/cube-api", "spec replicas", DELETE),
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
}

KEPT: Cases = {
    "quota-room": [
        quota("pods", "122"),
        quota("requests.cpu", "76.1"),
        quota("cpu", "76100m"),
        quota("requests.memory", "241Gi"),
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
}
