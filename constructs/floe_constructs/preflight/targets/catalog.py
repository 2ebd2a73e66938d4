"""Iceberg catalogs."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from floe_constructs.kubernetes.endpoint import Url
from floe_constructs.preflight.targets.kept import Address, Kept, Path, Text, Value
from floe_constructs.preflight.targets.target import Other, Target, together


class RestCatalog(Target):
    """An Iceberg REST catalog: token, configuration, namespaces."""

    type: Literal["rest", "polaris"]
    """Kind of catalog."""

    uri: Address
    """Address of the API; Polaris' path ends in `/api/catalog`."""

    warehouse: Text | None = None
    """Warehouse: the catalog's name in Polaris."""

    client_id: Value | None = None
    """OAuth2 client; no token is asked for when silent."""

    client_secret: Kept | None = None
    """The client's secret."""

    scope: Text | None = None
    """OAuth2 scope; Polaris wants `PRINCIPAL_ROLE:NAME`, `PRINCIPAL_ROLE:ALL` when silent."""

    token_uri: Url | None = None
    """Where tokens are, if not at the catalog itself."""

    realm: Text | None = None
    """Polaris' realm; its first when silent."""

    ca_file: Path | None = None
    """Certificates of the authorities that the server's is verified by."""

    @model_validator(mode="after")
    def _knows_the_client(self) -> Self:
        together(self, "client_id", "client_secret")
        return self


Catalog = Annotated[RestCatalog | Other, Field(discriminator="type")]
"""An Iceberg catalog."""
