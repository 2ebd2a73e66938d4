"""Every field of the contract: where it goes, or why it is ignored."""

_CODE = "user code reads it from the mounted file"
_CREDENTIALS = {
    "": "who logs in, and how",
    "mode": "kind of login; what it needs stands beside it",
    "client_id": "preflight's OAuth2 login, when it is a text; a reference is a variable",
    "client_id.secret_ref": "a variable of code, run pods and gate: `credentials`",
    "client_secret": "nothing but a reference",
    "client_secret.secret_ref": "a variable of code, run pods and gate: `credentials`",
    "scope": "preflight's OAuth2 login",
    "role_arn": "AWS identity of code servers and run pods, one for all",
    "secret_ref": "variables or a file of code, run pods and gate: the table `BUNDLES`",
}
_STORAGE = {
    "": "object storage: flows, preflight, credentials",
    "type": "which check, and which credentials",
    "endpoint": "target of flows and preflight; silent: the provider's own",
    "endpoint.secret_ref": "a variable of code, run pods and gate: `credentials`",
    "region": "preflight, and the provider's own address",
    "bucket": "offered to compositions; preflight",
    "path_style_access": "preflight",
}
_CATALOG = {
    "": "Iceberg catalog: flows, preflight, credentials",
    "type": "which check, and which credentials",
    "uri": "target of flows and preflight",
    "uri.secret_ref": "a variable of code, run pods and gate: `credentials`",
    "warehouse": "preflight",
}
_CATALOG_IGNORED = {
    "namespace": _CODE,
    "access_delegation": _CODE,
    "token_refresh_enabled": _CODE,
    "properties": _CODE,
}


def _below(path: str, *tables: dict[str, str]) -> dict[str, str]:
    return {
        f"{path}.{field}" if field else path: text
        for table in tables
        for field, text in table.items()
    }


READ: dict[str, str] = {
    "version": "which contract it is; another major version is refused",
    "metadata": "must be there: it tells artifacts from any other JSON",
    "metadata.floe_core_version": "must be there",
    "metadata.source_hash": "must be there",
    "transforms": "must be there",
    **_below("resolved_profiles", {"": "the services; contract 1.0 lacks them"}),
    **_below("resolved_profiles.storage", _STORAGE),
    **_below("resolved_profiles.storage.credentials", _CREDENTIALS),
    **_below("resolved_profiles.catalog", _CATALOG),
    **_below("resolved_profiles.catalog.credentials", _CREDENTIALS),
    "resolved_profiles.compute": "compute engine: flows, preflight, credentials, Cube's source",
    "resolved_profiles.compute.type": "which check, which credentials, and which source of Cube",
    "resolved_profiles.compute.properties": "host, account and the like: flows, preflight, Cube",
    **_below("resolved_profiles.compute.credentials", _CREDENTIALS),
    "resolved_layers": "medallion layers by name",
    "resolved_layers.*.namespace": "offered to compositions: `layers`",
    "resolved_layers.*.retention_days": "offered to compositions: `layers`; nothing here deletes",
    **_below("resolved_layers.*.storage", _STORAGE),
    **_below("resolved_layers.*.storage.credentials", _CREDENTIALS),
    **_below("resolved_layers.*.catalog", _CATALOG),
    **_below("resolved_layers.*.catalog.credentials", _CREDENTIALS),
    **_below(
        "compute",
        {
            "": "contract 1.0's form of the engine, read where there are no resolved profiles",
            "target": "as `resolved_profiles.compute.type`",
            "connection_secret_ref": "as `resolved_profiles.compute.credentials.secret_ref`",
            "properties": "as `resolved_profiles.compute.properties`",
        },
    ),
    **_below(
        "catalog",
        {
            "": "contract 1.0's form of the catalog, read where there are no resolved profiles",
            "type": "as `resolved_profiles.catalog.type`",
            "uri": "as `resolved_profiles.catalog.uri`",
            "warehouse": "as `resolved_profiles.catalog.warehouse`",
            "scope": "as `resolved_profiles.catalog.credentials.scope`",
            "credential_secret_ref": "as `resolved_profiles.catalog.credentials.secret_ref`",
        },
    ),
    **_below(
        "consumption",
        {
            "": "Cube",
            "enabled": "false: all of `consumption` is the compiler's defaults, and silence",
            "port": "must be 4000, the port of the construct",
            "api_secret_ref": "`CUBEJS_API_SECRET`",
            "database_type": "must be the driver of Cube's source",
            "dev_mode": "true is refused: it would switch authentication off",
            "pre_aggregations": "Cube's pre-aggregations",
            "pre_aggregations.timezone": "`CUBEJS_SCHEDULED_REFRESH_TIMEZONES`",
            "pre_aggregations.refresh_schedule": "`FLOE_REFRESH_SCHEDULE`, for cubes that ask",
            "pre_aggregations.external": "`CUBEJS_EXTERNAL_DEFAULT`",
            "security": "who sees which rows",
            "security.row_level": "every query is narrowed down to what its token's claims allow",
            "security.filter_column": "the dimension, and the claim, by which it is",
        },
    ),
    **_below(
        "consumption.pre_aggregations.cube_store",
        {
            "": "Cube Store's storage",
            "enabled": "false: the rest is the compiler's defaults, and silence",
            "s3_bucket": "must be the overlay's `cube.store.storage.bucket`",
            "s3_region": "must be the overlay's `cube.store.storage.region`",
            "s3_endpoint": "must be the overlay's `cube.store.storage.endpoint`",
            "s3_access_key_ref": "must be the overlay's `…credentials.access_key_id`",
            "s3_secret_key_ref": "must be the overlay's `…credentials.secret_access_key`",
        },
    ),
    **_below(
        "consumption.pre_aggregations.export_bucket",
        {
            "": "the bucket through which a warehouse hands over large results",
            "enabled": "false: the rest is the compiler's defaults, and silence",
            "bucket_type": "`CUBEJS_DB_EXPORT_BUCKET_TYPE`",
            "name": "`CUBEJS_DB_EXPORT_BUCKET`",
            "region": "`CUBEJS_DB_EXPORT_BUCKET_AWS_REGION`",
            "access_key_ref": "a variable of Cube: the table `EXPORT_BUCKET`",
            "secret_key_ref": "a variable of Cube: the table `EXPORT_BUCKET`",
            "integration": "`CUBEJS_DB_EXPORT_INTEGRATION`",
        },
    ),
    "governance": "rules of the data team",
    "governance.emit_lineage": "false: no lineage endpoint in code and run pods",
    **_below(
        "observability",
        {
            "": "lineage, traces and logs",
            "lineage": "false: no lineage endpoint in code and run pods",
            "lineage_endpoint": "`OPENLINEAGE_URL`; an environment with a Marquez contradicts it",
            "traces": "false: no trace endpoint in code and run pods",
            "otlp_endpoint": "`OTEL_EXPORTER_OTLP_ENDPOINT`; one with a Jaeger contradicts it",
            "attributes": "`OTEL_RESOURCE_ATTRIBUTES`; in them `${FLOE_PLATFORM_ENV}` is the "
            "environment's name, and another `${NAME}` is data",
            "tracing": "settings of traces",
            "tracing.sampling": "which traces are kept",
            "tracing.sampling.sampling_type": "`OTEL_TRACES_SAMPLER`",
            "tracing.sampling.probability": "`OTEL_TRACES_SAMPLER_ARG`",
            "tracing.sampling.rate_limit": "refused: OpenTelemetry has no such sampler",
        },
    ),
    **_below(
        "observability.compute_logs",
        {
            "": "the overlay has to have `dagster.compute_logs` where they are asked for",
            "enabled": "false: the overlay must not have any",
            "manager_type": "must be the overlay's kind of storage; `local` and `noop` say nothing",
            "bucket": "the bucket with `type: artifacts`; else it must be the overlay's",
            "prefix": "offered to compositions; the overlay's prefix counts",
            "local_dir": "offered to compositions; a pod has its own",
            "upload_interval": "offered to compositions; 30 seconds",
            "retention_days": "offered to compositions: the bucket's own rules delete",
        },
    ),
    "lineage_namespace": "`OPENLINEAGE_NAMESPACE`",
}
"""Where a field goes. `*` is any key of a mapping, `[]` any entry of a list."""

_NOT_OURS = "belongs to the data team's code location"
_IMAGE = "the dbt project is in the code location's image"


def _all(prefix: str, fields: str, why: str) -> dict[str, str]:
    return {f"{prefix}.{field}" if prefix else field: why for field in fields.split()}


_PARTITION = "type cron_schedule start end fmt timezone partition_keys fn"

IGNORED: dict[str, str] = {
    "metadata.compiled_at": "changes with each compilation: a constant stands for it in pods",
    "resolved_profiles.platform_env": "a default of the compiler: the overlay's folder decides",
    **_below("resolved_profiles.catalog", _CATALOG_IGNORED),
    **_below("resolved_layers.*.catalog", _CATALOG_IGNORED),
    "resolved_layers.*.name": "the same as the key",
    "resolved_layers.*.properties": "tags for readers",
    **_all("catalog", "access_delegation token_refresh_enabled properties", _CODE),
    **_all("transforms[]", "type path target", _IMAGE),
    **_all("", "dbt_manifest_path dbt_project_path dbt_profiles_path", _IMAGE),
    **_all("governance", "classification_source policies", "checked at compile time"),
    "column_classifications": "checked at compile time",
    **_all(
        "column_classifications.*.*",
        "classification pii_type sensitivity",
        "checked at compile time",
    ),
    "environment_context": "a name of the compiler's hosted service; the overlay's folder decides",
    **_all(
        "environment_context",
        "tenant_id tenant_slug project_id project_slug environment_id environment_type "
        "governance_category",
        "a name of the compiler's hosted service; the overlay's folder decides",
    ),
    **_all(
        "observability",
        "metrics metrics_config metrics_config.exporters metrics_config.exporters.prometheus "
        "metrics_config.exporters.cloudwatch metrics_config.exporters.statsd "
        "metrics_config.scrape_interval metrics_config.retention_days metrics_config.alerting "
        "metrics_config.alerting.enabled metrics_config.alerting.rules "
        "metrics_config.alerting.rules.*.severity metrics_config.alerting.rules.*.notify",
        "metrics are collected and kept by the cluster's own monitoring",
    ),
    **_all(
        "observability",
        "logging logging.level logging.log_format logging.backends logging.backends.loki "
        "logging.backends.cloudwatch logging.backends.elasticsearch",
        "pods write to standard output, which the cluster's own logging collects",
    ),
    **_all(
        "observability.tracing",
        "exporters exporters.jaeger exporters.otlp exporters.xray",
        "traces go to one endpoint by OTLP, which passes them on",
    ),
    "observability.compute_logs.storage_ref": "a name inside the compiler's input",
    "orchestration": _NOT_OURS,
    **_all(
        "orchestration",
        "asset_modules assets backfills dbt jobs partitions schedules sensors",
        _NOT_OURS,
    ),
    **_all(
        "orchestration.assets.*",
        "automation_condition backfill_policy compute_kind group_name partitions",
        _NOT_OURS,
    ),
    **_all(
        "orchestration.backfills.*",
        "batch_size description job partition_range partition_range.start partition_range.end tags",
        _NOT_OURS,
    ),
    **_all(
        "orchestration.dbt",
        "manifest_path observability_level profiles_dir project_dir target",
        _NOT_OURS,
    ),
    **_all(
        "orchestration.jobs.*", "type selection args target_function description tags", _NOT_OURS
    ),
    **_all("orchestration.partitions.*", f"{_PARTITION} partitions", _NOT_OURS),
    **_all("orchestration.partitions.*.partitions.*", _PARTITION, _NOT_OURS),
    **_all(
        "orchestration.schedules.*",
        "cron_schedule description enabled job partition_selector timezone",
        _NOT_OURS,
    ),
    **_all(
        "orchestration.sensors.*",
        "type job description path pattern poll_interval_seconds watched_assets watched_jobs "
        "status args target_function",
        _NOT_OURS,
    ),
}
"""Why a field is not read. It reaches user code all the same: the whole file is mounted."""
