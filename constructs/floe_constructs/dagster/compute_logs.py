"""Where the output of steps is kept, so that it can be read when their pod is gone.

Webserver and daemon log in with what is given here. S3 and Google's clients know one login for a
whole process: code servers and runs, which have business of their own there, write as who they are.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from floe_constructs.dagster.azure_logs import AzureComputeLogs
from floe_constructs.dagster.log_storage import UPLOAD_SECONDS, ComputeLogs
from floe_constructs.kubernetes.cloud_identity import CloudIdentity, GcpIdentity
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.s3 import Bucket, S3Bucket, s3_endpoint
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.value import Cidr
from floe_constructs.spec import exactly_one
from floe_constructs.variables import VARIABLES

GOOGLE_VARIABLE = VARIABLES["gcs"]["credentials_file"]
AWS_VARIABLE = VARIABLES["s3"]["access_key_id"]


class S3ComputeLogs(ComputeLogs, S3Bucket):
    """A bucket of AWS S3, or of a server that speaks its protocol."""

    type: Literal["s3"]
    """Kind of storage."""

    @property
    def cloud(self) -> str:
        """A key pair wins over an identity."""
        return "aws"

    @property
    def manager(self) -> dict[str, Any]:
        """What Dagster is told."""
        return {
            "module": "dagster_aws.s3.compute_log_manager",
            "class": "S3ComputeLogManager",
            "config": {
                "bucket": self.bucket,
                "prefix": self.prefix,
                "region": self.region,
                "skip_empty_files": True,
                "upload_interval": UPLOAD_SECONDS,
            }
            | ({"endpoint_url": self.endpoint} if self.endpoint else {}),
        }

    @property
    def variables(self) -> dict[str, str | SecretKey]:
        """The key pair, and the region: Dagster takes its own for links alone, not for requests."""
        region: dict[str, str | SecretKey] = {"AWS_DEFAULT_REGION": self.region}
        if not self.credentials:
            return region
        return region | {
            AWS_VARIABLE: self.credentials.access_key_id,
            VARIABLES["s3"]["secret_access_key"]: self.credentials.secret_access_key,
        }

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where it listens."""
        return (s3_endpoint("compute-logs", self.region, self.endpoint, self.cidrs),)


class GcsComputeLogs(ComputeLogs):
    """A bucket of Google Cloud Storage."""

    type: Literal["gcs"]
    """Kind of storage."""

    bucket: Bucket
    """Name of the bucket."""

    credentials: SecretKey | None = None
    """Where the JSON of a service account's key is kept. It becomes a file: Dagster's
    `json_credentials_envvar` does not do without one."""

    identity: GcpIdentity | None = None
    """Identity of webserver and daemon, instead of a key."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of Google's APIs, for network policies; any but link-local ones when silent."""

    @model_validator(mode="after")
    def _authenticates_in_one_way(self) -> Self:
        exactly_one(self, "credentials", "identity")
        return self

    @property
    def cloud(self) -> str:
        """A key wins over an identity."""
        return "gcp"

    @property
    def manager(self) -> dict[str, Any]:
        """What Dagster is told."""
        return {
            "module": "dagster_gcp.gcs.compute_log_manager",
            "class": "GCSComputeLogManager",
            "config": {
                "bucket": self.bucket,
                "prefix": self.prefix,
                "upload_interval": UPLOAD_SECONDS,
            },
        }

    @property
    def files(self) -> dict[str, SecretKey]:
        """The key."""
        return {GOOGLE_VARIABLE: self.credentials} if self.credentials else {}

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where it listens, and where a key becomes a token."""
        at: Any = {"port": 443, "cidrs": self.cidrs}
        found = [Endpoint(name="compute-logs", host="storage.googleapis.com", **at)]
        if self.credentials:
            found.append(Endpoint(name="google-login", host="oauth2.googleapis.com", **at))
        return tuple(found)


class ArtifactsComputeLogs(ComputeLogs):
    """The object storage that the artifacts name, with the endpoint and the login that they say."""

    type: Literal["artifacts"]
    """Kind of storage."""

    bucket: Bucket | None = None
    """Name of the bucket, or of the container in Azure; the one that the artifacts name for compute
    logs, or else for tables, when silent."""

    identity: CloudIdentity | None = None
    """Identity of webserver and daemon; without it, they log in with what the artifacts say."""


StoredLogs = Annotated[
    S3ComputeLogs | GcsComputeLogs | AzureComputeLogs, Field(discriminator="type")
]
"""A storage of its own."""

AnyComputeLogs = Annotated[
    S3ComputeLogs | GcsComputeLogs | AzureComputeLogs | ArtifactsComputeLogs,
    Field(discriminator="type"),
]
"""A storage of its own, or that of the artifacts."""
