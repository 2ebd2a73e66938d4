"""Marquez: where lineage is received, kept and shown."""

from typing import TYPE_CHECKING, Any

from floe_constructs.marquez.spec import MarquezSettings, MarquezSpec

if TYPE_CHECKING:
    from floe_constructs.marquez.marquez import Marquez

__all__ = ["Marquez", "MarquezSettings", "MarquezSpec"]


def __getattr__(name: str) -> Any:
    """Import the construct when it is first asked for, because that starts Node."""
    if name == "Marquez":
        from floe_constructs.marquez.marquez import Marquez

        return Marquez
    raise AttributeError(name)
