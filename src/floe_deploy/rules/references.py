"""What a pod refers to by name, in its own specification and in what Dagster makes pods from."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from floe_deploy.rules.shape import entries, inside, mapping, text

_UNDERSCORE = re.compile(r"_([a-z])")
_FOLDERS = {"configMap": "ConfigMap", "secret": "Secret"}


@dataclass(frozen=True)
class Reference:
    """One object that has to be there, and the key in it."""

    kind: str
    name: str
    key: str = ""
    """Key in its data; empty where any will do."""


def references(pod: dict[str, Any]) -> Iterator[Reference]:
    """Answer what a pod refers to, but for what it can do without (`optional`)."""
    for container in _containers(pod):
        for variable in entries(container.get("env")):
            source = mapping(variable.get("valueFrom"))
            yield from _data("ConfigMap", source.get("configMapKeyRef"))
            yield from _data("Secret", source.get("secretKeyRef"))
        for source in entries(container.get("envFrom")):
            yield from _data("ConfigMap", source.get("configMapRef"))
            yield from _data("Secret", source.get("secretRef"))
    for volume in entries(pod.get("volumes")):
        yield from _volume(volume, _paths(pod, volume.get("name")))
    for kind, field in (
        ("ServiceAccount", "serviceAccountName"),
        ("PriorityClass", "priorityClassName"),
    ):
        if name := text(pod.get(field)):
            yield Reference(kind, name)
    for secret in entries(pod.get("imagePullSecrets")):
        yield from _data("Secret", secret)


def _containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return entries(pod.get("initContainers")) + entries(pod.get("containers"))


def _data(kind: str, source: object, key: str = "") -> Iterator[Reference]:
    source = mapping(source)
    if (name := text(source.get("name"))) and source.get("optional") is not True:
        yield Reference(kind, name, key or text(source.get("key")))


def _paths(pod: dict[str, Any], volume: object) -> list[str]:
    """Answer which files of a volume containers mount one by one."""
    mounts = [
        mount for container in _containers(pod) for mount in entries(container.get("volumeMounts"))
    ]
    paths = [text(mount.get("subPath")) for mount in mounts if mount.get("name") == volume]
    return [path for path in paths if path]


def _volume(volume: dict[str, Any], mounted: list[str]) -> Iterator[Reference]:
    projected = entries(inside(volume, "projected").get("sources"))
    for source in [volume, *projected]:
        for field, kind in _FOLDERS.items():
            said = mapping(source.get(field))
            name = said.get("secretName") if "secretName" in said else said.get("name")
            where = {"name": name, "optional": said.get("optional")}
            items = entries(said.get("items"))
            files = {text(item.get("path")): text(item.get("key")) for item in items}
            keys = [*files.values(), *(files.get(path, path) for path in mounted if not projected)]
            for key in dict.fromkeys(keys or [""]):
                yield from _data(kind, where, key)
    if claim := text(inside(volume, "persistentVolumeClaim").get("claimName")):
        yield Reference("PersistentVolumeClaim", claim)


def launched(settings: object) -> dict[str, Any]:
    """Answer what Dagster's settings of a run say of its pod, as a pod would say it.

    Both the run launcher's `config` and a code location's container context have this form; their
    keys are in snake case.
    """
    said = _camel(mapping(settings))
    run = inside(said, "runK8sConfig")
    pod = mapping(run.get("podSpecConfig"))
    container = mapping(run.get("containerConfig"))
    merged = {
        "env": [*entries(said.get("env")), *entries(container.get("env"))],
        "envFrom": [
            *({"secretRef": {"name": name}} for name in _names(said.get("envSecrets"))),
            *({"configMapRef": {"name": name}} for name in _names(said.get("envConfigMaps"))),
            *entries(container.get("envFrom")),
        ],
        "volumeMounts": [
            *entries(said.get("volumeMounts")), *entries(container.get("volumeMounts"))
        ],
    }  # fmt: skip
    home = {"name": "", "configMap": {"name": said.get("instanceConfigMap")}}
    return pod | {
        "containers": [container | merged],
        "volumes": [*entries(said.get("volumes")), *entries(pod.get("volumes")), home],
        "imagePullSecrets": entries(said.get("imagePullSecrets")),
        "serviceAccountName": said.get("serviceAccountName") or pod.get("serviceAccountName"),
    }


def _names(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {_in_camel(key): _camel(inner) for key, inner in value.items()}
    return [_camel(item) for item in value] if isinstance(value, list) else value


def _in_camel(key: object) -> str:
    return _UNDERSCORE.sub(lambda match: match[1].upper(), str(key))
