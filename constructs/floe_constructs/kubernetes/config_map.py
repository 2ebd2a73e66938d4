"""ConfigMaps out of rendered files."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.files import Files
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.metadata import metadata
from floe_constructs.kubernetes.phase import Phase


def config_map(
    scope: Construct, labels: Labels, files: Files, *, phase: Phase | None = None
) -> None:
    """The ConfigMap that carries the files; `phase` where a Job alone uses it."""
    k8s.KubeConfigMap(
        scope,
        f"config-map-{files.name}",
        metadata=metadata(labels, files.name, phase=phase),
        data=dict(files.data),
    )
