"""What Cube's processes are told: their environment variables, ports and paths."""

from floe_constructs.cube.duckdb import DuckDbSource
from floe_constructs.cube.model import FOLDER
from floe_constructs.cube.source import Source
from floe_constructs.cube.spec import DEFAULT, CubeSpec
from floe_constructs.cube.sql_api import HTTP
from floe_constructs.cube.storage import KEYS, GcsStorage
from floe_constructs.cube.token import FOLDER as TOKENS
from floe_constructs.kubernetes.authority import Authority
from floe_constructs.kubernetes.environment import Expanded, PodField, Variable, Variables
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.workload import Workload

ROUTER, WORKER = "cube-store-router", "cube-store-worker"
"""Services of Cube Store; the latter is headless and gives each worker a name."""

STORE_HTTP, STORE_META, STORE_STATUS, STORE_MYSQL, STORE_WORKER = 3030, 9999, 3031, 3306, 10001

_YOUNG = "--max-semi-space-size=16"
"""MiB of each of the three spaces of young objects, which come on top of what `max-old-space-size`
says. Node 24 would take 64, and with a small limit end above the container's memory."""

SOURCES = "/etc/floe/sources"
"""Where pods find files that data sources need, a folder for each."""

_IDLE_MILLISECONDS = 75_000
"""How long a connection is kept: longer than load balancers do (60 s), or they use a closed one."""

LEAVING_SECONDS = 5
"""How long the API goes on as if nothing were: told to end, it answers anything new with 503, which
is still sent to it until all nodes and load balancers know."""

_GOING_SECONDS = 20
"""How long queries may still take then; a second later it ends. A pod gets 30 s altogether."""

CACHE = "/cube/.cubestore"
"""Where Cube Store's cache is mounted; its files go one level below, which the pod may create."""


def api(spec: CubeSpec) -> Variables:
    """Variables of the pods that answer queries."""
    env = _server(spec, spec.api)
    env |= {"CUBEJS_REFRESH_WORKER": "false", "CUBEJS_PRE_AGGREGATIONS_BUILDER": "false"}
    if spec.rollup_only:
        env["CUBEJS_ROLLUP_ONLY"] = "true"
    if spec.sql_api:
        env |= {
            "CUBEJS_PG_SQL_PORT": str(spec.sql_api.port),
            "CUBEJS_SQL_USER": spec.sql_api.user,
            "CUBEJS_SQL_PASSWORD": spec.sql_api.password,
            "CUBEJS_MAX_SESSIONS": str(spec.sql_api.max_sessions),
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
        "CUBEJS_CACHE_AND_QUEUE_DRIVER": "cubestore",
        "CUBEJS_CUBESTORE_HOST": ROUTER,
        "CUBEJS_CUBESTORE_PORT": str(STORE_HTTP),
        "CUBEJS_DEV_MODE": "false",  # it would accept requests without a token
        "CUBEJS_EXTERNAL_DEFAULT": "true" if spec.external_pre_aggregations else "false",
        "CUBEJS_GRACEFUL_SHUTDOWN": str(_GOING_SECONDS),
        "CUBEJS_LOG_LEVEL": spec.log_level,
        "CUBEJS_PRE_AGGREGATIONS_SCHEMA": _schema(spec.instance),
        "CUBEJS_SCHEDULED_REFRESH_TIMEZONES": ",".join(spec.time_zones),
        "CUBEJS_SCHEMA_PATH": FOLDER,
        "CUBEJS_SERVER_HEADERS_TIMEOUT": str(_IDLE_MILLISECONDS + 1000),
        "CUBEJS_SERVER_KEEP_ALIVE_TIMEOUT": str(_IDLE_MILLISECONDS),
        "CUBEJS_TELEMETRY": "false",
        "HOME": _home(spec),
        "NODE_ENV": "production",  # anything else is another name of the development mode
        "NODE_OPTIONS": f"--max-old-space-size={spec.heap(settings)} {_YOUNG}",
        "PORT": str(HTTP),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    given = {
        "CUBEJS_REFRESH_WORKER_CONCURRENCY": spec.refresh_concurrency,
        "CUBEJS_DB_QUERY_LIMIT": spec.query_limit,
        "CUBEJS_DB_QUERY_DEFAULT_LIMIT": spec.query_default_limit,
        "CUBEJS_DEFAULT_API_SCOPES": ",".join(spec.api_scopes),
        "FLOE_REFRESH_SCHEDULE": spec.refresh_schedule,
        "FLOE_REFRESH_TIME_ZONE": spec.time_zones[0] if spec.refresh_schedule else None,
    }
    env |= {name: str(value) for name, value in given.items() if value}
    if spec.api_secret:
        env["CUBEJS_API_SECRET"] = spec.api_secret
    env |= dict(spec.jwt.variables if spec.jwt else {})
    if spec.sources:
        env["CUBEJS_DATASOURCES"] = ",".join(spec.all_sources)
    for name, source in spec.all_sources.items():
        env |= _of_source(spec, name, source)
    return env


def _home(spec: CubeSpec) -> str:
    """Answer where programs look for what is theirs: DuckDB for extensions that the image has."""
    baked = [one.home for one in spec.all_sources.values() if isinstance(one, DuckDbSource)]
    return next(filter(None, baked), "/tmp")  # noqa: S108  the one folder that may be written to


def server_files(spec: CubeSpec) -> dict[str, dict[str, Authority]]:
    """Answer what API and refresh worker get out of Secrets and ConfigMaps, by folder and file."""
    found = {f"{SOURCES}/{name}": dict(one.in_folder) for name, one in spec.all_sources.items()}
    found |= {TOKENS: dict(spec.jwt.files)} if spec.jwt else {}
    return {folder: files for folder, files in found.items() if files}


def store_files(spec: CubeSpec) -> dict[str, dict[str, SecretKey]]:
    """Answer what Cube Store gets out of Secrets, by folder and file."""
    storage = spec.store.storage
    return {KEYS: storage.files} if isinstance(storage, GcsStorage) else {}


def _of_source(spec: CubeSpec, name: str, source: Source) -> dict[str, Variable]:
    """Answer the variables of a data source; but for the default one, with its name in theirs."""
    given = dict(source.variables(f"{SOURCES}/{name}"))
    if spec.concurrency:
        given["CUBEJS_CONCURRENCY"] = str(spec.concurrency)
    if spec.query_timeout:
        given["CUBEJS_DB_QUERY_TIMEOUT"] = spec.query_timeout
    if name == DEFAULT:
        return given
    return {
        f"CUBEJS_DS_{name.upper()}_{variable.removeprefix('CUBEJS_')}": value
        for variable, value in given.items()
    }


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
