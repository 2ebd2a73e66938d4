"""Where a login is reached, and what it talks to."""

from floe_constructs.kubernetes.endpoint import Flow
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.login.spec import LoginSpec


def labels(spec: LoginSpec) -> Labels:
    """Labels of the pods before one interface."""
    return Labels(name="login", instance=spec.instance, component=spec.interface)


def flows(spec: LoginSpec) -> list[Flow]:
    """Answer what the pods talk to beside the interface."""
    provider = spec.endpoint
    return [Flow(source=labels(spec), target=provider, port=provider.port, why="log users in")]
