"""What Cube's processes are told: their environment variables, ports and paths."""

from floe_constructs.cube.model import FOLDER
from floe_constructs.cube.spec import HTTP, CubeSpec
from floe_constructs.kubernetes.environment import Expanded, PodField, Variable, Variables
from floe_constructs.kubernetes.workload import Workload

ROUTER, WORKER = "cube-store-router", "cube-store-worker"
"""Services of Cube Store; the latter is headless and gives each worker a name."""

STORE_HTTP, STORE_META, STORE_STATUS, STORE_MYSQL, STORE_WORKER = 3030, 9999, 3031, 3306, 10001

_YOUNG = "--max-semi-space-size=16"
"""MiB of each of the three spaces of young objects, which come on top of what `max-old-space-size`
says. Node 24 would take 64, and with a small limit end above the container's memory."""

CACHE = "/cube/.cubestore"
"""Where Cube Store's cache is mounted; its files go one level below, which the pod may create."""


def api(spec: CubeSpec) -> Variables:
    """Variables of the pods that answer queries."""
    env = _server(spec, spec.api)
    env |= {"CUBEJS_REFRESH_WORKER": "false", "CUBEJS_PRE_AGGREGATIONS_BUILDER": "false"}
    if spec.sql_api:
        env |= {
            "CUBEJS_PG_SQL_PORT": str(spec.sql_api.port),
            "CUBEJS_SQL_USER": spec.sql_api.user,
            "CUBEJS_SQL_PASSWORD": spec.sql_api.password,
        }
    return env


def refresh_worker(spec: CubeSpec) -> Variables:
    """Variables of the pod that builds pre-aggregations."""
    return _server(spec, spec.refresh_worker) | {
        "CUBEJS_REFRESH_WORKER": "true",
        "CUBEJS_PRE_AGGREGATIONS_BUILDER": "true",
    }


def _server(spec: CubeSpec, settings: Workload) -> dict[str, Variable]:
    """Variables that both must have alike, or one would not find what the other has built."""
    env: dict[str, Variable] = {
        "CUBEJS_API_SECRET": spec.api_secret,
        "CUBEJS_CACHE_AND_QUEUE_DRIVER": "cubestore",
        "CUBEJS_CUBESTORE_HOST": ROUTER,
        "CUBEJS_CUBESTORE_PORT": str(STORE_HTTP),
        "CUBEJS_DEV_MODE": "false",  # it would accept requests without a token
        "CUBEJS_PRE_AGGREGATIONS_SCHEMA": _schema(spec.instance),
        "CUBEJS_SCHEDULED_REFRESH_TIMEZONES": ",".join(spec.time_zones),
        "CUBEJS_SCHEMA_PATH": FOLDER,
        "CUBEJS_TELEMETRY": "false",
        "HOME": "/tmp",  # noqa: S108  the one folder that may be written to
        "NODE_OPTIONS": f"--max-old-space-size={spec.heap(settings)} {_YOUNG}",
        "PORT": str(HTTP),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if spec.concurrency:
        env["CUBEJS_CONCURRENCY"] = str(spec.concurrency)
    if spec.refresh_concurrency:
        env["CUBEJS_REFRESH_WORKER_CONCURRENCY"] = str(spec.refresh_concurrency)
    return env | dict(spec.source.variables) | spec.export_bucket


def _schema(instance: str) -> str:
    """Answer a schema of its own for each installation: Cube drops what it has not made itself."""
    return f"{instance.replace('-', '_')}_pre_aggregations"


def router(spec: CubeSpec) -> Variables:
    """Variables of the router; CUBESTORE_WORKER_PORT would make it a worker."""
    return _store(spec) | {
        "CUBESTORE_META_PORT": str(STORE_META),
        "CUBESTORE_SERVER_NAME": f"{ROUTER}:{STORE_META}",
    }


def worker(spec: CubeSpec) -> Variables:
    """Variables of a worker; it counts as one because its name is among CUBESTORE_WORKERS."""
    return _store(spec) | {
        "CUBESTORE_META_ADDR": f"{ROUTER}:{STORE_META}",
        "CUBESTORE_SERVER_NAME": Expanded(f"$(POD_NAME).{WORKER}:{STORE_WORKER}"),
        "CUBESTORE_WORKER_PORT": str(STORE_WORKER),
        "POD_NAME": PodField("metadata.name"),
    }


def _store(spec: CubeSpec) -> dict[str, Variable]:
    """Variables of every node of Cube Store; the order of workers decides where partitions go."""
    env: dict[str, Variable] = {
        "CUBESTORE_DATA_DIR": f"{CACHE}/data",
        "CUBESTORE_HTTP_PORT": str(STORE_HTTP),
        "CUBESTORE_PORT": str(STORE_MYSQL),
        "CUBESTORE_STATUS_PORT": str(STORE_STATUS),
        "CUBESTORE_TELEMETRY": "false",
    }
    if spec.store.workers:
        env["CUBESTORE_WORKERS"] = ",".join(
            f"{WORKER}-{number}.{WORKER}:{STORE_WORKER}"
            for number in range(spec.store.workers.replicas)
        )
    return env | dict(spec.store.storage.variables)
