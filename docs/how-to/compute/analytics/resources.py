"""A connection to each engine, for assets that ask it themselves.

All speak DB-API. Only the engine of the environment is connected to; its driver is in the image
already, because dbt's adapter needs it.
"""

from abc import abstractmethod
from contextlib import closing
from typing import Any

from dagster import ConfigurableResource, EnvVar


class Warehouse(ConfigurableResource):
    """Where dbt's tables are."""

    db_schema: str

    @abstractmethod
    def connect(self) -> Any:
        """Answer a DB-API connection."""

    def rows(self, query: str) -> list[Any]:
        """Answer what a query finds."""
        with closing(self.connect()) as connection, closing(connection.cursor()) as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())


class Trino(Warehouse):
    """Trino, with a password over TLS."""

    host: str
    port: int
    user: str
    password: str
    catalog: str

    def connect(self) -> Any:
        from trino.auth import BasicAuthentication
        from trino.dbapi import connect

        return connect(
            host=self.host,
            port=self.port,
            http_scheme="https",
            user=self.user,
            auth=BasicAuthentication(self.user, self.password),
            catalog=self.catalog,
        )


class Snowflake(Warehouse):
    """Snowflake, with a password."""

    account: str
    user: str
    password: str
    role: str
    warehouse: str
    database: str

    def connect(self) -> Any:
        from snowflake.connector import connect

        return connect(
            account=self.account,
            user=self.user,
            password=self.password,
            role=self.role,
            warehouse=self.warehouse,
            database=self.database,
        )


class BigQuery(Warehouse):
    """BigQuery, as whoever google-auth finds: the key's file, or the pod's identity."""

    project: str
    location: str

    def connect(self) -> Any:
        from google.cloud.bigquery import Client
        from google.cloud.bigquery.dbapi import connect

        return connect(Client(project=self.project, location=self.location))


class DuckDB(Warehouse):
    """DuckDB, in the run's own process."""

    path: str

    def connect(self) -> Any:
        from duckdb import connect

        return connect(self.path)


WAREHOUSES = {
    "trino": Trino(
        host=EnvVar("TRINO_HOST"),
        port=EnvVar.int("TRINO_PORT"),
        user=EnvVar("TRINO_USER"),
        password=EnvVar("TRINO_PASSWORD"),
        catalog=EnvVar("TRINO_CATALOG"),
        db_schema=EnvVar("TRINO_SCHEMA"),
    ),
    "snowflake": Snowflake(
        account=EnvVar("SNOWFLAKE_ACCOUNT"),
        user=EnvVar("SNOWFLAKE_USER"),
        password=EnvVar("SNOWFLAKE_PASSWORD"),
        role=EnvVar("SNOWFLAKE_ROLE"),
        warehouse=EnvVar("SNOWFLAKE_WAREHOUSE"),
        database=EnvVar("SNOWFLAKE_DATABASE"),
        db_schema=EnvVar("SNOWFLAKE_SCHEMA"),
    ),
    "bigquery": BigQuery(
        project=EnvVar("BIGQUERY_PROJECT"),
        location=EnvVar("BIGQUERY_LOCATION"),
        db_schema=EnvVar("BIGQUERY_DATASET"),
    ),
    "duckdb": DuckDB(path=EnvVar("DUCKDB_PATH"), db_schema=EnvVar("DUCKDB_SCHEMA")),
}
