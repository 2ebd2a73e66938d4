"""The rendered migration on a PostgreSQL that newer code has been at."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from conftest import Synth
from dagster_example import LARGE, spec
from floe_constructs.dagster import Dagster
from floe_constructs.dagster.environment import HOME
from postgres import Postgres, postgres

pytestmark = pytest.mark.slow

NEWER = "update alembic_version set version_num = 'f0e1d2c3b4a5'"


@dataclass(frozen=True)
class Migration:
    """What the Job of a release runs, and the database."""

    args: list[str]
    env: dict[str, str]
    database: Postgres

    def run(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *self.args[1:]],
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


@pytest.fixture
def migration(synth: Synth) -> Iterator[Migration]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "postgres").mkdir(mode=0o755)
        with postgres(folder / "postgres") as server:
            where = {"host": server.host, "port": server.port, "database": server.database}
            database = LARGE["database"] | where | {"sslmode": "disable"}
            objects = synth(lambda chart: Dagster(chart, "dagster", spec(database=database)))
            (job,) = (found for (kind, _), found in objects.items() if kind == "Job")
            (container,) = job["spec"]["template"]["spec"]["containers"]
            for file, content in objects["ConfigMap", "dagster-migrate"]["data"].items():
                (folder / file).write_text(content)
            yield Migration(
                args=[arg.replace(HOME, name) for arg in container["args"]],
                env=os.environ
                | {"DAGSTER_HOME": name, "DAGSTER_PG_USER": server.user}
                | {"DAGSTER_PG_PASSWORD": server.password},
                database=server,
            )


@pytest.mark.requirement("FR-005")
def test_a_database_that_is_ahead_is_a_success_that_says_so(migration: Migration) -> None:
    first = migration.run()
    assert first.returncode == 0, first.stderr
    migration.database.sql(NEWER, "alter table runs add column since_then text")
    after = migration.run()
    assert after.returncode == 0, after.stderr
    assert "'f0e1d2c3b4a5': the database is ahead of this code, as after a rollback" in after.stdout


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("drop table job_ticks", "table job_ticks is missing"),
        ("alter table runs drop column partition", "column runs.partition is missing"),
        (
            "alter table runs add column since_then text not null",
            "column runs.since_then has to be filled, and nothing here knows it",
        ),
    ],
)
def test_a_database_that_this_code_cannot_work_with_is_a_failure_that_says_why(
    migration: Migration, change: str, problem: str
) -> None:
    assert migration.run().returncode == 0
    migration.database.sql(NEWER, change)
    after = migration.run()
    assert after.returncode == 1
    assert after.stderr.endswith(f"newer code has changed the database.\n{problem}\n")


def test_any_other_failure_of_the_migration_is_one(migration: Migration) -> None:
    migration.env["DAGSTER_PG_PASSWORD"] = "wrong"
    after = migration.run()
    assert after.returncode == 1
    assert "password authentication failed" in after.stderr
