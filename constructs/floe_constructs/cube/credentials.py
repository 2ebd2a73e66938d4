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
    found = []
    for role, env in roles.items():
        of_store = role.startswith("store")
        folders = config.store_files(spec) if of_store else config.server_files(spec)
        files = {f"{at}/{name}": key for at, some in folders.items() for name, key in some.items()}
        found += uses([labels(spec, role)], env, files)
    return found
