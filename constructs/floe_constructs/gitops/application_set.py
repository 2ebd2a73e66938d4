"""Argo CD's ApplicationSets: the Applications of several environments out of one list.

They span environments, which are rendered apart from each other: so they are data, without Node.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from floe_constructs.gitops.spec import ArgoCdDelivery
from floe_constructs.gitops.sync import API_VERSION, CASCADE, SYNC

_UNFIT = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, kw_only=True)
class Listed:
    """An environment that Argo CD applies."""

    environment: str
    """Its name."""

    namespace: str
    """Its namespace."""

    spec: ArgoCdDelivery
    """How it is delivered."""

    path: str
    """Folder of the repository with its phases."""

    plugin: str | None = None
    """What decrypts for Argo CD."""


def application_sets(environments: Iterable[Listed]) -> list[dict[str, Any]]:
    """Answer an ApplicationSet for each Argo CD, and for each plugin in it.

    It is called like the repository; each Application is the one that `argocd.yaml` has.
    """
    groups: dict[tuple[str, str], list[Listed]] = {}
    for each in environments:
        groups.setdefault((each.spec.namespace, each.plugin or ""), []).append(each)
    return [_set(plugin, group) for (_, plugin), group in sorted(groups.items())]


def _set(plugin: str, group: list[Listed]) -> dict[str, Any]:
    repository = group[0].spec.source.url.rstrip("/").rpartition("/")[2].removesuffix(".git")
    name = _UNFIT.sub("-", f"{repository}-{plugin}".lower()).strip("-")
    read = {"repoURL": "{{.url}}", "targetRevision": "{{.revision}}", "path": "{{.path}}"}
    clusters = [each.spec.cluster.reference for each in group]
    keys = sorted({key for cluster in clusters for key in cluster})
    where = {key: f"{{{{.{key}}}}}" for key in keys}
    template = {
        "metadata": {
            "name": "{{.namespace}}",
            "labels": {
                "app.kubernetes.io/instance": "{{.environment}}",
                "app.kubernetes.io/part-of": "floe",
            },
            "finalizers": [CASCADE],
        },
        "spec": {
            "project": "{{.namespace}}",
            "source": read | ({"plugin": {"name": plugin}} if plugin else {}),
            "destination": where | {"namespace": "{{.namespace}}"},
            "syncPolicy": SYNC,
        },
    }
    elements = [
        {"environment": each.environment, "namespace": each.namespace}
        | {key: cluster.get(key, "") for key in keys}
        | {"url": each.spec.source.url, "revision": each.spec.source.revision, "path": each.path}
        for each, cluster in zip(group, clusters, strict=True)
    ]
    return {
        "apiVersion": API_VERSION,
        "kind": "ApplicationSet",
        "metadata": {
            "name": name or "floe",
            "namespace": group[0].spec.namespace,
            "labels": {
                "app.kubernetes.io/part-of": "floe",
                "app.kubernetes.io/managed-by": "floe-deploy",
            },
        },
        "spec": {
            "goTemplate": True,
            "goTemplateOptions": ["missingkey=error"],
            "generators": [{"list": {"elements": elements}}],
            "template": template,
        },
    }
