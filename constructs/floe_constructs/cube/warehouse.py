"""The cloud warehouses that Cube can be put in front of."""

from typing import Annotated, Literal

from pydantic import Field

from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.environment import Variable, Variables
from floe_constructs.kubernetes.secret import SecretKey, TextOrSecret
from floe_constructs.kubernetes.value import Cidr
from floe_constructs.spec import Spec

Text = Annotated[str, Field(min_length=1, max_length=255)]
"""A name in a database."""


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
