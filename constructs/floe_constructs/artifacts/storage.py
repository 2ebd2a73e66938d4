"""Object storage, as the contract describes it."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from floe_constructs.artifacts.login import CredentialConfig
from floe_constructs.artifacts.part import Address, Part, SecretReference


class Storage(Part):
    """A bucket of an object store."""

    type: Literal["s3", "gcs", "azure", "local"] = "s3"
    """Kind of object store; `local` is a folder, for development."""

    endpoint: Annotated[
        Address | SecretReference | None,
        BeforeValidator(lambda value: None if value == "" else value),
    ] = None
    """Address of the store; the provider's own when silent."""

    region: str = "us-east-1"
    """Region of the bucket; the compiler writes its default for every provider."""

    bucket: str = Field(min_length=3, max_length=63)
    """Name of the bucket, or of the container in Azure."""

    path_style_access: bool = False
    """Whether the bucket is part of the path instead of the host name."""

    credentials: CredentialConfig = CredentialConfig()
    """How it is logged in to."""
