"""Buckets of S3, or of a server that speaks its protocol."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from floe_constructs.kubernetes.cloud_identity import AwsIdentity
from floe_constructs.kubernetes.endpoint import Endpoint, Url, endpoint_of
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.value import Cidr
from floe_constructs.spec import Spec, exactly_one

Bucket = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$",
        json_schema_extra={"rule": "a bucket's name without scheme or path: acme-dagster-logs"},
    ),
]
"""Name of a bucket."""

Region = Annotated[
    str,
    Field(pattern=r"^[a-z0-9-]+$", json_schema_extra={"rule": "a region's name: eu-central-1"}),
]
"""Name of a region of AWS, or whatever an S3 server calls its own."""

SubPath = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$",
        json_schema_extra={"rule": "a path in the bucket without '/' at either end"},
    ),
]
"""A folder in a bucket."""


class S3Credentials(Spec):
    """A key pair of an S3 user."""

    access_key_id: SecretKey
    """Where the key's id is kept."""

    secret_access_key: SecretKey
    """Where the key's secret is kept."""


class S3Bucket(Spec):
    """A bucket, and who one is to it: the holder of a key pair, or an identity of the pods."""

    bucket: Bucket
    """Name of the bucket."""

    region: Region
    """Region of the bucket."""

    endpoint: Url | None = None
    """Address of an S3 server other than AWS; buckets are then parts of the path."""

    credentials: S3Credentials | None = None
    """The key pair to use."""

    identity: AwsIdentity | None = None
    """Identity of the pods, instead of a key pair."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of the server, for network policies; any but link-local ones when silent."""

    @model_validator(mode="after")
    def _authenticates_in_one_way(self) -> Self:
        exactly_one(self, "credentials", "identity")
        return self


def s3_endpoint(name: str, region: str, url: str | None, cidrs: tuple[str, ...]) -> Endpoint:
    """Answer where S3 listens: the server given, or AWS' own in the region."""
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return endpoint_of(name, url or f"https://s3.{region}.{domain}", cidrs)
