"""The compute engine, as the contract describes it."""

from typing import Literal

from pydantic import Field, JsonValue

from floe_constructs.artifacts.login import CredentialConfig
from floe_constructs.artifacts.part import Part, Reference

Engine = Literal["duckdb", "snowflake", "bigquery", "redshift", "databricks", "postgres", "spark"]
"""The engines that the contract can name; Trino is not one of them: the overlay names it."""

PORTS = {"redshift": 5439, "postgres": 5432, "databricks": 443, "spark": 10000}
"""Ports of the engines that have an address, where their properties say none."""


class Compute(Part):
    """The engine that transformations run in."""

    type: Engine = "duckdb"
    """Kind of engine."""

    properties: dict[str, JsonValue] = Field(default_factory=dict)
    """What the engine's dbt profile has: host, account, database; free-form."""

    credentials: CredentialConfig = CredentialConfig()
    """How it is logged in to."""


class ComputeConfig(Part):
    """The engine in the form of contract 1.0."""

    target: Engine
    """Kind of engine."""

    connection_secret_ref: Reference | None = None
    """All that a login takes, in one secret."""

    properties: dict[str, JsonValue] = Field(default_factory=dict)
    """What the engine's dbt profile has."""

    @property
    def compute(self) -> Compute:
        """The same in the form of contract 1.1."""
        login = CredentialConfig(secret_ref=self.connection_secret_ref)
        return Compute(type=self.target, properties=self.properties, credentials=login)
