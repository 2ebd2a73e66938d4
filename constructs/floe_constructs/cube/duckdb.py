"""DuckDB as what Cube asks: within Cube's own processes."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from floe_constructs.cube.data_source import DataSource, Text
from floe_constructs.kubernetes.endpoint import Endpoint, Url
from floe_constructs.kubernetes.environment import Variable, Variables
from floe_constructs.kubernetes.s3 import Region, S3Credentials, s3_endpoint
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.value import Cidr, Memory, mebibytes
from floe_constructs.spec import Spec

DUCKDB_EXTENSIONS = Endpoint(name="duckdb-extensions", host="extensions.duckdb.org", port=80)
"""Where DuckDB gets its S3 client from when it starts; the file is signed."""

MOTHERDUCK = Endpoint(name="motherduck", host="api.motherduck.com", port=443)
"""DuckDB as a service."""

_Extension = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        json_schema_extra={"rule": "an extension's name: spatial"},
    ),
]


class DuckDbS3(Spec):
    """What DuckDB reads from S3 with."""

    region: Region
    """Region of the buckets."""

    credentials: S3Credentials | None = None
    """The key pair to use; Cube's own identity (`cube.identity`) when silent."""

    endpoint: Url | None = None
    """Address of an S3 server other than AWS; buckets are then parts of the path."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of the server, for network policies; any but link-local ones when silent."""

    @model_validator(mode="after")
    def _endpoint_is_a_host(self) -> Self:
        if self.endpoint and urlsplit(self.endpoint).path.strip("/"):
            msg = "endpoint has a path: DuckDB takes a host and a port"
            raise ValueError(msg)
        if self.endpoint and not self.credentials:
            msg = "endpoint needs credentials: an identity is one of AWS alone"
            raise ValueError(msg)
        return self

    @property
    def variables(self) -> Variables:
        """Cube's own names for this; DuckDB wants host and port, and the scheme apart."""
        env: dict[str, Variable] = {"CUBEJS_DB_DUCKDB_S3_REGION": self.region}
        if self.credentials:
            env["CUBEJS_DB_DUCKDB_S3_ACCESS_KEY_ID"] = self.credentials.access_key_id
            env["CUBEJS_DB_DUCKDB_S3_SECRET_ACCESS_KEY"] = self.credentials.secret_access_key
        else:
            env["CUBEJS_DB_DUCKDB_S3_USE_CREDENTIAL_CHAIN"] = "true"
        if self.endpoint:
            parts = urlsplit(self.endpoint)
            env["CUBEJS_DB_DUCKDB_S3_ENDPOINT"] = parts.netloc
            env["CUBEJS_DB_DUCKDB_S3_USE_SSL"] = "true" if parts.scheme == "https" else "false"
            env["CUBEJS_DB_DUCKDB_S3_URL_STYLE"] = "path"
        return env


class DuckDbSource(DataSource):
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

    motherduck_token: SecretKey | None = None
    """Where the token for MotherDuck is kept, if tables are there."""

    extensions: tuple[_Extension, ...] = ()
    """DuckDB's extensions to load, beside those that it loads by itself."""

    home: Annotated[str, Field(pattern=r"^/")] | None = None
    """Folder of the image with extensions in it (`.duckdb/extensions`), as `INSTALL` has left them:
    nothing is fetched when Cube starts. When silent, what is needed is fetched from DuckDB."""

    @model_validator(mode="after")
    def _is_one_database(self) -> Self:
        if self.motherduck_token and self.database_path:
            msg = "motherduck_token and database_path are two databases: give one"
            raise ValueError(msg)
        return self

    @property
    def clouds(self) -> frozenset[str]:
        """Without a key pair Cube has to be somebody to AWS."""
        return frozenset({"aws"} if self.s3 and not self.s3.credentials else ())

    def variables(self, folder: str) -> Variables:  # noqa: ARG002  no files
        """Cube's own names for this."""
        env: dict[str, Variable] = {
            "CUBEJS_DB_TYPE": self.type,
            "CUBEJS_DB_DUCKDB_MEMORY_LIMIT": f"{mebibytes(self.memory_limit)}MiB",
        }
        if self.database_path:
            env["CUBEJS_DB_DUCKDB_DATABASE_PATH"] = self.database_path
        if self.db_schema:
            env["CUBEJS_DB_DUCKDB_SCHEMA"] = self.db_schema
        if self.motherduck_token:
            env["CUBEJS_DB_DUCKDB_MOTHERDUCK_TOKEN"] = self.motherduck_token
        if self.extensions:
            env["CUBEJS_DB_DUCKDB_EXTENSIONS"] = ",".join(self.extensions)
        return env | dict(self.s3.variables if self.s3 else {})

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where S3 and MotherDuck listen, and where DuckDB gets its clients for them from."""
        found = [MOTHERDUCK] if self.motherduck_token else []
        if s3 := self.s3:
            found.append(s3_endpoint("storage", s3.region, s3.endpoint, s3.cidrs))
        if (found or self.extensions) and not self.home:
            found.append(DUCKDB_EXTENSIONS)
        return tuple(found)
