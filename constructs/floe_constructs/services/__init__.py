"""Services that an environment brings itself: object store, catalog, PostgreSQL, their Secrets."""

from typing import TYPE_CHECKING, Any

from floe_constructs.services.spec import Services, ServicesSpec

if TYPE_CHECKING:
    from floe_constructs.services.brought import BroughtServices

__all__ = ["BroughtServices", "Services", "ServicesSpec"]


def __getattr__(name: str) -> Any:
    """Import the construct when it is first asked for, because that starts Node."""
    if name == "BroughtServices":
        from floe_constructs.services.brought import BroughtServices

        return BroughtServices
    raise AttributeError(name)
