"""Compute engines."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from floe_constructs.kubernetes.endpoint import Url
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.value import Port
from floe_constructs.preflight.targets.kept import Host, Kept, Path, Text, Value
from floe_constructs.preflight.targets.target import Other, Target
from floe_constructs.spec import exactly_one


class Trino(Target):
    """Trino: login, a query, the catalog and the schema."""

    type: Literal["trino"]
    """Kind of engine."""

    host: Host
    """Host of the coordinator."""

    port: Port = 443
    """TCP port of the coordinator."""

    tls: bool = True
    """Whether it is reached by TLS."""

    ca_file: Path | None = None
    """Certificates of the authorities that the coordinator's is verified by."""

    user: Value
    """User to log in as."""

    password: Kept | None = None
    """The password; none is sent when silent."""

    catalog: Text | None = None
    """Catalog that has to be there."""

    db_schema: Text | None = Field(default=None, alias="schema")
    """Schema of the catalog that has to be there."""


class Snowflake(Target):
    """Snowflake: login, role, warehouse, database and a query."""

    type: Literal["snowflake"]
    """Kind of engine."""

    account: Value
    """Account identifier, `ORGANIZATION-ACCOUNT`, without a domain."""

    user: Value
    """User to log in as."""

    password: Kept | None = None
    """The password, or a programmatic access token."""

    private_key: Kept | None = None
    """Private key in PEM of a key-pair login."""

    private_key_passphrase: Kept | None = None
    """What the private key is encrypted with."""

    role: Text | None = None
    """Role to take on; the user's own when silent."""

    warehouse: Text | None = None
    """Warehouse that queries run in."""

    database: Text | None = None
    """Database that has to be there."""

    db_schema: Text | None = Field(default=None, alias="schema")
    """Schema of the database that has to be there."""

    url: Url | None = None
    """Address, where it is not the account's own: a private link."""

    @model_validator(mode="after")
    def _logs_in_in_one_way(self) -> Self:
        exactly_one(self, "password", "private_key")
        return self


class BigQuery(Target):
    """BigQuery: a token, the right to run jobs, the dataset."""

    type: Literal["bigquery"]
    """Kind of engine."""

    project: Text
    """Project that queries are run and paid in."""

    dataset: Text | None = None
    """Dataset that has to be there."""

    location: Text | None = None
    """Location of the dataset and of the jobs."""

    credentials_file: Path | None = None
    """Key file of a service account."""

    secret: SecretKey | None = None
    """The Secret that the key file is from, which messages name."""

    identity: Literal["gcp"] | None = None
    """Identity of the process, instead of a key file."""

    url: Url = "https://bigquery.googleapis.com"
    """Address of the service."""


class DuckDb(Target):
    """DuckDB within the process: the file, the lock, extensions."""

    type: Literal["duckdb"]
    """Kind of engine."""

    path: Path = ":memory:"
    """Database file, or `:memory:`."""

    read_only: bool = False
    """Whether it is opened for reading alone."""

    extensions: tuple[Text, ...] = ()
    """Extensions that have to be in the image; nothing is downloaded."""


Compute = Annotated[Trino | Snowflake | BigQuery | DuckDb | Other, Field(discriminator="type")]
"""A compute engine."""
