"""Cases of quotas and disruption budgets."""

from rule_cases import DELETE, Cases, Change, put

BUDGET = "PodDisruptionBudget/marquez-web"


def quota(name: str, most: str) -> tuple[Change, ...]:
    return (put("ResourceQuota/quota", f"spec hard {name}", most),)


BROKEN: Cases = {
    "quota-room": [
        quota("pods", "132"),
        quota("requests.cpu", "83.8"),
        quota("cpu", "83849m"),
        quota("requests.memory", "253Gi"),
        quota("requests.storage", "349Gi"),
        quota("persistentvolumeclaims", "3"),
        quota("services.loadbalancers", "0"),
        quota("services.nodeports", "0"),
        (put("Deployment/marquez-api", "spec replicas", 60),),
        (put("HorizontalPodAutoscaler/cube-api", "spec maxReplicas", 20),),
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
        quota("pods", "133"),
        quota("requests.cpu", "83.85"),
        quota("cpu", "83850m"),
        quota("requests.memory", "254Gi"),
        quota("requests.storage", "350Gi"),
        quota("persistentvolumeclaims", "4"),
        quota("count/configmaps", "1"),
        (put("HorizontalPodAutoscaler/cube-api", "spec maxReplicas", 7),),
    ],
    "quota-limits": [quota("limits.memory", "1Ti")],
    "budget-drains": [
        (put(BUDGET, "spec maxUnavailable", DELETE), put(BUDGET, "spec minAvailable", 1)),
        (put(BUDGET, "spec maxUnavailable", "50%"),),
    ],
}
