"""Preflight: proof that the services an environment relies on work, before anything is rolled out.

What is checked is data (`targets`), so that a gate in a cluster, a CI job and a laptop check alike.
"""

from typing import TYPE_CHECKING, Any

from floe_constructs.preflight.needs import needs
from floe_constructs.preflight.spec import Account, GateSettings, PreflightSpec, Suite
from floe_constructs.preflight.targets import ClusterNeeds, PreflightConfig

if TYPE_CHECKING:
    from floe_constructs.preflight.cluster import ClusterGate
    from floe_constructs.preflight.preflight import Preflight

__all__ = [
    "Account",
    "ClusterGate",
    "ClusterNeeds",
    "GateSettings",
    "Preflight",
    "PreflightConfig",
    "PreflightSpec",
    "Suite",
    "needs",
]


def __getattr__(name: str) -> Any:
    """Import a construct when it is first asked for, because that starts Node."""
    if name == "Preflight":
        from floe_constructs.preflight.preflight import Preflight

        return Preflight
    if name == "ClusterGate":
        from floe_constructs.preflight.cluster import ClusterGate

        return ClusterGate
    raise AttributeError(name)
