"""Cases of phases and waves."""

from typing import Any

from rule_cases import DELETE, Cases, Change, add, put, thing

WAVE = "metadata annotations argocd.argoproj.io/sync-wave"
GATE, WEB = "Job/preflight-services", "Deployment/marquez-web"


def placed(phase: str, kind: str, **spec: Any) -> Change:
    """Bring something that makes pods, in a phase; the pods have no containers, for brevity."""
    said = {"enableServiceLinks": False, "automountServiceAccountToken": False}
    pod = {"metadata": {"labels": {"a": "b"}}, "spec": said}
    own = {"activeDeadlineSeconds": 60} if kind == "Job" else {}
    body = thing(kind, "own", "apps/v1", spec={"template": pod, **own, **spec})
    return add(f"{phase}/{kind.lower()}-own.yaml", body)


ALIKE = {"selector": {"matchLabels": {"a": "b"}}}

BROKEN: Cases = {
    "phase-workload": [
        (placed("10-foundation", "Deployment", **ALIKE),),
        (placed("40-migrate", "DaemonSet", **ALIKE),),
        (placed("30-preflight", "ReplicaSet", **ALIKE),),
        (placed("10-foundation", "Job"),),
        (placed("00-cluster", "Job"),),
    ],
    "phase-wave": [
        (put(GATE, WAVE, "-31"),),
        (put(GATE, WAVE, DELETE),),
        (put(WEB, WAVE, "-20"),),
        (put(WEB, WAVE, "10"),),
        (put(WEB, WAVE, "first"),),
    ],
}

KEPT: Cases = {
    "phase-workload": [
        (placed("20-services", "Deployment", **ALIKE),),
        (placed("20-services", "Job"),),
        (placed("50-platform", "Job"),),
    ],
    "phase-wave": [
        (put(WEB, WAVE, "-19"),),
        (put(WEB, WAVE, "9"),),
        (put(WEB, WAVE, "0"),),
    ],
}
