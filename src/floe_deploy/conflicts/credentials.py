"""Contradictions about who logs in, and with what."""

from collections.abc import Iterator

from floe_constructs.artifacts import CompiledArtifacts
from floe_constructs.artifacts.credentials import contradictions, credentials, cube_credentials
from floe_constructs.cube.spec import CubeSettings
from floe_constructs.dagster.spec import DagsterSettings
from floe_constructs.kubernetes.cloud_identity import AzureIdentity, GcpIdentity, IrsaIdentity
from floe_constructs.problem import Problem, nearest, shown
from floe_deploy import derivation
from floe_deploy.conflicts.disagreement import ARTIFACTS, disagreement
from floe_deploy.environment import Environment


def conflicts(environment: Environment, artifacts: CompiledArtifacts) -> Iterator[Problem]:
    """Answer every contradiction about credentials and identities."""
    yield from contradictions(derivation.user_credentials(environment, artifacts))
    yield from _references(environment, artifacts)
    yield from _roles(environment, artifacts)
    yield from _tokens(environment, artifacts)


def _references(environment: Environment, artifacts: CompiledArtifacts) -> Iterator[Problem]:
    """A `secret_ref` that cannot be the name of a Secret needs a Secret to be named for it."""
    needed = derivation.user_credentials(environment, artifacts)
    if isinstance(environment.cube, CubeSettings):
        needed += [item for item in cube_credentials(artifacts) if item.service != "cube-store"]
    mapped = environment.secrets.map.keys()
    for name in sorted({item.reference for item in needed if item.needs_mapping} - mapped):
        yield Problem(
            where="secrets.map",
            found=f"nothing for the reference {shown(name)}, which is no name of a Secret",
            allowed="a Secret for each such reference",
            fix=f"add {name}: {{name: …}}",
        )
    variables: dict[str, set[str]] = {}
    for item in (*credentials(artifacts), *cube_credentials(artifacts)):
        variables.setdefault(item.reference, set()).add(item.variable)
    used = variables.keys()
    for name in sorted(mapped & used):
        for variable in sorted(environment.secrets.map[name].keys.keys() - variables[name]):
            yield Problem(
                where=f"secrets.map.{name}.keys.{variable}",
                found="a variable that does not come from this reference",
                allowed=", ".join(sorted(variables[name])),
                fix=nearest(variable, variables[name]) or "remove it",
            )
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
            where=ARTIFACTS,
            found=f"several roles for the same pods: {listed}",
            allowed="one role that may reach all of it",
            fix="use one role for all layers",
        )
    if not roles or not isinstance(environment.dagster, DagsterSettings):
        return
    place, role = next(iter(roles.items()))
    for location in environment.dagster.deployed:
        given = location.identity
        setting = f"dagster.code_locations.{location.name}.identity"
        if isinstance(given, IrsaIdentity) and given.role_arn != role:
            yield disagreement(f"{setting}.role_arn", given.role_arn, place, role)
        elif isinstance(given, GcpIdentity | AzureIdentity):
            yield disagreement(f"{setting}.type", given.type, place, role)


def _tokens(environment: Environment, artifacts: CompiledArtifacts) -> Iterator[Problem]:
    """Where the database takes a cloud's tokens, user code has to be somebody to that cloud."""
    dagster = environment.dagster
    if not isinstance(dagster, DagsterSettings) or not dagster.database.identity:
        return
    cloud = dagster.database.identity.cloud
    by_artifacts = derivation.code_identity(environment, artifacts)
    for location in dagster.deployed:
        at = f"dagster.code_locations.{location.name}"
        said = {f"{at}.identity": location.identity, f"{at}.runs.identity": location.runs.identity}
        if by_artifacts and not location.identity:
            said[ARTIFACTS] = by_artifacts
        for where, given in said.items():
            if given and given.cloud != cloud:
                yield Problem(
                    where=where,
                    found=f"an identity of {given.cloud} for what works on Dagster's database",
                    allowed=f"one of {cloud}, whose tokens the database takes (dagster.database)",
                    fix=f"give {at} such an identity, or the database a password",
                )
