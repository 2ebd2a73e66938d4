"""What all assets share: settings, artifacts, lakes, and taking turns."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from dagster import Backoff, DagsterExecutionInterruptedError, Failure, Jitter, RetryPolicy

from floe_demo.artifacts import Artifacts
from floe_demo.generators import EcommerceGenerator, Generator, SaaSGenerator
from floe_demo.lake import catalog
from floe_demo.lake.ingest import Lake, Pace
from floe_demo.settings import Settings
from floe_demo.warehouse import profile

RETRY = RetryPolicy(max_retries=3, delay=2, backoff=Backoff.EXPONENTIAL, jitter=Jitter.PLUS_MINUS)
"""A catalog or a store that is away for a moment is asked again."""
POOL = "floe_demo"
"""Dagster's pool of all that writes: with a limit of 1, as the platform's default, one waits."""
DOMAINS: dict[str, type[Generator]] = {"ecommerce": EcommerceGenerator, "saas": SaaSGenerator}


@dataclass(frozen=True)
class Project:
    """The demo in one environment."""

    settings: Settings
    artifacts: Artifacts | None

    @classmethod
    def read(cls) -> Self:
        """Answer it, and let dbt's profile and variables say the same."""
        found = cls(Settings.read(), Artifacts.read())
        profile.written(found.settings, found.artifacts)
        os.environ.update(profile.variables(found.settings, found.artifacts, {}))
        return found

    @property
    def home(self) -> Path:
        """The folder of whatever is not in a service."""
        return self.settings.home.resolve()

    @property
    def pace(self) -> Pace:
        """How many rows there are."""
        said = self.settings
        return Pace(
            said.schedule_batch_size,
            said.rates,
            said.burst_records_per_second if said.burst_enabled else None,
        )

    def namespace(self, domain: str) -> str:
        """Where a domain's raw tables are."""
        return catalog.namespace(self.artifacts, domain)

    def lake(self, domain: str) -> Lake:
        """Open a domain's raw tables."""
        generator = DOMAINS[domain](self.settings.seed)
        return Lake(
            catalog.opened(self.artifacts, self.settings.home), self.namespace(domain), generator
        )

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until nobody else on this machine works in the same folder.

        Raises:
            Failure: the run is to end; without it Dagster would try an interrupted step again.

        """
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "turn.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                yield
            except DagsterExecutionInterruptedError as stop:
                raise Failure("interrupted", allow_retries=False) from stop


def microseconds(at: str | None) -> int:
    """Answer a moment of the generators' clock: the one that is said, or now."""
    moment = datetime.fromisoformat(at) if at else datetime.now(UTC)
    return int(moment.timestamp()) * 1_000_000
