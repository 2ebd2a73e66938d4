"""Cases of what Cube, Dagster, Jaeger and Marquez need."""

from typing import Any

import yaml

from floe_constructs.cube.security import RowLevelSecurity, configuration
from rule_cases import DELETE, PROD, Cases, Change, World, add, one, put, set_at, thing

ROWS = configuration(RowLevelSecurity(column="region"), None)
POD = "spec template spec"
FIRST = f"{POD} containers 0"
API, REFRESH = "Deployment/cube-api", "Deployment/cube-refresh-worker"
ROUTER, WORKER = "StatefulSet/cube-store-router", "StatefulSet/cube-store-worker"
SERVICE = "Service/cube-store-router"
QUERY, COLLECTOR = "ConfigMap/jaeger-query", "ConfigMap/jaeger-collector"
MARQUEZ, DAEMON = "Deployment/marquez-api", "Deployment/dagster-daemon"
RETENTION = "CronJob/marquez-retention"
MEMORY = {"memory": {"max_traces": 1}}
SCALER = thing(
    "HorizontalPodAutoscaler",
    "jaeger-query",
    "autoscaling/v2",
    metadata={"labels": one(PROD, "Deployment/jaeger-query")["metadata"]["labels"]},
    spec={
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "jaeger-query"},
        "maxReplicas": 3,
    },
)


def env(name: str, variable: str, value: Any) -> Change:
    """Answer a change of one variable of an object's first container; DELETE removes it."""

    def change(world: World) -> None:
        container = one(world, name)["spec"]["template"]["spec"]["containers"][0]
        given = [item for item in container["env"] if item["name"] != variable]
        container["env"] = (
            given if value is DELETE else [*given, {"name": variable, "value": value}]
        )

    return change


def both(variable: str, value: Any) -> tuple[Change, ...]:
    return env(API, variable, value), env(REFRESH, variable, value)


def stores(variable: str, value: Any) -> tuple[Change, ...]:
    return env(ROUTER, variable, value), env(WORKER, variable, value)


def measured(**filtering: object) -> tuple[Change, ...]:
    """Answer a model with a measure that sets filters aside, where rows are told apart."""
    measure = {"name": "share", "multi_stage": True, "type": "number", "filter": filtering}
    model = {"cubes": [{"name": "orders", "measures": [measure]}]}
    files = {"orders.yml": yaml.safe_dump(model)}
    unread = {"annotations": {"kustomize.toolkit.fluxcd.io/substitute": "disabled"}}
    rows = thing("ConfigMap", "cube-config", metadata=unread, data=dict(ROWS.data))
    return (
        add("50-platform/rows.yaml", rows),
        add("50-platform/model.yaml", thing("ConfigMap", "cube-model", data=files)),
    )


def config(name: str, path: str, value: Any, file: str = "config.yaml") -> Change:
    """Answer a change within a YAML file of a ConfigMap."""

    def change(world: World) -> None:
        manifest = one(world, name)
        said = yaml.safe_load(manifest["data"][file])
        set_at(said, path, value)
        manifest["data"][file] = yaml.safe_dump(said)

    return change


def mounted(path: str, **mount: Any) -> tuple[Change, ...]:
    return (
        put(API, f"{POD} volumes 1", {"name": "model", "configMap": {"name": "cube-model"}}),
        put(API, f"{FIRST} volumeMounts 1", {"name": "model", "mountPath": path} | mount),
        add("50-platform/m.yaml", thing("ConfigMap", "cube-model", data={"a.yml": "cubes: []"})),
    )


BROKEN: Cases = {
    "cube-one-router": [
        (
            put(ROUTER, "spec replicas", 2),
            put("Service/cube-store-router", "spec clusterIP", "None"),
        ),
        (put(ROUTER, "spec replicas", 0),),
    ],
    "cube-workers": [
        (put(WORKER, "spec replicas", 2),),
        (put(WORKER, "spec replicas", 4),),
        stores(
            "CUBESTORE_WORKERS",
            "cube-store-worker-1.cube-store-worker:10001,"
            "cube-store-worker-0.cube-store-worker:10001,"
            "cube-store-worker-2.cube-store-worker:10001",
        ),
        (env(WORKER, "CUBESTORE_WORKERS", DELETE),),
        (env(WORKER, "CUBESTORE_WORKER_PORT", "9001"),),
    ],
    "cube-one-storage": [
        stores("CUBESTORE_S3_BUCKET", DELETE),
        stores("CUBESTORE_GCS_BUCKET", "floe"),
        (env(WORKER, "CUBESTORE_S3_BUCKET", "floe-other"),),
    ],
    "cube-export-bucket": [both("CUBEJS_DB_EXPORT_BUCKET", "floe-prod-cubestore")],
    "cube-dev-mode": [both("CUBEJS_DEV_MODE", "true")],
    "cube-login": [both("CUBEJS_API_SECRET", DELETE)],
    "cube-parity": [
        (env(REFRESH, "CUBEJS_DB_HOST", "trino.example.com"),),
        (env(API, "CUBEJS_SCHEMA_PATH", DELETE),),
    ],
    "cube-model-files": [
        mounted("/cube/conf/model"),
        mounted("/cube/conf"),
    ],
    "cube-row-filter": [
        measured(mode="fixed"),
        measured(exclude=["status", "CUBE.region"]),
        measured(exclude="{orders.region}"),
        measured(keep_only=["status"]),
        measured(keep_only=[]),
    ],
    "dagster-one-daemon": [
        (put(DAEMON, "spec replicas", 2),),
        (put(DAEMON, "spec strategy", {"type": "RollingUpdate"}),),
    ],
    "jaeger-storage": [
        (config(COLLECTOR, "exporters jaeger_storage_exporter trace_storage", "other"),),
        (config(QUERY, "extensions jaeger_query storage traces", "other"),),
        (config(QUERY, "extensions jaeger_query storage traces_archive", "archive"),),
        (config(QUERY, "extensions jaeger_query storage metrics", "main"),),
        (config(QUERY, "extensions jaeger_storage backends main elasticsearch", {}),),
        (config(QUERY, "extensions jaeger_storage backends archive", {}),),
    ],
    "jaeger-one-pod": [
        (config(QUERY, "extensions jaeger_storage backends main", MEMORY),),
        (
            config(QUERY, "extensions jaeger_storage backends main", {"badger": {}}),
            put("Deployment/jaeger-query", "spec strategy", {"type": "Recreate"}),
        ),
        (
            config(QUERY, "extensions jaeger_storage backends main", MEMORY),
            put("Deployment/jaeger-query", "spec replicas", 1),
        ),
        (
            config(QUERY, "extensions jaeger_storage backends main", MEMORY),
            put("Deployment/jaeger-query", "spec replicas", DELETE),
            put("Deployment/jaeger-query", "spec strategy", {"type": "Recreate"}),
            add("hpa.yaml", SCALER),
        ),
    ],
    "jaeger-listener": [
        (config(COLLECTOR, "receivers zipkin", {}),),
        (config(QUERY, "extensions healthcheckv2 http endpoint", "localhost:13133"),),
        (config(QUERY, "extensions healthcheckv2 http endpoint", DELETE),),
        (config(QUERY, "extensions healthcheckv2 use_v2", DELETE),),
        (config(COLLECTOR, "receivers otlp protocols grpc endpoint", "127.0.0.1:4317"),),
        (config(COLLECTOR, "receivers otlp protocols http", {}),),
    ],
    "jaeger-base-path": [
        (config(QUERY, "extensions jaeger_query base_path", path),)
        for path in ("jaeger", "/jaeger/", "//jaeger", "/a/../b", "/a//b", "/a/.", "")
    ],
    "jaeger-feature-gate": [
        (config(QUERY, "extensions jaeger_storage backends main", {"clickhouse": {}}),),
    ],
    "marquez-config": [(env(MARQUEZ, "MARQUEZ_CONFIG", DELETE),)],
    "marquez-retention": [
        (config("ConfigMap/marquez-api", "dbRetention", {"frequencyMins": 15}, "config.yml"),),
        (config("ConfigMap/marquez-api", "dbRetention", None, "config.yml"),),
        (
            put(
                RETENTION,
                f"spec jobTemplate {POD} containers 0 command 2",
                'exec java -jar marquez.jar db-retention "$MARQUEZ_CONFIG"',
            ),
        ),
    ],
    "marquez-variables": [
        (env(MARQUEZ, "POSTGRES_USER", DELETE),),
        (put("ConfigMap/marquez-api", "data more", "level: ${LOG_LEVEL}"),),
    ],
}

KEPT: Cases = {
    "cube-one-router": [(put(ROUTER, "spec replicas", DELETE),)],
    "cube-workers": [
        (
            put(WORKER, "spec replicas", 1),
            *stores("CUBESTORE_WORKERS", "cube-store-worker-0.cube-store-worker:10001"),
        ),
    ],
    "cube-one-storage": [
        (
            *stores("CUBESTORE_S3_BUCKET", DELETE),
            *stores("CUBESTORE_GCS_BUCKET", "floe"),
        ),
    ],
    "cube-export-bucket": [both("CUBEJS_DB_EXPORT_BUCKET", "floe-prod-cube-export")],
    "cube-dev-mode": [both("CUBEJS_DEV_MODE", DELETE)],
    "cube-login": [
        (
            *both("CUBEJS_API_SECRET", DELETE),
            *both("CUBEJS_JWK_URL", "https://login.example.com/keys"),
        ),
    ],
    "cube-parity": [
        (env(API, "CUBEJS_PG_SQL_PORT", "5432"),),
        (env(API, "NODE_OPTIONS", DELETE),),
    ],
    "cube-model-files": [
        mounted("/cube/conf/model/a.yml", subPath="a.yml"),
        mounted("/etc/cube"),
    ],
    "cube-row-filter": [
        measured(exclude=["status"]),
        measured(keep_only=["status", "orders.region"]),
        measured(mode="relative"),
        measured(mode="fixed")[:1],
        measured(mode="fixed")[1:],
    ],
    "dagster-one-daemon": [(put(DAEMON, "spec replicas", 0),)],
    "jaeger-storage": [
        (
            config(
                QUERY,
                "extensions jaeger_storage metric_backends",
                {"m": {"prometheus": {"endpoint": "http://prometheus:9090"}}},
            ),
            config(QUERY, "extensions jaeger_query storage metrics", "m"),
        ),
    ],
    "jaeger-one-pod": [
        (
            config(QUERY, "extensions jaeger_storage backends main", MEMORY),
            put("Deployment/jaeger-query", "spec replicas", 1),
            put("Deployment/jaeger-query", "spec strategy", {"type": "Recreate"}),
        ),
    ],
    "jaeger-listener": [
        (config(QUERY, "extensions healthcheckv2 http endpoint", "[::]:13133"),),
    ],
    "jaeger-base-path": [
        (config(QUERY, "extensions jaeger_query base_path", path),)
        for path in ("/", "/jaeger", "/a/b.c", "/a/.well-known")
    ],
    "jaeger-feature-gate": [
        (
            config(QUERY, "extensions jaeger_storage backends main", {"clickhouse": {}}),
            put("Deployment/jaeger-query", f"{FIRST} args 2", "--feature-gates=storage.clickhouse"),
        ),
    ],
    "marquez-config": [
        (put(MARQUEZ, f"{FIRST} image", f"a.io/marquez-proxy:1@sha256:{'a' * 64}"),)
    ],
    "marquez-retention": [
        (config("ConfigMap/marquez-api", "dbRetention", {"retentionDays": 90}, "config.yml"),),
    ],
    "marquez-variables": [
        (put("ConfigMap/marquez-api", "data more", "level: ${LOG_LEVEL:-INFO}"),),
    ],
}
