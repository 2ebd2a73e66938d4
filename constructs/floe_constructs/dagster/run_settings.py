"""What an environment decides about the pods of runs, as Dagster takes it.

Dagster makes these pods out of configuration with the names of Kubernetes' Python client.
"""

from collections.abc import Mapping
from typing import Any

from floe_constructs.dagster.environment import SecretsAndTexts
from floe_constructs.kubernetes.added_container import (
    ASKED_AT_MOST,
    ASKED_EVERY,
    AddedContainer,
    Answer,
)
from floe_constructs.kubernetes.authority import CA_FILE, Authority, ConfigMapKey
from floe_constructs.kubernetes.environment import literal
from floe_constructs.kubernetes.resources import Resources
from floe_constructs.kubernetes.scheduling import NodeAffinity, NodeTerm
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.user import SECRET_MODE
from floe_constructs.kubernetes.user_volume import (
    ClaimVolume,
    ConfigMapVolume,
    ScratchVolume,
    SecretVolume,
    UserVolume,
)
from floe_constructs.kubernetes.workload import Workload

RESTRICTED: dict[str, Any] = {
    "allow_privilege_escalation": False,
    "read_only_root_filesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
"""Security context of every container."""


def pod_spec(settings: Workload) -> dict[str, Any]:
    """Answer where the pods run, before which others, and what is added to them."""
    found: dict[str, Any] = {}
    if settings.node_selector:
        found["node_selector"] = settings.node_selector
    if settings.tolerations:
        found["tolerations"] = [
            taint.model_dump(exclude_none=True) for taint in settings.tolerations
        ]
    if settings.affinity:
        found["affinity"] = _affinity(settings.affinity)
    if settings.priority_class:
        found["priority_class_name"] = settings.priority_class
    if settings.scheduler:
        found["scheduler_name"] = settings.scheduler
    if added := _added_containers(settings):
        found["init_containers"] = added
    return found


def _added_containers(settings: Workload) -> list[dict[str, Any]]:
    """A sidecar is what Kubernetes calls so: a container that comes first and is kept running."""
    sidecars = [
        _added(one, settings) | {"restart_policy": "Always"} | _answer(one.ready)
        for one in settings.sidecars
    ]
    return sidecars + [_added(one, settings) for one in settings.init_containers]


def _added(given: AddedContainer, settings: Workload) -> dict[str, Any]:
    volumes = {volume.name: volume for volume in settings.volumes}
    optional = {
        "command": list(given.command),
        "args": list(given.args),
        "env": variables(given.env),
        "volume_mounts": [
            mount(f"user-{name}", volumes[name], path)
            for name, path in sorted(given.mounts.items())
        ],
    }
    return {
        "name": given.name,
        "image": given.image,
        "image_pull_policy": "IfNotPresent",
        "resources": requirements(given.resources),
        "security_context": RESTRICTED,
        "termination_message_policy": "FallbackToLogsOnError",
    } | {name: value for name, value in optional.items() if value}


def _answer(ready: Answer | None) -> dict[str, Any]:
    if ready is None:
        return {}
    action: dict[str, Any] = {"tcp_socket": {"port": ready.port}}
    if ready.path:
        action = {"http_get": {"path": ready.path, "port": ready.port}}
    asked = {"period_seconds": ASKED_EVERY, "failure_threshold": ASKED_AT_MOST}
    return {"startup_probe": action | asked}


def _affinity(given: NodeAffinity) -> dict[str, Any]:
    node: dict[str, Any] = {}
    if given.required:
        terms = {"node_selector_terms": [_term(*given.required)]}
        node["required_during_scheduling_ignored_during_execution"] = terms
    if given.preferred:
        node["preferred_during_scheduling_ignored_during_execution"] = [
            {"weight": 1, "preference": _term(term)} for term in given.preferred
        ]
    return {"node_affinity": node}


def _term(*terms: NodeTerm) -> dict[str, Any]:
    return {
        "match_expressions": [
            {"key": term.key, "operator": term.operator}
            | ({"values": list(term.values)} if term.values else {})
            for term in terms
        ]
    }


def volume(name: str, given: UserVolume) -> dict[str, Any]:
    """Answer a volume that the environment adds."""
    match given:
        case ClaimVolume():
            claim: dict[str, Any] = {"claim_name": given.claim}
            claim |= {"read_only": True} if given.read_only else {}
            return {"name": name, "persistent_volume_claim": claim}
        case ConfigMapVolume():
            return {"name": name, "config_map": {"name": given.config_map}}
        case SecretVolume():
            return secret_files(name, given.files)
        case ScratchVolume():
            return {"name": name, "empty_dir": {"size_limit": given.size}}


def secret_files(name: str, files: Mapping[str, SecretKey | ConfigMapKey]) -> dict[str, Any]:
    """Answer keys of Secrets and ConfigMaps as files of one volume for the pod's group."""
    sources = [
        {kind: {"name": where, "items": [{"key": given.key, "path": file}]}}
        for file, given in sorted(files.items())
        for kind, where in [
            ("secret", given.name)
            if isinstance(given, SecretKey)
            else ("config_map", given.config_map)
        ]
    ]
    return {"name": name, "projected": {"default_mode": SECRET_MODE, "sources": sources}}


def authority(ca: Authority | None) -> list[dict[str, Any]]:
    """Answer the certificates that the database's is verified by, if not known everywhere."""
    return [secret_files("postgres-ca", {CA_FILE: ca})] if ca else []


def mount(name: str, given: UserVolume, path: str) -> dict[str, Any]:
    """Answer where a container sees a volume that the environment adds."""
    writable = isinstance(given, ScratchVolume) or (
        isinstance(given, ClaimVolume) and not given.read_only
    )
    return {"name": name, "mount_path": path} | ({} if writable else {"read_only": True})


def variables(values: SecretsAndTexts) -> list[dict[str, Any]]:
    """Answer environment variables in the order of their names."""
    return [{"name": name} | _value(value) for name, value in sorted(values.items())]


def _value(value: str | SecretKey) -> dict[str, Any]:
    if isinstance(value, SecretKey):
        return {"value_from": {"secret_key_ref": {"name": value.name, "key": value.key}}}
    return {"value": literal(value)}


def requirements(resources: Resources) -> dict[str, Any]:
    """Answer requests and limits."""
    return {"requests": resources.requests, "limits": resources.limits}
