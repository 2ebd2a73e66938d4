"""Buckets of S3, or of a server that speaks its protocol."""

from typing import Annotated

from pydantic import Field

from floe_constructs.kubernetes.endpoint import Endpoint, endpoint_of
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.spec import Spec

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


def s3_endpoint(name: str, region: str, url: str | None, cidrs: tuple[str, ...]) -> Endpoint:
    """Answer where S3 listens: the server given, or AWS' own in the region."""
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return endpoint_of(name, url or f"https://s3.{region}.{domain}", cidrs)
