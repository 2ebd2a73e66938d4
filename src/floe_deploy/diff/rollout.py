"""What a change does to pods that run."""

from collections.abc import Iterator, Sequence

from floe_constructs.kubernetes import PREFIX
from floe_deploy.diff import path as paths
from floe_deploy.diff.fields import Field
from floe_deploy.manifests import Identity, Manifest
from floe_deploy.rules.shape import inside, mapping, number

FILES = f"{PREFIX}/files"
"""Annotation with a hash of the files that a pod reads."""

_TEMPLATE = ("spec", "template")
_RUNNING = frozenset({"Deployment", "StatefulSet", "DaemonSet"})


def is_template(who: Identity, field: Field) -> bool:
    """Answer whether a field belongs to the pods of a workload that runs."""
    return who.kind in _RUNNING and paths.keys(field.path)[:2] == _TEMPLATE


def is_hash(field: Field) -> bool:
    """Answer whether a field only tells that files are others."""
    return field.path[-1:] == (FILES,)


def told(who: Identity, new: Manifest, fields: Sequence[Field]) -> Iterator[str]:
    """Answer how the pods of a workload come to be others."""
    if who.kind == "CronJob" and any(
        paths.keys(field.path)[:2] == ("spec", "jobTemplate") for field in fields
    ):
        yield "from its next run on"
    changed = [field for field in fields if is_template(who, field)]
    if not changed:
        return
    why = ", because its configuration is another" if all(map(is_hash, changed)) else ""
    yield f"{_how(who.kind, inside(new, 'spec'))}{why}"


def _how(kind: str, spec: Manifest) -> str:
    said = mapping(spec.get("strategy" if kind == "Deployment" else "updateStrategy"))
    rolling = mapping(said.get("rollingUpdate"))
    single = number(spec.get("replicas")) == 1
    match kind, said.get("type", "RollingUpdate"):
        case "Deployment", "Recreate":
            return "its pods end before new ones start: it does not answer meanwhile"
        case _, "OnDelete":
            return "its pods stay as they are until somebody deletes them"
        case "StatefulSet", _ if single:
            return "its one pod is replaced: it does not answer meanwhile"
        case "Deployment", _ if "maxUnavailable" in rolling:
            missing = rolling["maxUnavailable"]
            most = f"at most {missing} missing at a time" if missing else "none missing meanwhile"
            return f"its pods are replaced, {most}"
    return "its pods are replaced, a few at a time"
