"""Which Secrets Stakater Reloader has to watch for a workload."""

from collections.abc import Iterator, Mapping
from typing import Any

from floe_deploy.manifests import Manifest

ANNOTATION = "secret.reloader.stakater.com/reload"

_KINDS = frozenset({"Deployment", "StatefulSet"})


def watched(manifest: Manifest) -> Manifest:
    """Answer a workload with the names of the Secrets that its pods read, as variables or files.

    The kubelet updates files, but who reads them often does so once: Jaeger at its start, a
    cloud's client when it is made.
    """
    if manifest["kind"] not in _KINDS:
        return manifest
    names = sorted(set(_secrets(manifest["spec"]["template"]["spec"])))
    if not names:
        return manifest
    metadata = manifest["metadata"]
    annotations = metadata.get("annotations", {}) | {ANNOTATION: ",".join(names)}
    return manifest | {"metadata": metadata | {"annotations": annotations}}


def _secrets(pod: Mapping[str, Any]) -> Iterator[str]:
    for container in (*pod.get("initContainers", ()), *pod["containers"]):
        for variable in container.get("env", ()):
            if key := variable.get("valueFrom", {}).get("secretKeyRef"):
                yield key["name"]
        for source in container.get("envFrom", ()):
            if secret := source.get("secretRef"):
                yield secret["name"]
    for volume in pod.get("volumes", ()):
        if secret := volume.get("secret"):
            yield secret["secretName"]
        for source in volume.get("projected", {}).get("sources", ()):
            if secret := source.get("secret"):
                yield secret["name"]
