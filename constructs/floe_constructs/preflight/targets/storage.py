"""Buckets and containers of object stores."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from floe_constructs.kubernetes.azure import Container, StorageAccount
from floe_constructs.kubernetes.endpoint import Url
from floe_constructs.kubernetes.s3 import Bucket, Region, SubPath
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.preflight.targets.kept import Address, Kept, Path, Text
from floe_constructs.preflight.targets.target import Other, Target, together


class S3(Target):
    """A bucket of S3: list, write, read back, delete."""

    type: Literal["s3"]
    """Kind of object store."""

    bucket: Bucket
    """Name of the bucket."""

    prefix: SubPath | None = None
    """Folder of the bucket that the workload may use; all of it when silent."""

    region: Region = "us-east-1"
    """Region of the bucket."""

    endpoint: Address | None = None
    """Address of a server other than AWS."""

    path_style: bool = True
    """Whether the bucket is part of the path instead of the host name."""

    access_key_id: Kept | None = None
    """The key pair's id."""

    secret_access_key: Kept | None = None
    """The key pair's secret."""

    session_token: Kept | None = None
    """What makes a key pair a session's."""

    identity: Literal["aws-irsa", "aws-pod-identity"] | None = None
    """Identity of the process, instead of a key pair."""

    profile: Text | None = None
    """Profile of the user's AWS configuration, instead of a key pair."""

    ca_file: Path | None = None
    """Certificates of the authorities that the server's is verified by."""

    @model_validator(mode="after")
    def _has_both_keys(self) -> Self:
        together(self, "access_key_id", "secret_access_key")
        return self


class Gcs(Target):
    """A bucket of Google Cloud Storage: rights, list, write, read back, delete."""

    type: Literal["gcs"]
    """Kind of object store."""

    bucket: Bucket
    """Name of the bucket."""

    prefix: SubPath | None = None
    """Folder of the bucket that the workload may use; all of it when silent."""

    credentials_file: Path | None = None
    """Key file of a service account."""

    secret: SecretKey | None = None
    """The Secret that the key file is from, which messages name."""

    identity: Literal["gcp"] | None = None
    """Identity of the process, instead of a key file."""

    endpoint: Url = "https://storage.googleapis.com"
    """Address of the service."""


class Adls(Target):
    """A container of Azure's object storage: list, write, read back, delete."""

    type: Literal["adls"]
    """Kind of object store."""

    account: StorageAccount
    """Storage account."""

    container: Container
    """Container of the account."""

    prefix: SubPath | None = None
    """Folder of the container that the workload may use; all of it when silent."""

    account_key: Kept | None = None
    """Key of the account."""

    sas: Kept | None = None
    """Shared access signature."""

    identity: Literal["azure"] | None = None
    """Identity of the process, instead of a key or signature."""

    endpoint: Address | None = None
    """Address, where it is not the account's own."""

    ca_file: Path | None = None
    """Certificates of the authorities that the server's is verified by."""


Storage = Annotated[S3 | Gcs | Adls | Other, Field(discriminator="type")]
"""Object storage."""
