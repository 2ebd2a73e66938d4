"""The demo in a folder: a lake, dbt as a process, and DuckDB's file after it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from floe_demo.generators import EcommerceGenerator
from floe_demo.lake.catalog import opened
from floe_demo.lake.ingest import Lake, Pace
from floe_demo.settings import Settings
from floe_demo.warehouse import profile

AT = 1_764_115_200_000_000
STEP = 300_000_000
PACE = Pace(batch_size=20)


@dataclass(frozen=True)
class Demo:
    """One, without services."""

    home: Path

    @property
    def settings(self) -> Settings:
        return Settings(home=self.home, seed=3)

    def lake(self) -> Lake:
        return Lake(opened(None, self.home), "raw", EcommerceGenerator(3))

    def ingest(self, first: int, count: int = 1) -> None:
        lake = self.lake()
        for number in range(first, first + count):
            lake.ingest(AT + number * STEP, PACE)

    def dbt(
        self, *args: str, more: Mapping[str, str] = MappingProxyType({})
    ) -> subprocess.CompletedProcess[str]:
        """Run dbt as the demo does."""
        profile.written(self.settings, None)
        variables = profile.variables(self.settings, None, {}, os.environ)
        return subprocess.run(
            [Path(sys.executable).with_name("dbt"), "--no-use-colors", *args],
            cwd=profile.PROJECT,
            env={**variables, **more},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def build(self) -> None:
        """Build and test all models."""
        done = self.dbt("build", "--exclude-resource-type", "unit_test")
        assert done.returncode == 0, done.stdout

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.home / "demo.duckdb", read_only=True) as connection:
            return connection.execute(query).fetchall()
