"""The databases that Cube can be put in front of."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from floe_constructs.cube.data_source import DataSource, Text, authority_file, encryption
from floe_constructs.cube.duckdb import DuckDbSource
from floe_constructs.cube.export_bucket import TrinoExport
from floe_constructs.cube.warehouse import BigQuerySource, SnowflakeSource
from floe_constructs.kubernetes.authority import Authority
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.environment import Variable, Variables
from floe_constructs.kubernetes.postgres import Postgres
from floe_constructs.kubernetes.secret import SecretKey, TextOrSecret
from floe_constructs.kubernetes.value import Cidr, DnsName, Port


class PostgresSource(DataSource, Postgres):
    """PostgreSQL."""

    type: Literal["postgres"]
    """Kind of source."""

    sslmode: Literal["disable", "require", "verify-full"] = "require"
    """What libpq's parameter of this name says about encryption; Cube knows these three."""

    @property
    def in_folder(self) -> dict[str, Authority]:
        """Certificates of authorities."""
        return authority_file(self.ca)

    def variables(self, folder: str) -> Variables:
        """Cube's own names for this."""
        host: str | SecretKey = self.host
        database: str | SecretKey = self.database
        return {
            "CUBEJS_DB_TYPE": self.type,
            "CUBEJS_DB_HOST": host,
            "CUBEJS_DB_PORT": str(self.port),
            "CUBEJS_DB_NAME": database,
            "CUBEJS_DB_USER": self.user,
            "CUBEJS_DB_PASS": self.password,
            **encryption(
                folder,
                encrypted=self.sslmode != "disable",
                verified=self.sslmode == "verify-full",
                ca=self.ca,
            ),
        }

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where it listens."""
        return (self.endpoint,)


class Trino(DataSource):
    """Trino."""

    type: Literal["trino"]
    """Kind of source."""

    host: DnsName
    """Host of the coordinator."""

    port: Port = 443
    """TCP port of the coordinator."""

    tls: bool = True
    """Whether it is reached by TLS."""

    ca: Authority | None = None
    """Certificates of the authorities that the coordinator's is verified by; those that are known
    everywhere when silent. Cube takes a file that begins with one: no comment, no empty line."""

    catalog: Text
    """Catalog that tables are looked for in."""

    db_schema: Text = Field(alias="schema")
    """Default schema in the catalog."""

    user: TextOrSecret
    """User to log in as: its name, or where it is kept."""

    password: SecretKey | None = None
    """Where the password is kept; none is sent when silent."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of the coordinator, for network policies; any but link-local ones when silent."""

    @model_validator(mode="after")
    def _passwords_are_encrypted(self) -> Self:
        if self.password and not self.tls:
            msg = "password needs tls: Trino refuses passwords in the clear"
            raise ValueError(msg)
        if self.ca and not self.tls:
            msg = "ca needs tls: without it no certificate is shown"
            raise ValueError(msg)
        return self

    @property
    def in_folder(self) -> dict[str, Authority]:
        """Certificates of authorities."""
        return authority_file(self.ca)

    def variables(self, folder: str) -> Variables:
        """Cube's own names for this."""
        env: dict[str, Variable] = {
            "CUBEJS_DB_TYPE": self.type,
            "CUBEJS_DB_HOST": self.host,
            "CUBEJS_DB_PORT": str(self.port),
            "CUBEJS_DB_USER": self.user,
            "CUBEJS_DB_PRESTO_CATALOG": self.catalog,
            "CUBEJS_DB_SCHEMA": self.db_schema,
            **encryption(folder, encrypted=self.tls, verified=True, ca=self.ca),
        }
        if self.password:
            env["CUBEJS_DB_PASS"] = self.password
        return env

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where it listens."""
        return (Endpoint(name="compute", host=self.host, port=self.port, cidrs=self.cidrs),)


class TrinoSource(Trino):
    """Trino."""

    export_bucket: TrinoExport | None = None
    """Bucket through which Trino hands over large results; row by row when silent."""

    @property
    def bucket(self) -> Endpoint | None:
        """Where its bucket is."""
        return self.export_bucket.endpoint if self.export_bucket else None

    @property
    def clouds(self) -> frozenset[str]:
        """Trino logs in with a password, its bucket may not."""
        return self.export_bucket.clouds if self.export_bucket else frozenset()

    def variables(self, folder: str) -> Variables:
        """Cube's own names for this."""
        bucket = self.export_bucket
        return {**super().variables(folder), **(bucket.variables if bucket else {})}


Source = Annotated[
    PostgresSource | TrinoSource | SnowflakeSource | BigQuerySource | DuckDbSource,
    Field(discriminator="type"),
]
"""A database that Cube asks."""
