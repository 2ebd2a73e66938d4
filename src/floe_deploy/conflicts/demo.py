"""Contradictions about the demo: who is told of it, and where its models run."""

from collections.abc import Iterator

from floe_constructs.artifacts import CompiledArtifacts
from floe_constructs.dagster.demo import MODULE, DemoSpec
from floe_constructs.dagster.spec import DagsterSettings
from floe_constructs.problem import Problem
from floe_deploy.conflicts.disagreement import ARTIFACTS
from floe_deploy.environment import Environment

ENGINES = ("bigquery", "duckdb", "snowflake", "trino")
"""What the demo's models run on."""


def conflicts(environment: Environment, artifacts: CompiledArtifacts) -> Iterator[Problem]:
    """Answer every contradiction about the demo."""
    demo, dagster = environment.demo, environment.dagster
    if demo is None:
        return
    if not isinstance(dagster, DagsterSettings):
        yield Problem(
            where="demo",
            found="a demo, while no Dagster is deployed here that would run it",
            allowed=f"dagster, with a code location whose module is {MODULE}",
            fix="deploy it, or leave demo out",
        )
        return
    told = [location.name for location in dagster.deployed if location.is_demo]
    if len(told) != 1:
        yield Problem(
            where="demo",
            found=f"{len(told) or 'no'} code locations that load {MODULE}"
            + (f": {', '.join(told)}" if told else ""),
            allowed="one: two would write the same tables",
            fix=f"give one of dagster.code_locations module: {MODULE}",
        )
    if artifacts.resolved_profiles is None:
        yield Problem(
            where=ARTIFACTS,
            found="no resolved_profiles, from which the demo knows its tables' place",
            allowed="what a newer `floe compile` writes",
            fix="have them compiled anew, or leave demo out",
        )
    else:
        yield from _engine(demo, _named(environment, artifacts))


def _named(environment: Environment, artifacts: CompiledArtifacts) -> str:
    """Answer which engine the demo finds, as it finds it."""
    if environment.compute:
        return environment.compute.type
    return artifacts.compute.type if artifacts.compute else "duckdb"


def _engine(demo: DemoSpec, engine: str) -> Iterator[Problem]:
    if engine not in ENGINES:
        yield Problem(
            where="demo",
            found=f"models that do not run on {engine}, which {ARTIFACTS} names",
            allowed=", ".join(ENGINES),
            fix="have the artifacts compiled for one of them, or leave demo out",
        )
    elif engine == "duckdb" and demo.serving is None:
        yield Problem(
            where="demo.serving",
            found="nothing, while DuckDB runs the models: what they make would go with a run's pod",
            allowed="a PostgreSQL database that it is exchanged in",
            fix="add it",
        )
    elif engine != "duckdb" and demo.serving:
        yield Problem(
            where="demo.serving",
            found=f"a database that nobody writes to: {engine} serves its tables itself",
            allowed="nothing",
            fix="remove it",
        )
