"""Metadata of the objects that belong to a workload."""

from collections.abc import Mapping

from cdk8s_plus_34 import k8s

from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.phase import ANNOTATION, Phase


def metadata(
    labels: Labels,
    name: str | None = None,
    *,
    phase: Phase | None = None,
    annotations: Mapping[str, str] | None = None,
) -> k8s.ObjectMeta:
    """Name (the workload's, when silent), labels and annotations.

    `phase` is for objects whose kind does not say when they are applied: Jobs, and the ConfigMaps
    and policies that they alone use.
    """
    phase = phase or labels.phase
    said = {} if phase is Phase.PLATFORM else {ANNOTATION: phase.value}
    texts = dict(annotations or {}) | said
    return k8s.ObjectMeta(
        name=name or labels.object_name, labels=labels.all, annotations=texts or None
    )
