"""What Cube and Cube Store need to be right, each from a fault that somebody had."""

import re
from collections.abc import Iterator
from typing import Any

from floe_deploy.rules.objects import Object
from floe_deploy.rules.rule import Breach, Rule
from floe_deploy.rules.shape import entries, number, text

_REMOTE = (
    "CUBESTORE_S3_BUCKET",
    "CUBESTORE_GCS_BUCKET",
    "CUBESTORE_MINIO_BUCKET",
    "CUBESTORE_AZURE_CONTAINER",
    "CUBESTORE_REMOTE_DIR",
)
"""What names each kind of storage; Cube Store takes the first that it comes upon."""

_BUCKETS = _REMOTE[:3]
_EXPORT = re.compile(r"CUBEJS_(DS_[A-Z0-9_]+_)?DB_EXPORT_BUCKET")
_ROLE = frozenset(
    {
        "CUBEJS_MAX_SESSIONS",
        "CUBEJS_PG_SQL_PORT",
        "CUBEJS_PRE_AGGREGATIONS_BUILDER",
        "CUBEJS_REFRESH_WORKER",
        "CUBEJS_ROLLUP_ONLY",
        "CUBEJS_SQL_PASSWORD",
        "CUBEJS_SQL_SUPER_USER",
        "CUBEJS_SQL_USER",
    }
)
"""What the API and the refresh worker are told differently."""

_CONF = "/cube/conf/"
_LOGIN = ("CUBEJS_API_SECRET", "CUBEJS_JWK_URL", "CUBEJS_JWT_KEY")


def _env(it: Object, prefix: str) -> dict[str, Any]:
    """Answer the variables with a prefix, as text or as where they come from."""
    return {
        text(one.get("name")): one.get("value", one.get("valueFrom"))
        for container in it.containers
        for one in entries(container.get("env"))
        if text(one.get("name")).startswith(prefix)
    }


def _is_router(it: Object) -> bool:
    return "CUBESTORE_META_PORT" in _env(it, "CUBESTORE_META_PORT")


def _is_server(it: Object) -> bool:
    return "CUBEJS_DB_TYPE" in _env(it, "CUBEJS_DB_TYPE")


def _is_refresh_worker(it: Object) -> bool:
    return _env(it, "CUBEJS_REFRESH_WORKER").get("CUBEJS_REFRESH_WORKER") == "true"


def _one_router(it: Object) -> Iterator[Breach]:
    if not _is_router(it):
        return
    if it.kind != "StatefulSet":
        yield Breach(found=f"a router that is a {it.kind}", allowed="a StatefulSet")
    elif number(it.spec.get("replicas"), 1) != 1:
        yield Breach(found=f"{it.spec['replicas']} routers", allowed="1")
    if "CUBESTORE_WORKER_PORT" in _env(it, "CUBESTORE_WORKER_PORT"):
        yield Breach(found="a router with CUBESTORE_WORKER_PORT, which makes it a worker")


def _workers(it: Object) -> Iterator[Breach]:
    """Compare the list with the pods there will be: its order decides where partitions go."""
    env = _env(it, "CUBESTORE_")
    if not env:
        return
    named = [one for one in text(env.get("CUBESTORE_WORKERS")).split(",") if one]
    there = [
        f"{one.name}-{index}.{text(one.spec.get('serviceName'))}:{port}"
        for one in it.among.of("StatefulSet")
        if (port := _env(one, "CUBESTORE_WORKER_PORT").get("CUBESTORE_WORKER_PORT"))
        for index in range(number(one.spec.get("replicas"), 1))
    ]
    if named != there:
        yield Breach(
            found=f"CUBESTORE_WORKERS: {','.join(named) or 'none'}",
            allowed=",".join(there) or "none",
        )


def _one_storage(it: Object) -> Iterator[Breach]:
    env = _env(it, "CUBESTORE_")
    named = [name for name in _REMOTE if name in env]
    if env and len(named) != 1:
        yield Breach(found=f"{' and '.join(named) or 'no storage'}", allowed="one of them")
    for router in it.among.of("StatefulSet"):
        theirs = _env(router, "CUBESTORE_")
        if (
            named
            and _is_router(router)
            and [env[one] for one in named] != [theirs.get(one) for one in named]
        ):
            yield Breach(found=f"another storage than {router} has")


def _export_bucket(it: Object) -> Iterator[Breach]:
    for bucket in [said for name, said in _env(it, "CUBEJS_").items() if _EXPORT.fullmatch(name)]:
        for store in it.among:
            if bucket in [_env(store, name).get(name) for name in _BUCKETS]:
                yield Breach(found=f"an export to the bucket of {store}")


def _dev_mode(it: Object) -> Iterator[Breach]:
    said = _env(it, "CUBEJS_DEV_MODE").get("CUBEJS_DEV_MODE", "false")
    if said not in ("false", ""):
        yield Breach(found=f"CUBEJS_DEV_MODE: {said if isinstance(said, str) else 'a reference'}")
    node = _env(it, "NODE_ENV").get("NODE_ENV", "production")
    if _is_server(it) and node != "production":
        yield Breach(found=f"NODE_ENV: {node if isinstance(node, str) else 'a reference'}")


def _login(it: Object) -> Iterator[Breach]:
    if _is_server(it) and not any(name in _env(it, "CUBEJS_") for name in _LOGIN):
        yield Breach(found="none of them", allowed=" or ".join(_LOGIN))


def _parity(it: Object) -> Iterator[Breach]:
    if not _is_refresh_worker(it):
        return
    own = _env(it, "CUBEJS_")
    for api in it.among:
        theirs = _env(api, "CUBEJS_") if api is not it else {}
        if "CUBEJS_DB_TYPE" in theirs and not _is_refresh_worker(api):
            names = (own.keys() | theirs.keys()) - _ROLE
            differ = sorted(name for name in names if own.get(name) != theirs.get(name))
            if differ:
                yield Breach(found=f"{', '.join(differ)}, which {api} has otherwise")


def _model(it: Object) -> Iterator[Breach]:
    if not _is_server(it) or it.pod is None:
        return
    folders = {
        text(volume.get("name"))
        for volume in entries(it.pod.spec.get("volumes"))
        if "configMap" in volume
    }
    for container in it.containers:
        for mount in entries(container.get("volumeMounts")):
            path = text(mount.get("mountPath"))
            if mount.get("name") in folders and "subPath" not in mount and _CONF in f"{path}/":
                yield Breach(found=f"a ConfigMap as the folder {path}")


RULES = (
    Rule(
        id="cube-one-router",
        summary="Cube Store has one router, which is a StatefulSet.",
        why="Two routers each write their own list of what there is over the other's: "
        "pre-aggregations are lost. A Deployment runs two while it rolls out.",
        remedy="make it a StatefulSet with one replica",
        check=_one_router,
    ),
    Rule(
        id="cube-workers",
        summary="Every node of Cube Store names exactly the workers there are, in their order.",
        why="Partitions go to workers by the order of the list: nodes that disagree look for "
        "them where they are not.",
        remedy="change the number of workers in the overlay, which names them to all",
        check=_workers,
    ),
    Rule(
        id="cube-one-storage",
        summary="Every node of Cube Store has one storage, and all the same.",
        why="Of two it silently takes one. A worker with another storage than the router finds "
        "no pre-aggregation.",
        remedy="name one storage, for all nodes",
        check=_one_storage,
    ),
    Rule(
        id="cube-export-bucket",
        summary="Cube exports to another bucket than the one that Cube Store keeps its own in.",
        why="Cube Store takes what it does not know for its own, and deletes it.",
        remedy="use two buckets",
        check=_export_bucket,
    ),
    Rule(
        id="cube-dev-mode",
        summary="Cube is not in its development mode.",
        why="It would answer requests without a token.",
        remedy="set CUBEJS_DEV_MODE to false, and NODE_ENV to production",
        check=_dev_mode,
    ),
    Rule(
        id="cube-login",
        summary="Cube has a secret or keys to check tokens with.",
        why="It would answer nobody, or everybody.",
        remedy="give `api_secret`",
        check=_login,
    ),
    Rule(
        id="cube-parity",
        summary="The refresh worker is told the same as the API, but for their roles.",
        why="The API does not find what the worker has built under other settings.",
        remedy="give both the same variables",
        check=_parity,
    ),
    Rule(
        id="cube-model-files",
        summary="Files of Cube's model are mounted one by one.",
        why="Cube walks into the links by which a mounted ConfigMap is kept up to date, finds "
        "each cube twice, and does not start.",
        remedy="mount each file with `subPath`, or bake the model into the image",
        check=_model,
    ),
)
