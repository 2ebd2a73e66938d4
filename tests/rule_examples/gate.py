"""Cases of gates."""

from rule_cases import DELETE, Cases, add, put, thing

GATE, POD = "Job/preflight-services", "spec template spec"
MAIN = f"{POD} containers 0"
RULES = "spec podFailurePolicy rules"
SECRET = {"secretName": "trino-floe", "optional": False}
PROJECTED = {"secret": {"name": "trino-floe"}}


def told(*options: str) -> list[str]:
    return ["floe", "preflight", "--gate", *options]


BROKEN: Cases = {
    "gate-final": [
        (put(GATE, "spec podFailurePolicy", DELETE),),
        (put(GATE, f"{RULES} 0 onExitCodes values", [1]),),
        (put(GATE, f"{RULES} 0 onExitCodes operator", "NotIn"),),
        (put(GATE, f"{RULES} 0 action", "Count"),),
        (put(GATE, f"{POD} restartPolicy", "OnFailure"),),
        (
            add(
                "30-preflight/job-own.yaml",
                thing("Job", "own", "batch/v1", spec={"activeDeadlineSeconds": 60}),
            ),
        ),
    ],
    "gate-runs": [
        (put(GATE, "spec completions", 0),),
        (put(GATE, "spec parallelism", 0),),
        (put(GATE, "spec successPolicy", {"rules": [{"succeededCount": 1}]}),),
        (put(GATE, "spec managedBy", "kueue.x-k8s.io/multikueue"),),
    ],
    "gate-starts": [
        (put(GATE, f"{MAIN} env 0 valueFrom secretKeyRef optional", DELETE),),
        (put(GATE, f"{MAIN} env 0 valueFrom secretKeyRef optional", value=False),),
        (put(GATE, f"{MAIN} envFrom", [{"secretRef": {"name": "trino-floe"}}]),),
        (put(GATE, f"{POD} volumes 1", {"name": "tmp", "secret": SECRET}),),
        (put(GATE, f"{POD} volumes 0 projected sources 1", PROJECTED),),
    ],
    "gate-time": [
        (put(GATE, f"{MAIN} command", told("--timeout=25")),),
        (put(GATE, f"{MAIN} command", told("--deadline", "300")),),
        (put(GATE, f"{MAIN} command", told("--wait=150")),),
        (put(GATE, f"{MAIN} command", told("--wait", "110")),),
        (put(GATE, f"{POD} activeDeadlineSeconds", 86),),
        (put(GATE, "spec activeDeadlineSeconds", 410),),
        (put(GATE, "spec backoffLimit", 5),),
    ],
}

KEPT: Cases = {
    "gate-final": [
        (put(GATE, f"{RULES} 0 onExitCodes values", [77, 78]),),
        (put("Job/dagster-migrate", f"{POD} restartPolicy", "OnFailure"),),
    ],
    "gate-runs": [
        (put(GATE, "spec completions", 1), put(GATE, "spec parallelism", 1)),
        (put("Job/dagster-migrate", "spec parallelism", 0),),
    ],
    "gate-starts": [
        (put(GATE, f"{POD} imagePullSecrets", [{"name": "registry-pull"}]),),
        (put(GATE, f"{POD} volumes 0 projected sources 1 configMap optional", value=True),),
    ],
    "gate-time": [
        (put(GATE, f"{MAIN} command", told("--timeout=24")),),
        (put(GATE, f"{MAIN} command", told("--wait", "many")),),
        (put(GATE, f"{POD} activeDeadlineSeconds", 87),),
        (put(GATE, "spec activeDeadlineSeconds", 411),),
        (put(GATE, "spec backoffLimit", 2),),
    ],
}
