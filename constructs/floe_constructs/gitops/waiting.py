"""How Flux knows that a phase is ready, and how long it waits for that."""

from collections.abc import Iterable, Mapping
from typing import Any

_SYNCED = "status.conditions.exists(c, c.type == '{condition}' && c.status == '{value}')"
_EXTERNAL = ("external-secrets.io/v1", "ExternalSecret")
_CONDITIONS = {_EXTERNAL: "Ready", ("bitnami.com/v1alpha1", "SealedSecret"): "Synced"}
_CURRENT = "status.syncedResourceVersion.startsWith(string(metadata.generation) + '-')"
"""The operator has seen the specification as it is; it writes this again with each sync."""

_ROLLOUT = 600
"""Seconds after which Kubernetes gives a Deployment's rollout up, unless told."""

_LEAST, _MARGIN, _MINUTE = 240, 60, 60
"""Seconds: for what has no deadline of its own, such as volumes; and beyond the longest."""

Manifest = Mapping[str, Any]


def checks(objects: Iterable[Manifest]) -> list[dict[str, str]]:
    """Answer the `healthCheckExprs` of a phase: without them Secrets count as made at once.

    What is made only once is not synced again when its specification changes, so that nothing says
    which one was seen.
    """
    found: dict[tuple[str, str], list[Manifest]] = {}
    for item in objects:
        kind = (str(item["apiVersion"]), str(item["kind"]))
        if kind in _CONDITIONS:
            found.setdefault(kind, []).append(item)
    answer = []
    for kind, items in sorted(found.items()):
        condition = _CONDITIONS[kind]
        current = _SYNCED.format(condition=condition, value="True")
        once = any(item["spec"].get("refreshPolicy") == "CreatedOnce" for item in items)
        if kind == _EXTERNAL and not once:
            current += f" && {_CURRENT}"
        failed = _SYNCED.format(condition=condition, value="False")
        version, name = kind
        said = {"apiVersion": version, "kind": name, "failed": failed, "current": current}
        answer.append(said)
    return answer


def timeout(objects: Iterable[Manifest]) -> str:
    """Answer how long a phase may take: longer than its Jobs and rollouts, which say why."""
    longest = max([_LEAST, *(_deadline(item) for item in objects)])
    return f"{-(-(longest + _MARGIN) // _MINUTE)}m"


def _deadline(item: Manifest) -> int:
    match item["kind"]:
        case "Job":
            return int(item["spec"].get("activeDeadlineSeconds", 0))
        case "Deployment":
            return int(item["spec"].get("progressDeadlineSeconds", _ROLLOUT))
    return 0
