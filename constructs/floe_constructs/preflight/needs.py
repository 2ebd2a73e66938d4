"""What rendered objects need of the cluster that they are for."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from floe_constructs.preflight.targets import ClusterNeeds

_OWN = frozenset(
    {
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "internal.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
        "storagemigration.k8s.io",
    }
)
"""Groups that every cluster has, beside those without a dot."""

_SYSTEM = "system-"
"""How the PriorityClasses begin that every cluster has."""

Manifest = Mapping[str, Any]


def needs(objects: Iterable[Manifest], kubernetes: str | None = None) -> ClusterNeeds:
    """Answer what has to be there and is none of the objects: kinds, and classes by name."""
    objects = list(objects)
    claims = [claim for item in objects for claim in _claims(item)]
    classes = {claim.get("spec", {}).get("storageClassName") for claim in claims}
    return ClusterNeeds(
        kinds=_kinds(objects),
        storage_classes=_missing(objects, "StorageClass", classes),
        default_storage_class=None in classes,
        ingress_classes=_missing(objects, "IngressClass", _said(objects, "ingressClassName")),
        gateway_classes=_missing(objects, "GatewayClass", _said(objects, "gatewayClassName")),
        priority_classes=_missing(objects, "PriorityClass", _priorities(objects)),
        kubernetes=kubernetes,
    )


def _kinds(objects: Iterable[Manifest]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    brought = {
        (item["spec"]["group"], item["spec"]["names"]["kind"])
        for item in objects
        if item["kind"] == "CustomResourceDefinition"
    }
    for item in objects:
        group = item["apiVersion"].rpartition("/")[0]
        if "." in group and group not in _OWN and (group, item["kind"]) not in brought:
            found.setdefault(item["apiVersion"], set()).add(item["kind"])
    return {version: tuple(sorted(found[version])) for version in sorted(found)}


def _missing(
    objects: Iterable[Manifest], kind: str, names: Iterable[str | None]
) -> tuple[str, ...]:
    brought = {item["metadata"]["name"] for item in objects if item["kind"] == kind}
    # An empty StorageClass asks for a volume that somebody has made by hand.
    return tuple(sorted({name for name in names if name} - brought))


def _claims(item: Manifest) -> list[Manifest]:
    if item["kind"] == "PersistentVolumeClaim":
        return [item]
    found: list[Manifest] = item.get("spec", {}).get("volumeClaimTemplates", [])
    return found if item["kind"] == "StatefulSet" else []


def _said(objects: Iterable[Manifest], field: str) -> set[str | None]:
    return {item.get("spec", {}).get(field) for item in objects}


def _priorities(objects: Iterable[Manifest]) -> Iterator[str]:
    for item in objects:
        spec = item.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        name = spec.get("template", {}).get("spec", {}).get("priorityClassName", "")
        if not name.startswith(_SYSTEM):
            yield name
