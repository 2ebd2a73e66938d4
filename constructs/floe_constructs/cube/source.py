"""The databases that Cube can be put in front of."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from floe_constructs.cube.duckdb import DuckDbSource
from floe_constructs.cube.warehouse import BigQuerySource, SnowflakeSource, Text
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.environment import Variable, Variables
from floe_constructs.kubernetes.postgres import CA_FILE, CA_FOLDER, Postgres
from floe_constructs.kubernetes.secret import SecretKey, TextOrSecret
from floe_constructs.kubernetes.value import Cidr, DnsName, Port
from floe_constructs.spec import Spec


def _tls(*, encrypted: bool, verified: bool) -> Variables:
    """Say both: by its own default Cube takes any certificate."""
    if not encrypted:
        return {"CUBEJS_DB_SSL": "false"}
    return {
        "CUBEJS_DB_SSL": "true",
        "CUBEJS_DB_SSL_REJECT_UNAUTHORIZED": "true" if verified else "false",
    }


class PostgresSource(Postgres):
    """PostgreSQL."""

    type: Literal["postgres"]
    """Kind of source."""

    sslmode: Literal["disable", "require", "verify-full"] = "require"
    """What libpq's parameter of this name says about encryption; Cube knows these three."""

    @property
    def variables(self) -> Variables:
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
            **_tls(encrypted=self.sslmode != "disable", verified=self.sslmode == "verify-full"),
            **({"CUBEJS_DB_SSL_CA": f"{CA_FOLDER}/{CA_FILE}"} if self.ca else {}),
        }

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where it listens."""
        return (self.endpoint,)


class TrinoSource(Spec):
    """Trino."""

    type: Literal["trino"]
    """Kind of source."""

    host: DnsName
    """Host of the coordinator."""

    port: Port = 443
    """TCP port of the coordinator."""

    tls: bool = True
    """Whether it is reached by TLS, with a certificate that a public authority vouches for."""

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
        return self

    @property
    def variables(self) -> Variables:
        """Cube's own names for this."""
        env: dict[str, Variable] = {
            "CUBEJS_DB_TYPE": self.type,
            "CUBEJS_DB_HOST": self.host,
            "CUBEJS_DB_PORT": str(self.port),
            "CUBEJS_DB_USER": self.user,
            "CUBEJS_DB_PRESTO_CATALOG": self.catalog,
            "CUBEJS_DB_SCHEMA": self.db_schema,
        }
        if self.password:
            env["CUBEJS_DB_PASS"] = self.password
        return env | dict(_tls(encrypted=self.tls, verified=True))

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where it listens."""
        return (Endpoint(name="compute", host=self.host, port=self.port, cidrs=self.cidrs),)


Source = Annotated[
    PostgresSource | TrinoSource | SnowflakeSource | BigQuerySource | DuckDbSource,
    Field(discriminator="type"),
]
"""A database that Cube asks."""
