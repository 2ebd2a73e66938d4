"""Which of Cube's pods get which credentials."""

from floe_constructs.cube import config
from floe_constructs.cube.flows import labels
from floe_constructs.cube.spec import CubeSpec
from floe_constructs.kubernetes.secret import Use, uses


def credentials(spec: CubeSpec) -> list[Use]:
    """Answer every credential of every role."""
    roles = {
        "api": config.api(spec),
        "refresh-worker": config.refresh_worker(spec),
        "store-router": config.router(spec),
    }
    if spec.store.workers:
        roles["store-worker"] = config.worker(spec)
    return [use for role, env in roles.items() for use in uses([labels(spec, role)], env)]
