"""Every code that a report may hold, for whoever lists them or takes one from a user."""

import importlib
import pkgutil

from floe_deploy import preflight
from floe_deploy.preflight.code import Code


def codes() -> dict[str, tuple[Code, ...]]:
    """Answer the codes by the service that is asked: the module or package that has its checks.

    Modules are found, not named here: one that is added to the package is in the reference. None
    imports an extra before its check runs.
    """
    found: dict[str, tuple[Code, ...]] = {}
    for module in pkgutil.walk_packages(preflight.__path__, f"{preflight.__name__}."):
        said = getattr(importlib.import_module(module.name), "CODES", ())
        if said:
            found[_service(module.name)] = said
    return found


def ids() -> list[str]:
    """Answer the ids of all codes."""
    return sorted(code.id for said in codes().values() for code in said)


def _service(module: str) -> str:
    _, _, inner = module.partition(".checks.")
    return inner.partition(".")[0] or module.rpartition(".")[2]
