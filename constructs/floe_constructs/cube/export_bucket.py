"""The bucket through which a database hands over large results."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from floe_constructs.cube.data_source import Text
from floe_constructs.kubernetes.azure import Container, StorageAccount
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.environment import Variable, Variables
from floe_constructs.kubernetes.s3 import Bucket, Region, S3Credentials, s3_endpoint
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.value import Cidr
from floe_constructs.spec import Spec

_TYPE, _BUCKET = "CUBEJS_DB_EXPORT_BUCKET_TYPE", "CUBEJS_DB_EXPORT_BUCKET"


class Export(Spec):
    """A bucket; not the one of Cube Store, which would take the files for its own."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of the bucket's server, for network policies; any but link-local ones when
    silent."""

    @property
    def clouds(self) -> frozenset[str]:
        """Whose identity stands in for a key that is not given."""
        return frozenset()


class S3Export(Export):
    """A bucket of AWS S3."""

    type: Literal["s3"]
    """Kind of bucket."""

    bucket: Bucket
    """Name of the bucket."""

    region: Region
    """Region of the bucket."""

    credentials: S3Credentials | None = None
    """The key pair to use; Cube's own identity (`cube.identity`) when silent."""

    @property
    def clouds(self) -> frozenset[str]:
        """AWS, without a key pair."""
        return frozenset() if self.credentials else frozenset({"aws"})

    @property
    def variables(self) -> Variables:
        """Cube's own names for this."""
        env: dict[str, Variable] = {
            _TYPE: self.type,
            _BUCKET: self.bucket,
            "CUBEJS_DB_EXPORT_BUCKET_AWS_REGION": self.region,
        }
        if self.credentials:
            env["CUBEJS_DB_EXPORT_BUCKET_AWS_KEY"] = self.credentials.access_key_id
            env["CUBEJS_DB_EXPORT_BUCKET_AWS_SECRET"] = self.credentials.secret_access_key
        return env

    @property
    def endpoint(self) -> Endpoint:
        """Where it listens."""
        return s3_endpoint("export-bucket", self.region, None, self.cidrs)


class BigQueryExport(Export):
    """A bucket of Google Cloud Storage, with BigQuery's own login."""

    type: Literal["gcs"]
    """Kind of bucket."""

    bucket: Bucket
    """Name of the bucket."""

    @property
    def variables(self) -> Variables:
        """Cube's own names for this; it calls Google `gcp` here and `gcs` everywhere else."""
        return {_TYPE: "gcp", _BUCKET: self.bucket}

    @property
    def endpoint(self) -> Endpoint:
        """Where it listens."""
        host = "storage.googleapis.com"
        return Endpoint(name="export-bucket", host=host, port=443, cidrs=self.cidrs)


class GcsExport(BigQueryExport):
    """A bucket of Google Cloud Storage."""

    credentials: SecretKey | None = None
    """Where a service account's key is kept: its JSON, encoded as base64 once more. Cube's own
    identity (`cube.identity`) when silent."""

    @property
    def clouds(self) -> frozenset[str]:
        """Google, without a key."""
        return frozenset() if self.credentials else frozenset({"gcp"})

    @property
    def variables(self) -> Variables:
        """Cube's own names for this."""
        key = {"CUBEJS_DB_EXPORT_GCS_CREDENTIALS": self.credentials} if self.credentials else {}
        return {_TYPE: self.type, _BUCKET: self.bucket, **key}


class SnowflakeS3Export(S3Export):
    """A bucket of AWS S3 that Snowflake writes to."""

    integration: Text | None = None
    """Snowflake's storage integration for the bucket, instead of handing the keys to it."""

    @model_validator(mode="after")
    def _snowflake_may_write(self) -> Self:
        if not (self.credentials or self.integration):
            msg = "integration is missing: Snowflake itself writes with it, or with credentials"
            raise ValueError(msg)
        return self

    @property
    def variables(self) -> Variables:
        """Cube's own names for this."""
        return {**super().variables, **_integrated(self.integration)}


class SnowflakeGcsExport(GcsExport):
    """A bucket of Google Cloud Storage that Snowflake writes to."""

    integration: Text
    """Snowflake's storage integration for the bucket."""

    credentials: SecretKey
    """Where a service account's key is kept: its JSON, encoded as base64 once more. Cube's driver
    for Snowflake does not start without one."""

    @property
    def variables(self) -> Variables:
        """Cube's own names for this."""
        return {**super().variables, **_integrated(self.integration)}


class SnowflakeAzureExport(Export):
    """A container of Azure Blob Storage that Snowflake writes to."""

    type: Literal["azure"]
    """Kind of bucket."""

    account: StorageAccount
    """Storage account."""

    container: Container
    """Container in the account."""

    integration: Text
    """Snowflake's storage integration for the container."""

    credentials: SecretKey | None = None
    """Where the account's key is kept; Cube's own identity (`cube.identity`) when silent."""

    @property
    def clouds(self) -> frozenset[str]:
        """Azure, without a key."""
        return frozenset() if self.credentials else frozenset({"azure"})

    @property
    def variables(self) -> Variables:
        """Cube's own names for this."""
        key = {"CUBEJS_DB_EXPORT_BUCKET_AZURE_KEY": self.credentials} if self.credentials else {}
        bucket = f"{self.endpoint.host}/{self.container}"
        return {_TYPE: self.type, _BUCKET: bucket, **key, **_integrated(self.integration)}

    @property
    def endpoint(self) -> Endpoint:
        """Where it listens."""
        host = f"{self.account}.blob.core.windows.net"
        return Endpoint(name="export-bucket", host=host, port=443, cidrs=self.cidrs)


def _integrated(integration: str | None) -> Variables:
    return {"CUBEJS_DB_EXPORT_INTEGRATION": integration} if integration else {}


TrinoExport = Annotated[S3Export | GcsExport, Field(discriminator="type")]
"""What Trino exports to."""

SnowflakeExport = Annotated[
    SnowflakeS3Export | SnowflakeGcsExport | SnowflakeAzureExport, Field(discriminator="type")
]
"""What Snowflake exports to."""
