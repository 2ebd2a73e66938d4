"""What has to be in the cluster."""

from pydantic import Field

from floe_constructs.preflight.targets.kept import Text
from floe_constructs.spec import Spec


class ClusterNeeds(Spec):
    """What has to be in the cluster before the platform: asked of its API server."""

    kinds: dict[Text, tuple[Text, ...]] = Field(default_factory=dict)
    """Kinds of custom resources, by group and version: `external-secrets.io/v1`."""

    storage_classes: tuple[Text, ...] = ()
    """StorageClasses."""

    default_storage_class: bool = False
    """Whether one of them has to be the default."""

    ingress_classes: tuple[Text, ...] = ()
    """IngressClasses."""

    gateway_classes: tuple[Text, ...] = ()
    """GatewayClasses."""

    priority_classes: tuple[Text, ...] = ()
    """PriorityClasses."""

    kubernetes: Text | None = None
    """Minor that the manifests are for."""
