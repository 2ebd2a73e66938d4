"""The cloud warehouses that Cube can be put in front of."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from floe_constructs.cube.data_source import DataSource, Text
from floe_constructs.cube.export_bucket import BigQueryExport, SnowflakeExport
from floe_constructs.kubernetes.authority import Authority
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.environment import Variable, Variables
from floe_constructs.kubernetes.secret import SecretKey, TextOrSecret
from floe_constructs.kubernetes.value import Cidr, DnsName
from floe_constructs.spec import exactly_one

_KEY = "key.json"


class SnowflakeSource(DataSource):
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

    host: DnsName | None = None
    """Host of the account, where it is a private one; the account's public host when silent."""

    warehouse: Text
    """Virtual warehouse that queries run in."""

    database: Text
    """Database that tables are looked for in."""

    user: TextOrSecret
    """User to log in as: its name, or where it is kept."""

    password: SecretKey | None = None
    """Where the password is kept."""

    private_key: SecretKey | None = None
    """Where the user's private key is kept (PEM), instead of a password."""

    private_key_passphrase: SecretKey | None = None
    """Where the passphrase of the private key is kept, if it has one."""

    role: Text | None = None
    """Role to act in; the user's own when silent."""

    export_bucket: SnowflakeExport | None = None
    """Bucket through which Snowflake hands over large results; row by row when silent."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of the account, for network policies; any but link-local ones when silent."""

    @model_validator(mode="after")
    def _logs_in_in_one_way(self) -> Self:
        exactly_one(self, "password", "private_key")
        if self.private_key_passphrase and not self.private_key:
            msg = "private_key_passphrase needs private_key"
            raise ValueError(msg)
        return self

    @property
    def bucket(self) -> Endpoint | None:
        """Where its bucket is."""
        return self.export_bucket.endpoint if self.export_bucket else None

    @property
    def clouds(self) -> frozenset[str]:
        """Snowflake logs in with a secret, its bucket may not."""
        return self.export_bucket.clouds if self.export_bucket else frozenset()

    def variables(self, folder: str) -> Variables:  # noqa: ARG002  no files
        """Cube's own names for this."""
        env: dict[str, Variable] = {
            "CUBEJS_DB_TYPE": self.type,
            "CUBEJS_DB_SNOWFLAKE_ACCOUNT": self.account,
            "CUBEJS_DB_SNOWFLAKE_WAREHOUSE": self.warehouse,
            "CUBEJS_DB_NAME": self.database,
            "CUBEJS_DB_USER": self.user,
        }
        if self.host:
            env["CUBEJS_DB_SNOWFLAKE_HOST"] = self.host
        if self.password:
            env["CUBEJS_DB_PASS"] = self.password
        if self.private_key:
            env["CUBEJS_DB_SNOWFLAKE_AUTHENTICATOR"] = "SNOWFLAKE_JWT"
            env["CUBEJS_DB_SNOWFLAKE_PRIVATE_KEY"] = self.private_key
        if self.private_key_passphrase:
            env["CUBEJS_DB_SNOWFLAKE_PRIVATE_KEY_PASS"] = self.private_key_passphrase
        if self.role:
            env["CUBEJS_DB_SNOWFLAKE_ROLE"] = self.role
        bucket = self.export_bucket
        return env | dict(bucket.variables if bucket else {})

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where it listens."""
        host = self.host or f"{self.account.lower()}.snowflakecomputing.com"
        return (Endpoint(name="compute", host=host, port=443, cidrs=self.cidrs),)


class BigQuerySource(DataSource):
    """BigQuery."""

    type: Literal["bigquery"]
    """Kind of source."""

    project: Text
    """Project that queries run in."""

    location: Text
    """Location of the datasets: Cube builds pre-aggregations in the United States otherwise."""

    credentials: SecretKey | None = None
    """Where a service account's key is kept, the JSON file as Google hands it out; Cube's own
    identity (`cube.identity`) when silent."""

    export_bucket: BigQueryExport | None = None
    """Bucket through which BigQuery hands over large results; row by row when silent."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of Google's APIs, for network policies; any but link-local ones when silent."""

    @property
    def in_folder(self) -> dict[str, Authority]:
        """The service account's key."""
        return {_KEY: self.credentials} if self.credentials else {}

    @property
    def bucket(self) -> Endpoint | None:
        """Where its bucket is."""
        return self.export_bucket.endpoint if self.export_bucket else None

    @property
    def clouds(self) -> frozenset[str]:
        """Without a key Cube has to be somebody to Google."""
        return frozenset() if self.credentials else frozenset({"gcp"})

    def variables(self, folder: str) -> Variables:
        """Cube's own names for this."""
        env: dict[str, Variable] = {
            "CUBEJS_DB_TYPE": self.type,
            "CUBEJS_DB_BQ_PROJECT_ID": self.project,
            "CUBEJS_DB_BQ_LOCATION": self.location,
        }
        if self.credentials:
            env["CUBEJS_DB_BQ_KEY_FILE"] = f"{folder}/{_KEY}"
        bucket = self.export_bucket
        return env | dict(bucket.variables if bucket else {})

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where it listens, and where a key becomes a token."""
        return tuple(
            Endpoint(name=name, host=host, port=443, cidrs=self.cidrs)
            for name, host in (
                ("compute", "bigquery.googleapis.com"),
                *([("google-login", "oauth2.googleapis.com")] if self.credentials else []),
            )
        )
