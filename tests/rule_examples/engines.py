"""Cases of what Flux and Argo CD make of objects."""

from rule_cases import DELETE, Cases, Change, add, put, thing

OPTIONS = "argocd.argoproj.io/sync-options"
PRUNE = "kustomize.toolkit.fluxcd.io/prune"
SUBSTITUTE = "kustomize.toolkit.fluxcd.io/substitute"
CONFIG, NAMESPACE = "ConfigMap/marquez-api", "Namespace/data-prod"
STORE = "StatefulSet/cube-store-worker"
GATE, MIGRATE = "Job/preflight-services", "Job/marquez-migrate"
FLUX = "kustomize.toolkit.fluxcd.io"
DEFINITION = thing("CustomResourceDefinition", "carts.acme.io", "apiextensions.k8s.io/v1")


def annotated(name: str, key: str, value: str) -> tuple[Change, ...]:
    return (put(name, f"metadata annotations {key}", value),)


def labelled(name: str, key: str, value: str) -> tuple[Change, ...]:
    return (put(name, f"metadata labels {key}", value),)


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
    "engine-applied": [
        annotated(GATE, f"{FLUX}/reconcile", "disabled"),
        labelled(MIGRATE, f"{FLUX}/reconcile", "Disabled"),
        annotated(GATE, f"{FLUX}/ssa", "Ignore"),
        annotated(CONFIG, f"{FLUX}/ssa", "ignore"),
        annotated(GATE, f"{FLUX}/ssa", "IfNotPresent"),
        annotated("ConfigMap/preflight-services", f"{FLUX}/ssa", "Merge"),
        annotated(STORE, f"{FLUX}/force", "enabled"),
        annotated(GATE, "config.kubernetes.io/local-config", "true"),
        annotated(GATE, "argocd.argoproj.io/ignore-healthcheck", "true"),
        annotated(GATE, OPTIONS, "SkipDryRunOnMissingResource=true"),
        annotated(MIGRATE, OPTIONS, "Validate=false, ServerSideApply=true"),
    ],
    "data-kept": [
        (put(NAMESPACE, f"metadata annotations {PRUNE}", DELETE),),
        annotated(NAMESPACE, OPTIONS, "Prune=false"),
        (add("00-cluster/customresourcedefinition-carts.yaml", DEFINITION),),
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
    "engine-applied": [
        annotated(GATE, f"{FLUX}/ssa", "Override"),
        annotated(CONFIG, f"{FLUX}/ssa", "IfNotPresent"),
        annotated(CONFIG, "argocd.argoproj.io/ignore-healthcheck", "true"),
        annotated(CONFIG, OPTIONS, "SkipDryRunOnMissingResource=true"),
        annotated(GATE, OPTIONS, "PruneLast=true,ServerSideApply=true"),
        annotated(GATE, "config.kubernetes.io/local-config", "false"),
    ],
    "data-kept": [annotated(NAMESPACE, OPTIONS, "Delete=false, Prune=false, ServerSideApply=true")],
}
