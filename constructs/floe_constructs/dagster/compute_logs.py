"""Where the output of steps is kept, so that it can be read when their pod is gone."""

from typing import Literal, Self

from pydantic import model_validator

from floe_constructs.kubernetes.cloud_identity import CloudIdentity
from floe_constructs.kubernetes.endpoint import Endpoint, Url
from floe_constructs.kubernetes.environment import Variables
from floe_constructs.kubernetes.s3 import Bucket, Region, S3Credentials, SubPath, s3_endpoint
from floe_constructs.kubernetes.value import Cidr
from floe_constructs.spec import Spec


class S3ComputeLogs(Spec):
    """A bucket of AWS S3, or of a server that speaks its protocol.

    Runs write to it as who they are, like to any other bucket; webserver and daemon, which have no
    business elsewhere, need a key pair or an identity of their own.
    """

    type: Literal["s3"]
    """Kind of storage."""

    bucket: Bucket
    """Bucket."""

    prefix: SubPath = "dagster"
    """Folder in the bucket."""

    region: Region
    """Region of the bucket."""

    endpoint: Url | None = None
    """Address of an S3 server other than AWS."""

    credentials: S3Credentials | None = None
    """Key pair of webserver and daemon."""

    identity: CloudIdentity | None = None
    """Identity of webserver and daemon, instead of a key pair."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of the server, for network policies; any but link-local ones when silent."""

    @model_validator(mode="after")
    def _authenticates_in_one_way(self) -> Self:
        if (self.credentials is None) == (self.identity is None):
            msg = "give exactly one of credentials and identity"
            raise ValueError(msg)
        return self

    @property
    def variables(self) -> Variables:
        """What webserver and daemon sign their requests with."""
        if not self.credentials:
            return {}
        return {
            "AWS_ACCESS_KEY_ID": self.credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.credentials.secret_access_key,
        }

    @property
    def server(self) -> Endpoint:
        """Where it listens."""
        return s3_endpoint("compute-logs", self.region, self.endpoint, self.cidrs)
