"""Where an overlay and the artifacts contradict each other, or leave open what has to be said."""

from collections.abc import Iterator

from floe_constructs.artifacts import CompiledArtifacts
from floe_constructs.artifacts.consumption import Consumption
from floe_constructs.artifacts.credentials import contradictions, credentials, cube_credentials
from floe_constructs.cube.source import Source
from floe_constructs.cube.spec import CubeSettings
from floe_constructs.cube.storage import S3Storage
from floe_constructs.dagster.spec import DagsterSettings
from floe_constructs.jaeger.spec import JaegerSettings
from floe_constructs.kubernetes.endpoint import External
from floe_constructs.marquez.spec import MarquezSettings
from floe_constructs.problem import Problem, shown
from floe_deploy import derivation
from floe_deploy.environment import Environment

_IN_ARTIFACTS = "compiled_artifacts.json"


def between(environment: Environment, artifacts: CompiledArtifacts) -> list[Problem]:
    """Answer every contradiction; what one of the two leaves silent is none."""
    return [
        *contradictions(derivation.user_credentials(environment, artifacts)),
        *_references(environment, artifacts),
        *_roles(environment, artifacts),
        *_endpoints(environment, artifacts),
        *_cube(environment, artifacts),
    ]


def _disagree(setting: str, here: object, field: str, there: object) -> Problem:
    return Problem(
        where=setting,
        found=f"{shown(here)}, while {_IN_ARTIFACTS} says {shown(there)} in {field}",
        allowed="what both agree on",
        fix=f"leave {setting} out, or have the artifacts compiled otherwise",
    )


def _references(environment: Environment, artifacts: CompiledArtifacts) -> Iterator[Problem]:
    """A `secret_ref` that cannot be the name of a Secret needs a Secret to be named for it."""
    needed = derivation.user_credentials(environment, artifacts)
    if isinstance(environment.cube, CubeSettings):
        needed += [item for item in cube_credentials(artifacts) if item.service == "cube"]
    mapped = environment.secrets.map.keys()
    for name in sorted({item.reference for item in needed if item.needs_mapping} - mapped):
        yield Problem(
            where="secrets.map",
            found=f"nothing for the reference {shown(name)}, which is no name of a Secret",
            allowed="a Secret for each such reference",
            fix=f"add {name}: {{name: …}}",
        )
    known = (*credentials(artifacts), *cube_credentials(artifacts))
    used = {item.reference for item in known}
    for name in sorted(mapped - used):
        yield Problem(
            where=f"secrets.map.{name}",
            found="a reference that the artifacts do not have",
            allowed=", ".join(sorted(used)) or "none",
            fix="remove it",
        )


def _roles(environment: Environment, artifacts: CompiledArtifacts) -> Iterator[Problem]:
    """A pod has one role; which one, is for the artifacts to say when they say any."""
    roles = artifacts.role_arns
    if len(set(roles.values())) > 1:
        listed = ", ".join(f"{arn} ({place})" for place, arn in roles.items())
        yield Problem(
            where=_IN_ARTIFACTS,
            found=f"several roles for the same pods: {listed}",
            allowed="one role that may reach all of it",
            fix="use one role for all layers",
        )
    if not roles or not isinstance(environment.dagster, DagsterSettings):
        return
    place, role = next(iter(roles.items()))
    for location in environment.dagster.deployed:
        given = location.identity
        if given and given.aws_role_arn != role:
            setting = f"dagster.code_locations.{location.name}.identity.aws_role_arn"
            yield _disagree(setting, given.aws_role_arn, place, role)


def _endpoints(environment: Environment, artifacts: CompiledArtifacts) -> Iterator[Problem]:
    for name, component, deployed, field, url in (
        (
            "marquez",
            environment.marquez,
            MarquezSettings,
            "observability.lineage_endpoint",
            artifacts.lineage_endpoint,
        ),
        (
            "jaeger",
            environment.jaeger,
            JaegerSettings,
            "observability.otlp_endpoint",
            artifacts.otlp_endpoint,
        ),
    ):
        if not url or component is None:
            continue
        if isinstance(component, deployed):
            yield Problem(
                where=name,
                found=f"one of its own, while {_IN_ARTIFACTS} says {shown(url)} in {field}",
                allowed="one place to send to",
                fix=f"set {name} to null, or to external: {url}",
            )
        elif isinstance(component, External) and derivation.host_of(
            component.external
        ) != derivation.host_of(url):
            yield _disagree(f"{name}.external", component.external, field, url)


def _cube(environment: Environment, artifacts: CompiledArtifacts) -> Iterator[Problem]:
    cube, consumption = environment.cube, artifacts.consumption
    if isinstance(cube, CubeSettings):
        source = cube.source or derivation.cube_source(environment, artifacts)
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
        if consumption:
            yield from _consumption(environment, cube, source, consumption)
    elif cube is None and consumption:
        yield Problem(
            where="cube",
            found=f"null, while {_IN_ARTIFACTS} enables it in consumption.enabled",
            allowed="Cube's settings, or external: its address",
            fix="deploy it, name it, or have the artifacts compiled without it",
        )


def _consumption(
    environment: Environment, cube: CubeSettings, source: Source | None, consumption: Consumption
) -> Iterator[Problem]:
    wanted = consumption.database_type
    if source and wanted and wanted != source.type:
        yield _disagree("cube.source.type", source.type, "consumption.database_type", wanted)
    reference = consumption.api_secret_ref
    if reference and cube.api_secret:
        meant = environment.secrets.resolve(reference, "CUBEJS_API_SECRET", "value")
        if meant != cube.api_secret:
            here, there = (f"{secret.name}/{secret.key}" for secret in (cube.api_secret, meant))
            yield _disagree("cube.api_secret", here, "consumption.api_secret_ref", there)
    store, storage = consumption.pre_aggregations.cube_store, cube.store.storage
    bucket = store.s3_bucket if store else None
    if bucket and isinstance(storage, S3Storage) and storage.bucket != bucket:
        field = "consumption.pre_aggregations.cube_store.s3_bucket"
        yield _disagree("cube.store.storage.bucket", storage.bucket, field, bucket)
