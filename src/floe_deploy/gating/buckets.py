"""Buckets of components, as targets of preflight's."""

from floe_constructs.cube.export_bucket import (
    BigQueryExport,
    GcsExport,
    S3Export,
    SnowflakeAzureExport,
)
from floe_constructs.cube.spec import CubeSpec
from floe_constructs.cube.storage import GcsStorage, LocalStorage, S3Storage, StoreStorage
from floe_constructs.dagster.azure_logs import AzureComputeLogs
from floe_constructs.dagster.compute_logs import GcsComputeLogs, S3ComputeLogs, StoredLogs
from floe_constructs.kubernetes.s3 import S3Bucket
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.preflight.spec import Account
from floe_constructs.preflight.targets import S3, Adls, Gcs, Target
from floe_deploy.gating.derived import Derived, file, reached, secret

ExportBucket = S3Export | BigQueryExport | SnowflakeAzureExport
"""Buckets of all databases; that of Google with a key of its own is one of BigQuery's."""


def compute_logs(logs: StoredLogs, account: Account | None) -> list[Derived]:
    """Answer the bucket that the output of steps is kept in."""
    name, who = "compute-logs", account if logs.identity else None
    target: Target
    match logs:
        case S3ComputeLogs():
            target = _s3(logs, name, "DAGSTER_LOGS", logs.prefix, who)
        case GcsComputeLogs():
            target = _gcs(logs.bucket, name, logs.prefix, logs.credentials)
        case AzureComputeLogs(secret_credential=None):
            key = logs.access_key_or_sas_token
            target = Adls(
                type="adls",
                name=name,
                account=logs.storage_account,
                container=logs.container,
                prefix=logs.prefix,
                account_key=secret(key, "DAGSTER_LOGS_ACCESS_KEY_OR_SAS_TOKEN"),
                identity="azure" if logs.identity else None,
                endpoint=f"https://{logs.storage_account}.blob.{logs.endpoint_suffix}",
            )
        case AzureComputeLogs():  # an application's login is none that is checked
            return reached("storage", "azure", name, logs.endpoints[0])
    return [Derived(service="storage", target=target, endpoints=logs.endpoints, account=who)]


def cube_store(storage: StoreStorage, service_account: str) -> list[Derived]:
    """Answer the bucket that pre-aggregations are kept in."""
    name, endpoints = "cube-store", storage.endpoints
    who: Account | None = None
    target: Target
    match storage:
        case LocalStorage():
            return []
        case S3Storage():
            if storage.identity:
                who = Account(service_account=service_account, identity=storage.identity)
                endpoints = tuple(at for at in endpoints if at not in who.identity.endpoints)
            target = _s3(storage, name, "CUBE_STORE", storage.sub_path, who)
        case GcsStorage():
            target = _gcs(storage.bucket, name, storage.sub_path, storage.credentials)
    return [Derived(service="storage", target=target, endpoints=endpoints, account=who)]


def exports(cube: CubeSpec, account: Account | None) -> list[Derived]:
    """Answer the buckets through which databases hand over large results."""
    return [
        derived
        for name, source in cube.all_sources.items()
        if (bucket := getattr(source, "export_bucket", None))
        for derived in _export(bucket, f"export-{name}".replace("_", "-"), account)
    ]


def _export(bucket: ExportBucket, name: str, account: Account | None) -> list[Derived]:
    variables = name.upper().replace("-", "_")
    target: Target | None = None
    who = None
    if isinstance(bucket, S3Export):
        who = None if bucket.credentials else account
        target = _s3(bucket, name, variables, None, who)
    elif isinstance(bucket, SnowflakeAzureExport) and bucket.credentials:
        target = Adls(
            type="adls",
            name=name,
            account=bucket.account,
            container=bucket.container,
            account_key=secret(bucket.credentials, f"{variables}_ACCOUNT_KEY"),
        )
    elif isinstance(bucket, GcsExport) and not bucket.credentials:
        who, target = account, _gcs(bucket.bucket, name, None, None)
    if target is None:  # a login of a form that is not checked
        return reached("storage", bucket.type, name, bucket.endpoint)
    return [Derived(service="storage", target=target, endpoints=(bucket.endpoint,), account=who)]


def _s3(
    bucket: S3Bucket | S3Export,
    name: str,
    variables: str,
    prefix: str | None,
    account: Account | None,
) -> S3:
    keys = bucket.credentials
    given = {
        "type": "s3",
        "name": name,
        "bucket": bucket.bucket,
        "prefix": prefix,
        "region": bucket.region,
        "endpoint": bucket.endpoint if isinstance(bucket, S3Bucket) else None,
        "access_key_id": secret(keys.access_key_id, f"{variables}_ACCESS_KEY_ID") if keys else None,
        "secret_access_key": secret(keys.secret_access_key, f"{variables}_SECRET_ACCESS_KEY")
        if keys
        else None,
        "identity": account.identity.type if account else None,
    }
    return S3.model_validate(given)


def _gcs(bucket: str, name: str, prefix: str | None, key: SecretKey | None) -> Gcs:
    return Gcs(
        type="gcs",
        name=name,
        bucket=bucket,
        prefix=prefix,
        credentials_file=file(f"{name}.json") if key else None,
        secret=key,
        identity=None if key else "gcp",
    )
