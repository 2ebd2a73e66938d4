"""Jaeger v2: traces received, kept and shown."""

from typing import TYPE_CHECKING, Any

from floe_constructs.jaeger.spec import JaegerSettings, JaegerSpec

if TYPE_CHECKING:
    from floe_constructs.jaeger.jaeger import Jaeger

__all__ = ["Jaeger", "JaegerSettings", "JaegerSpec"]


def __getattr__(name: str) -> Any:
    """Import the construct when it is first asked for, because that starts Node."""
    if name == "Jaeger":
        from floe_constructs.jaeger.jaeger import Jaeger

        return Jaeger
    raise AttributeError(name)
