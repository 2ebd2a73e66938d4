"""Cases of what Flux and Argo CD make of objects."""

from rule_cases import DELETE, Cases, Change, put

OPTIONS = "argocd.argoproj.io/sync-options"
PRUNE = "kustomize.toolkit.fluxcd.io/prune"
SUBSTITUTE = "kustomize.toolkit.fluxcd.io/substitute"
CONFIG, NAMESPACE = "ConfigMap/marquez-api", "Namespace/data-prod"
STORE = "StatefulSet/cube-store-worker"
MIGRATE = "Job/marquez-migrate"


def annotated(name: str, key: str, value: str) -> tuple[Change, ...]:
    return (put(name, f"metadata annotations {key}", value),)


BROKEN: Cases = {
    "engine-hook": [
        annotated(MIGRATE, "helm.sh/hook", "pre-install"),
        annotated(MIGRATE, "argocd.argoproj.io/hook", "PreSync"),
        annotated(MIGRATE, "argocd.argoproj.io/hook-delete-policy", "HookSucceeded"),
    ],
    "engine-replace": [
        annotated(MIGRATE, OPTIONS, "Replace=true"),
        annotated(MIGRATE, OPTIONS, "ServerSideApply=true, Force=true"),
    ],
    "engine-substitution": [
        (put(CONFIG, f"metadata annotations {SUBSTITUTE}", DELETE),),
        annotated(CONFIG, SUBSTITUTE, "enabled"),
    ],
    "data-kept": [
        (put(NAMESPACE, f"metadata annotations {PRUNE}", DELETE),),
        annotated(NAMESPACE, OPTIONS, "Prune=false"),
        (put(STORE, "spec persistentVolumeClaimRetentionPolicy whenDeleted", "Delete"),),
        (put(STORE, "spec persistentVolumeClaimRetentionPolicy whenScaled", "Delete"),),
    ],
}

KEPT: Cases = {
    "engine-hook": [annotated(MIGRATE, "argocd.argoproj.io/sync-wave", "-20")],
    "engine-replace": [annotated(MIGRATE, OPTIONS, "Replace=false,ServerSideApply=true")],
    "engine-substitution": [
        (
            put(CONFIG, f"metadata annotations {SUBSTITUTE}", DELETE),
            put(CONFIG, f"metadata labels {SUBSTITUTE}", "disabled"),
        ),
    ],
    "data-kept": [annotated(NAMESPACE, OPTIONS, "Delete=false, Prune=false, ServerSideApply=true")],
}
