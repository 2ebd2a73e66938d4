"""Cases of what points Flux and Argo CD at an environment."""

from typing import Any

from rule_cases import DELETE, Cases, Change, add, put, thing

BEFORE, PHASE = "Kustomization/prod-30-preflight", "Kustomization/prod-40-migrate"
FIRST = "10-foundation"
SOURCE = {"kind": "GitRepository", "name": "prod"}
EXPRESSIONS = [{"apiVersion": "a/v1", "kind": "ExternalSecret", "current": "true"}]


def flux(folder: str, **spec: Any) -> Change:
    """Answer a change that brings the Kustomization of one folder."""
    api, name = "kustomize.toolkit.fluxcd.io/v1", f"prod-{folder or 'all'}"
    said = {
        "path": f"./dist/prod/{folder}",
        "sourceRef": SOURCE,
        "interval": "1h",
        "timeout": "31m",
        "wait": True,
        "prune": True,
        "dependsOn": [{"name": "prod-before"}],
    }
    body = {key: value for key, value in (said | spec).items() if value is not DELETE}
    return add(f"50-platform/{name}.yaml", thing("Kustomization", name, api, spec=body))


CHAIN = (flux("30-preflight"), flux("40-migrate", dependsOn=[{"name": "prod-30-preflight"}]))


def application(**sync: Any) -> dict[str, Any]:
    return {
        "source": {"repoURL": "https://git.example.com/a", "path": "dist/prod"},
        "syncPolicy": {"syncOptions": ["ServerSideApply=true", "PruneLast=true"]} | sync,
    }


def argocd(spec: dict[str, Any], kind: str = "Application") -> Change:
    return add("50-platform/app.yaml", thing(kind, "prod", "argoproj.io/v1alpha1", spec=spec))


LISTED = {
    "generators": [{"list": {"elements": [{"path": "dist/prod"}]}}],
    "template": {"spec": application() | {"source": {"path": "{{.path}}"}}},
}

BROKEN: Cases = {
    "engine-root": [
        (flux("", path="./dist/prod"),),
        (flux("", path="./dist/prod/"),),
        (flux("", path="./"),),
        (flux("", path="./dist"),),
    ],
    "flux-chain": [
        (*CHAIN, put(PHASE, "spec dependsOn", [{"name": "prod-00-cluster"}])),
        (*CHAIN, put(PHASE, "spec dependsOn", DELETE)),
        (*CHAIN, put(PHASE, "spec dependsOn 0 readyExpr", "true")),
        (*CHAIN, put(PHASE, "spec sourceRef name", "other")),
        (*CHAIN, put(BEFORE, "spec sourceRef kind", "OCIRepository")),
        (
            flux(FIRST, healthCheckExprs=EXPRESSIONS),
            flux("40-migrate", dependsOn=[{"name": f"prod-{FIRST}"}]),
        ),
    ],
    "flux-wait": [
        (*CHAIN, put(PHASE, "spec wait", value=False)),
        (*CHAIN, put(PHASE, "spec wait", DELETE)),
        (*CHAIN, put(PHASE, "spec prune", value=False)),
        (*CHAIN, put(PHASE, "spec force", value=True)),
        (*CHAIN, put(PHASE, "spec suspend", value=True)),
        (flux(FIRST),),
    ],
    "flux-timeout": [
        (*CHAIN, put(PHASE, "spec timeout", "30m")),
        (*CHAIN, put(PHASE, "spec timeout", "29m59s")),
        (*CHAIN, put(PHASE, "spec timeout", DELETE), put(PHASE, "spec interval", "30m")),
    ],
    "argocd-sync": [
        (argocd(application(syncOptions=["ServerSideApply=true"])),),
        (argocd(application(syncOptions=["PruneLast=true", "Replace=true"])),),
        (argocd(application(syncOptions=["PruneLast=true", "ApplyOutOfSyncOnly=true"])),),
        (argocd(application() | {"source": {"path": "dist/prod/50-platform"}}),),
        (argocd({**LISTED, "template": {"spec": {}}}, "ApplicationSet"),),
    ],
}

KEPT: Cases = {
    "engine-root": [(flux("", path="./apps/products"),), (flux("", path="./clusters/west"),)],
    "flux-chain": [
        CHAIN,
        (flux("40-migrate"),),
        (flux("00-cluster", dependsOn=DELETE),),
        (flux("30-preflight", path="./dist/dev/30-preflight"), flux("40-migrate")),
    ],
    "flux-wait": [
        (*CHAIN, put(PHASE, "spec force", value=False)),
        (flux(FIRST, healthCheckExprs=EXPRESSIONS),),
        (flux("", path="./apps", wait=False),),
    ],
    "flux-timeout": [
        (*CHAIN, put(PHASE, "spec timeout", "30m1s")),
        (*CHAIN, put(PHASE, "spec timeout", DELETE)),
        (flux("20-services", timeout="1s"),),
    ],
    "argocd-sync": [
        (argocd(application()),),
        (argocd({"source": {"path": "apps/other"}}),),
        (argocd(LISTED, "ApplicationSet"),),
    ],
}
