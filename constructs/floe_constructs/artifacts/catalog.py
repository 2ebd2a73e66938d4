"""The Iceberg catalog, as the contract describes it."""

from typing import Literal

from pydantic import Field

from floe_constructs.artifacts.login import CredentialConfig
from floe_constructs.artifacts.part import Address, Part, Reference, Said, SecretReference


class Catalog(Part):
    """The catalog of the lakehouse."""

    type: Literal["polaris", "glue", "nessie", "rest", "hive"] = "polaris"
    """Kind of catalog."""

    uri: Address | SecretReference
    """Its address."""

    warehouse: str | None = Field(min_length=1, max_length=255)
    """Warehouse in the catalog; only contract 1.0 may be silent."""

    credentials: CredentialConfig = CredentialConfig()
    """How it is logged in to."""


class CatalogConfig(Part):
    """The catalog in the form of contract 1.0."""

    type: Literal["polaris", "glue", "nessie"]
    """Kind of catalog."""

    uri: Address
    """Its address."""

    warehouse: Said = None
    """Warehouse in the catalog."""

    scope: str | None = None
    """OAuth2 scope."""

    credential_secret_ref: Reference | None = None
    """All that a login takes, in one secret."""

    @property
    def catalog(self) -> Catalog:
        """The same in the form of contract 1.1."""
        login = CredentialConfig(scope=self.scope, secret_ref=self.credential_secret_ref)
        return Catalog(type=self.type, uri=self.uri, warehouse=self.warehouse, credentials=login)
