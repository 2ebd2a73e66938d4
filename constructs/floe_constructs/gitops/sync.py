"""What Argo CD reads for an environment, and how it applies that."""

from typing import Any

from floe_constructs.gitops.spec import ArgoCdDelivery

API_VERSION = "argoproj.io/v1alpha1"
CASCADE = "resources-finalizer.argocd.argoproj.io"
"""Finalizer: an Application is deleted with what it applied, a project after its Applications."""

SYNC: dict[str, Any] = {
    "automated": {"prune": True, "selfHeal": True},
    # In each wave but the last a failure ends the operation; it is tried again, with a commit that
    # came meanwhile. After that Argo CD leaves a commit alone.
    "retry": {
        "limit": 10,
        "refresh": True,
        "backoff": {"duration": "10s", "factor": 2, "maxDuration": "3m"},
    },
    # Without PruneLast it deletes what the running release needs while the gate of the next fails.
    "syncOptions": ["ServerSideApply=true", "PruneLast=true"],
}


def source(spec: ArgoCdDelivery, path: str, plugin: str | None) -> dict[str, Any]:
    """Answer what an Application reads; `plugin` decrypts for Argo CD."""
    found = {
        "repoURL": spec.source.url,
        "targetRevision": spec.source.revision,
        "path": path,
    }
    return found | ({"plugin": {"name": plugin}} if plugin else {})
