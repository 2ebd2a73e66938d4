"""What the demo can be told: an environment variable for each setting."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from floe_demo.artifacts import Artifacts
from floe_demo.generators import Rates

PREFIX = "FLOE_DEMO_"
Share = Annotated[float, Field(ge=0, le=1)]


class Settings(BaseModel):
    """The settings, each with its default; variables have these names after FLOE_DEMO_."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    enabled: bool = False
    """Whether the schedule runs as soon as Dagster does."""
    schedule_cron: str = "*/5 * * * *"
    """When a batch is made."""
    schedule_batch_size: PositiveInt = 100
    """How many orders a batch has, on a week's average."""
    data_quality_null_rate: Share = 0.02
    """The share of values that are missing."""
    data_quality_duplicate_rate: Share = 0.01
    """The share of rows that come twice."""
    data_quality_late_arrival_rate: Share = 0.05
    """The share of orders that come late."""
    data_quality_max_late_days: Annotated[float, Field(gt=0)] = 7
    """How late they come at most."""
    burst_enabled: bool = False
    """Whether each batch is as large as time allows, not as people buy."""
    burst_records_per_second: PositiveInt = 1000
    """How many orders a second a burst stands for."""
    observability_marquez: bool = True
    """Whether lineage is sent, where it is said to whom."""
    observability_jaeger: bool = True
    """Whether spans are sent, where it is said to whom."""
    retention_days: PositiveInt | None = None
    """After how many days rows go; without it, what the artifacts say of bronze, else 30."""
    saas_enabled: bool = False
    """Whether the schedule of the software company runs as well."""
    seed: int = 0
    """What rows are drawn from; a lake that has begun keeps its own."""
    home: Path = Path(".floe-demo")
    """The folder of whatever is not in a service: without services, all of it."""

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Answer what the environment says; an unknown setting of the demo is refused."""
        given = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in environment.items()
            if name.startswith(PREFIX)
        }
        return cls.model_validate(given)

    @property
    def rates(self) -> Rates:
        """How many defects there are."""
        return Rates(
            null=self.data_quality_null_rate,
            duplicate=self.data_quality_duplicate_rate,
            late=self.data_quality_late_arrival_rate,
            max_late_days=self.data_quality_max_late_days,
        )

    def kept_days(self, artifacts: Artifacts | None) -> int:
        """Answer after how many days rows go."""
        said = artifacts.bronze.retention_days if artifacts else None
        return self.retention_days or said or 30
