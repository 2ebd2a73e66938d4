"""Contradictions about Cube, and what neither the overlay nor the artifacts say of it."""

from collections.abc import Iterator

from floe_constructs.artifacts import CompiledArtifacts
from floe_constructs.artifacts.consumption import Consumption, CubeStore
from floe_constructs.artifacts.credentials import CUBE_STORE, SINGLE_KEY
from floe_constructs.cube.source import Source
from floe_constructs.cube.spec import HTTP, CubeSettings
from floe_constructs.cube.storage import S3Storage
from floe_constructs.problem import Problem
from floe_constructs.secrets.spec import Secrets
from floe_deploy import derivation
from floe_deploy.conflicts.disagreement import ARTIFACTS, disagreement, refusal
from floe_deploy.environment import Environment


def conflicts(environment: Environment, artifacts: CompiledArtifacts) -> Iterator[Problem]:
    """Answer every contradiction about Cube."""
    cube, consumption = environment.cube, artifacts.consumption
    if isinstance(cube, CubeSettings):
        source = cube.source or derivation.cube_source(environment, artifacts)
        yield from _incomplete(cube, source, consumption)
        if consumption:
            yield from _consumption(environment.secrets, cube, source, consumption)
    elif cube is None and consumption:
        yield Problem(
            where="cube",
            found=f"null, while {ARTIFACTS} enables it in consumption.enabled",
            allowed="Cube's settings, or external: its address",
            fix="deploy it, name it, or have the artifacts compiled without it",
        )


def _incomplete(
    cube: CubeSettings, source: Source | None, consumption: Consumption | None
) -> Iterator[Problem]:
    if source is None:
        yield Problem(
            where="cube.source",
            found="nothing, and neither `compute` nor the artifacts say enough of a database",
            allowed="a source with its type and what that type needs",
            fix="add it",
        )
    if cube.api_secret is None and not (consumption and consumption.api_secret_ref):
        yield Problem(
            where="cube.api_secret",
            found="nothing, and the artifacts have no consumption.api_secret_ref",
            allowed="a name and a key",
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
