"""Which Secrets Stakater Reloader has to watch for a workload."""

from collections.abc import Iterator, Mapping
from typing import Any

from floe_deploy.manifests import Manifest

ANNOTATION = "secret.reloader.stakater.com/reload"

_KINDS = frozenset({"Deployment", "StatefulSet"})


def watched(manifest: Manifest) -> Manifest:
    """Answer a workload with the names of the Secrets that need a restart when they change.

    Those are what containers read once: variables, and files mounted by `subPath`, which the
    kubelet never updates. It does update other files, so that they need none.
    """
    if manifest["kind"] not in _KINDS:
        return manifest
    names = sorted(set(_read_once(manifest["spec"]["template"]["spec"])))
    if not names:
        return manifest
    metadata = manifest["metadata"]
    annotations = metadata.get("annotations", {}) | {ANNOTATION: ",".join(names)}
    return manifest | {"metadata": metadata | {"annotations": annotations}}


def _read_once(pod: Mapping[str, Any]) -> Iterator[str]:
    secrets = {volume["name"]: list(_secrets(volume)) for volume in pod.get("volumes", ())}
    for container in (*pod.get("initContainers", ()), *pod["containers"]):
        for variable in container.get("env", ()):
            if key := variable.get("valueFrom", {}).get("secretKeyRef"):
                yield key["name"]
        for source in container.get("envFrom", ()):
            if secret := source.get("secretRef"):
                yield secret["name"]
        for mount in container.get("volumeMounts", ()):
            if mount.get("subPath"):
                yield from secrets.get(mount["name"], ())


def _secrets(volume: Mapping[str, Any]) -> Iterator[str]:
    if secret := volume.get("secret"):
        yield secret["secretName"]
    for source in volume.get("projected", {}).get("sources", ()):
        if secret := source.get("secret"):
            yield secret["name"]
