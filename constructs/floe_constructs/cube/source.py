"""The databases that Cube can be put in front of."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from floe_constructs.kubernetes.endpoint import Endpoint, Postgres, Url
from floe_constructs.kubernetes.environment import Variable, Variables
from floe_constructs.kubernetes.s3 import Region, S3Credentials, s3_endpoint
from floe_constructs.kubernetes.secret import SecretKey, TextOrSecret
from floe_constructs.kubernetes.value import Cidr, DnsName, Memory, Port, mebibytes
from floe_constructs.spec import Spec

Text = Annotated[str, Field(min_length=1, max_length=255)]
"""A name in a database."""

DUCKDB_EXTENSIONS = Endpoint(name="duckdb-extensions", host="extensions.duckdb.org", port=80)
"""Where DuckDB gets its S3 client from when it starts; the file is signed."""


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
        return {
            "CUBEJS_DB_TYPE": self.type,
            "CUBEJS_DB_HOST": self.host,
            "CUBEJS_DB_PORT": str(self.port),
            "CUBEJS_DB_NAME": self.database,
            "CUBEJS_DB_USER": self.user,
            "CUBEJS_DB_PASS": self.password,
        } | dict(_tls(encrypted=self.sslmode != "disable", verified=self.sslmode == "verify-full"))

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


class SnowflakeSource(Spec):
    """Snowflake."""

    type: Literal["snowflake"]
    """Kind of source."""

    account: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9_-]+(\.[a-z0-9-]+)*$",
            json_schema_extra={"rule": "an account identifier, not a URL: acme-analytics"},
        ),
    ]
    """Account identifier."""

    warehouse: Text
    """Virtual warehouse that queries run in."""

    database: Text
    """Database that tables are looked for in."""

    user: TextOrSecret
    """User to log in as: its name, or where it is kept."""

    password: SecretKey
    """Where the password is kept."""

    role: Text | None = None
    """Role to act in; the user's own when silent."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of the account, for network policies; any but link-local ones when silent."""

    @property
    def variables(self) -> Variables:
        """Cube's own names for this."""
        env: dict[str, Variable] = {
            "CUBEJS_DB_TYPE": self.type,
            "CUBEJS_DB_SNOWFLAKE_ACCOUNT": self.account,
            "CUBEJS_DB_SNOWFLAKE_WAREHOUSE": self.warehouse,
            "CUBEJS_DB_NAME": self.database,
            "CUBEJS_DB_USER": self.user,
            "CUBEJS_DB_PASS": self.password,
        }
        if self.role:
            env["CUBEJS_DB_SNOWFLAKE_ROLE"] = self.role
        return env

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where it listens."""
        host = f"{self.account.lower()}.snowflakecomputing.com"
        return (Endpoint(name="compute", host=host, port=443, cidrs=self.cidrs),)


class BigQuerySource(Spec):
    """BigQuery."""

    type: Literal["bigquery"]
    """Kind of source."""

    project: Text
    """Project that queries run in."""

    location: Text
    """Location of the datasets: Cube builds pre-aggregations in the United States otherwise."""

    credentials: SecretKey
    """Where a service account's key is kept: its JSON, encoded as base64 once more."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of Google's APIs, for network policies; any but link-local ones when silent."""

    @property
    def variables(self) -> Variables:
        """Cube's own names for this."""
        return {
            "CUBEJS_DB_TYPE": self.type,
            "CUBEJS_DB_BQ_PROJECT_ID": self.project,
            "CUBEJS_DB_BQ_LOCATION": self.location,
            "CUBEJS_DB_BQ_CREDENTIALS": self.credentials,
        }

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where it listens."""
        host = "bigquery.googleapis.com"
        return (Endpoint(name="compute", host=host, port=443, cidrs=self.cidrs),)


class DuckDbS3(Spec):
    """What DuckDB reads from S3 with."""

    region: Region
    """Region of the buckets."""

    credentials: S3Credentials
    """The key pair to use."""

    endpoint: Url | None = None
    """Address of an S3 server other than AWS; buckets are then parts of the path."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of the server, for network policies; any but link-local ones when silent."""

    @model_validator(mode="after")
    def _endpoint_is_a_host(self) -> Self:
        if self.endpoint and urlsplit(self.endpoint).path.strip("/"):
            msg = "endpoint has a path: DuckDB takes a host and a port"
            raise ValueError(msg)
        return self

    @property
    def variables(self) -> Variables:
        """Cube's own names for this; DuckDB wants host and port, and the scheme apart."""
        env: dict[str, Variable] = {
            "CUBEJS_DB_DUCKDB_S3_REGION": self.region,
            "CUBEJS_DB_DUCKDB_S3_ACCESS_KEY_ID": self.credentials.access_key_id,
            "CUBEJS_DB_DUCKDB_S3_SECRET_ACCESS_KEY": self.credentials.secret_access_key,
        }
        if self.endpoint:
            parts = urlsplit(self.endpoint)
            env["CUBEJS_DB_DUCKDB_S3_ENDPOINT"] = parts.netloc
            env["CUBEJS_DB_DUCKDB_S3_USE_SSL"] = "true" if parts.scheme == "https" else "false"
            env["CUBEJS_DB_DUCKDB_S3_URL_STYLE"] = "path"
        return env


class DuckDbSource(Spec):
    """DuckDB within Cube's own processes, over files in the image or in S3."""

    type: Literal["duckdb"]
    """Kind of source."""

    memory_limit: Memory
    """Memory of DuckDB, beside Node's; its own default is most of what the node has."""

    database_path: Annotated[str, Field(pattern=r"^/")] | None = None
    """A database file in the image; in memory when silent."""

    db_schema: Text | None = Field(default=None, alias="schema")
    """Default schema."""

    s3: DuckDbS3 | None = None
    """S3 to read from."""

    @property
    def variables(self) -> Variables:
        """Cube's own names for this."""
        env: dict[str, Variable] = {
            "CUBEJS_DB_TYPE": self.type,
            "CUBEJS_DB_DUCKDB_MEMORY_LIMIT": f"{mebibytes(self.memory_limit)}MiB",
        }
        if self.database_path:
            env["CUBEJS_DB_DUCKDB_DATABASE_PATH"] = self.database_path
        if self.db_schema:
            env["CUBEJS_DB_DUCKDB_SCHEMA"] = self.db_schema
        return env | dict(self.s3.variables if self.s3 else {})

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where S3 listens, and where DuckDB gets its client for it from."""
        if not self.s3:
            return ()
        s3 = self.s3
        return s3_endpoint("storage", s3.region, s3.endpoint, s3.cidrs), DUCKDB_EXTENSIONS


Source = Annotated[
    PostgresSource | TrinoSource | SnowflakeSource | BigQuerySource | DuckDbSource,
    Field(discriminator="type"),
]
"""A database that Cube asks."""
