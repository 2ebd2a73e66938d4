"""Dagster: webserver, daemon and code locations, with runs in pods of their own."""

from typing import TYPE_CHECKING, Any

from floe_constructs.dagster.spec import DagsterSettings, DagsterSpec

if TYPE_CHECKING:
    from floe_constructs.dagster.dagster import Dagster

__all__ = ["Dagster", "DagsterSettings", "DagsterSpec"]


def __getattr__(name: str) -> Any:
    """Import the construct when it is first asked for, because that starts Node."""
    if name == "Dagster":
        from floe_constructs.dagster.dagster import Dagster

        return Dagster
    raise AttributeError(name)
