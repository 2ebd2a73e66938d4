"""A login in front of an interface that has none: oauth2-proxy."""

from typing import TYPE_CHECKING, Any

from floe_constructs.login.spec import LoginSettings, LoginSpec

if TYPE_CHECKING:
    from floe_constructs.login.login import Login

__all__ = ["Login", "LoginSettings", "LoginSpec"]


def __getattr__(name: str) -> Any:
    """Import the construct when it is first asked for, because that starts Node."""
    if name == "Login":
        from floe_constructs.login.login import Login

        return Login
    raise AttributeError(name)
