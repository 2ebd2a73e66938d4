"""Where the output of steps is kept, so that it can be read when their pod is gone."""

from typing import Literal

from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.environment import Variables
from floe_constructs.kubernetes.s3 import S3Bucket, SubPath, s3_endpoint


class S3ComputeLogs(S3Bucket):
    """A bucket of AWS S3, or of a server that speaks its protocol.

    Runs write to it as who they are, like to any other bucket; webserver and daemon, which have no
    business elsewhere, need the key pair or the identity that is given here.
    """

    type: Literal["s3"]
    """Kind of storage."""

    prefix: SubPath = "dagster"
    """Folder in the bucket."""

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
