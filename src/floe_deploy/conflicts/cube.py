"""Contradictions about Cube, and what neither the overlay nor the artifacts say of it."""

from collections.abc import Iterator

from floe_constructs.artifacts import CompiledArtifacts
from floe_constructs.artifacts.consumption import Consumption, CubeStore
from floe_constructs.artifacts.credentials import CUBE_STORE, SINGLE_KEY
from floe_constructs.cube.security import RowLevelSecurity
from floe_constructs.cube.source import Source
from floe_constructs.cube.spec import SIGNING, CubeSettings, unsigned
from floe_constructs.cube.sql_api import HTTP
from floe_constructs.cube.storage import S3Storage
from floe_constructs.problem import Problem
from floe_constructs.secrets.spec import Secrets
from floe_deploy import cube_source
from floe_deploy.conflicts.disagreement import ARTIFACTS, disagreement, refusal
from floe_deploy.environment import Environment


def conflicts(environment: Environment, artifacts: CompiledArtifacts) -> Iterator[Problem]:
    """Answer every contradiction about Cube."""
    cube, consumption = environment.cube, artifacts.consumption
    if isinstance(cube, CubeSettings):
        source = cube.source or cube_source.found(environment, artifacts)
        if source is None:
            yield _no_source(environment, artifacts)
        yield from _no_secret(cube, consumption)
        yield from _rows(cube, consumption)
        if source:
            yield from _logins(environment, cube, source, artifacts)
        if consumption:
            yield from _consumption(environment.secrets, cube, source, consumption)
    elif cube is None and consumption:
        yield Problem(
            where="cube",
            found=f"null, while {ARTIFACTS} enables it in consumption.enabled",
            allowed="Cube's settings, or external: its address",
            fix="deploy it, name it, or have the artifacts compiled without it",
        )


def _no_source(environment: Environment, artifacts: CompiledArtifacts) -> Problem:
    engine = artifacts.compute.type if artifacts.compute else None
    lacking = ", ".join(cube_source.unusable(environment, artifacts))
    why = f"{ARTIFACTS} names {engine} without what Cube takes as {lacking}"
    return Problem(
        where="cube.source",
        found="nothing, and "
        + (why if lacking else f"neither `compute` nor {ARTIFACTS} says enough of a database"),
        allowed="a source with its type and what that type needs",
        fix="add it",
    )


def _no_secret(cube: CubeSettings, consumption: Consumption | None) -> Iterator[Problem]:
    signed_elsewhere = cube.jwt and cube.jwt.jwk_url
    by_artifacts = consumption and consumption.api_secret_ref
    if cube.api_secret is None and not by_artifacts and not signed_elsewhere:
        yield Problem(
            where="cube.api_secret",
            found="nothing, and the artifacts have no consumption.api_secret_ref",
            allowed="a name and a key, or jwt with a jwk_url",
            fix="add it",
        )


def _consumption(
    secrets: Secrets, cube: CubeSettings, source: Source | None, consumption: Consumption
) -> Iterator[Problem]:
    if consumption.port != HTTP:
        why = "another port is the business of what stands in front of Cube"
        yield refusal("consumption.port", consumption.port, str(HTTP), why)
    if consumption.dev_mode:
        why = "it lets in requests without a token"
        yield refusal("consumption.dev_mode", there=True, allowed="false", why=why)
    wanted = consumption.database_type
    if source and wanted and wanted != source.type:
        yield disagreement("cube.source.type", source.type, "consumption.database_type", wanted)
    reference = consumption.api_secret_ref
    if reference and cube.api_secret:
        meant = secrets.resolve(reference, "CUBEJS_API_SECRET", SINGLE_KEY)
        if meant != cube.api_secret:
            here, there = (f"{secret.name}/{secret.key}" for secret in (cube.api_secret, meant))
            yield disagreement("cube.api_secret", here, "consumption.api_secret_ref", there)
    store = consumption.pre_aggregations.cube_store
    if store and isinstance(cube.store.storage, S3Storage):
        yield from _store(secrets, cube.store.storage, store)


def _logins(
    environment: Environment, cube: CubeSettings, source: Source, artifacts: CompiledArtifacts
) -> Iterator[Problem]:
    """Tell of a bucket that this kind of database cannot use, and of a login without a key."""
    consumption = artifacts.consumption
    bucket = consumption.pre_aggregations.export_bucket if consumption else None
    whole = cube_source.exporting(environment, artifacts, source)
    if whole is None and bucket:
        at = "consumption.pre_aggregations.export_bucket"
        why = f"Cube takes large results of {source.type} through {_EXPORTS[source.type]}"
        named = f"{bucket.bucket_type or 's3'} bucket {bucket.name}"
        yield refusal(at, named, "another, or none", why)
    cloud = cube.identity.cloud if cube.identity else None
    for wanted in sorted(whole.clouds - {cloud} if whole else ()):
        yield Problem(
            where="cube.identity",
            found=f"{cloud or 'nothing'}, while {ARTIFACTS} has no key for {source.type} or for "
            "the bucket that it exports to",
            allowed=f"an identity of {wanted}",
            fix="add it, or have the artifacts compiled with a secret_ref",
        )
    if whole and unsigned(whole, cube.identity):
        yield Problem(
            where="cube.identity.service_account",
            found=f"nothing, while {ARTIFACTS} has no key for the bucket of {source.type}",
            allowed="a Google service account",
            fix=f"add it: {SIGNING}",
        )


_EXPORTS = {
    "trino": "a bucket of S3 (with a region, and both keys or neither) or Google",
    "snowflake": "one of S3 (with a region, and a key or an integration), of Google (with both a "
    "key and an integration) or of Azure (with an integration)",
    "bigquery": "a bucket of Google, with BigQuery's own login",
    "postgres": "no bucket",
    "duckdb": "no bucket",
}
"""What each kind of database exports to."""


def _rows(cube: CubeSettings, consumption: Consumption | None) -> Iterator[Problem]:
    """Tell where overlay and artifacts mean other rows, and where the SQL API would show none."""
    said, given = consumption.security if consumption else None, cube.row_level_security
    at = "consumption.security"
    ours = given.column if isinstance(given, RowLevelSecurity) else None
    if ours and said and said.row_level and ours != said.filter_column:
        where = "cube.row_level_security.column"
        yield disagreement(where, ours, f"{at}.filter_column", said.filter_column)
    security, sql = cube_source.row_level_security(cube, consumption), cube.sql_api
    if sql and security and sql.sees is None:
        yield Problem(
            where="cube.sql_api.sees",
            found=f"nothing, while rows are told apart by {security.column}"
            + ("" if given else f" ({ARTIFACTS}, {at}.row_level)"),
            allowed=f"values of {security.column} whose rows that user sees, or all",
            fix="add it; or row_level_security: by-model, where the model has policies of its own",
        )
    elif sql and sql.sees and not security:
        yield Problem(
            where="cube.sql_api.sees",
            found="a part of the rows, while no rows are told apart",
            allowed="nothing",
            fix="remove it, or give row_level_security",
        )


def _store(secrets: Secrets, storage: S3Storage, store: CubeStore) -> Iterator[Problem]:
    pairs: list[tuple[str, str | None, str, str | None]] = [
        ("bucket", storage.bucket, "s3_bucket", store.s3_bucket),
        ("region", storage.region, "s3_region", store.s3_region),
        ("endpoint", storage.endpoint, "s3_endpoint", store.s3_endpoint),
    ]
    if keys := storage.credentials:
        references = (store.s3_access_key_ref, store.s3_secret_key_ref)
        given = (
            ("access_key_id", keys.access_key_id),
            ("secret_access_key", keys.secret_access_key),
        )
        fields = ("s3_access_key_ref", "s3_secret_key_ref")
        for (name, key), field, reference, variable in zip(
            given, fields, references, CUBE_STORE, strict=True
        ):
            meant = secrets.resolve(reference, variable, SINGLE_KEY) if reference else None
            text = f"{meant.name}/{meant.key}" if meant else None
            pairs.append((f"credentials.{name}", f"{key.name}/{key.key}", field, text))
    for setting, here, field, there in pairs:
        if here and there and here != there:
            at = f"consumption.pre_aggregations.cube_store.{field}"
            yield disagreement(f"cube.store.storage.{setting}", here, at, there)
