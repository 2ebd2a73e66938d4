"""Cube: the semantic layer, and the store of its pre-aggregations."""

from typing import TYPE_CHECKING, Any

from floe_constructs.cube.spec import CubeSettings, CubeSpec

if TYPE_CHECKING:
    from floe_constructs.cube.cube import Cube

__all__ = ["Cube", "CubeSettings", "CubeSpec"]


def __getattr__(name: str) -> Any:
    """Import the construct when it is first asked for, because that starts Node."""
    if name == "Cube":
        from floe_constructs.cube.cube import Cube

        return Cube
    raise AttributeError(name)
