"""What the mounted CompiledArtifacts say that the demo needs: where tables are, what computes."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class Said(BaseModel):
    """A part of the artifacts; what a newer compiler says beside it is left aside."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class Reference(Said):
    """The name of a secret, whose value is in a variable of that name."""

    secret_ref: str

    def value(self, environment: Mapping[str, str]) -> SecretStr:
        """Answer the value.

        Raises:
            ValueError: there is none.

        """
        name = self.secret_ref.upper().replace("-", "_")
        if name not in environment:
            msg = f"the variable {name} is not set: the artifacts refer to {self.secret_ref}"
            raise ValueError(msg)
        return SecretStr(environment[name])


class Credentials(Said):
    """How one logs in."""

    mode: str = "static"
    client_id: str | Reference | None = None
    client_secret: str | Reference | None = None
    scope: str | None = None
    secret_ref: str | None = None


class Storage(Said):
    """An object store."""

    type: str
    endpoint: str = ""
    region: str = ""
    bucket: str = ""
    path_style_access: bool = False
    credentials: Credentials = Credentials()


class Catalog(Said):
    """An Iceberg catalog."""

    type: str
    uri: str
    warehouse: str
    namespace: str = "default"
    credentials: Credentials = Credentials()
    access_delegation: str = "none"


class Compute(Said):
    """What runs the models."""

    type: str
    properties: dict[str, Any] = Field(default_factory=dict)


class Profiles(Said):
    """What all layers have in common."""

    storage: Storage
    catalog: Catalog
    compute: Compute


class Layer(Said):
    """A layer of its own."""

    storage: Storage
    catalog: Catalog
    namespace: str
    retention_days: int | None = None


class Observability(Said):
    """Where spans and lineage go, where it is said."""

    otlp_endpoint: str | None = None
    lineage_endpoint: str | None = None


class Artifacts(Said):
    """All of it."""

    version: str = Field(pattern=r"^1\.")
    resolved_profiles: Profiles
    resolved_layers: dict[str, Layer] | None = None
    observability: Observability = Observability()

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self | None:
        """Answer what is mounted, or nothing where nothing is."""
        path = environment.get("FLOE_COMPILED_ARTIFACTS")
        return cls.model_validate_json(Path(path).read_text("utf-8")) if path else None

    @property
    def bronze(self) -> Layer:
        """Where raw tables are."""
        if self.resolved_layers and "bronze" in self.resolved_layers:
            return self.resolved_layers["bronze"]
        profiles = self.resolved_profiles
        return Layer(
            storage=profiles.storage,
            catalog=profiles.catalog,
            namespace=profiles.catalog.namespace,
        )
