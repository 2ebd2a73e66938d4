"""What preflight checks, and where the credentials for it are: the file `preflight.yaml`.

The gate's ConfigMap holds this as it is; `floe preflight` derives it from an overlay, or reads it.
It never holds a credential, only where one is kept.
"""

from typing import Self

from pydantic import Field, model_validator

from floe_constructs.preflight.targets.catalog import Catalog, RestCatalog
from floe_constructs.preflight.targets.cluster import ClusterNeeds
from floe_constructs.preflight.targets.compute import BigQuery, Compute, DuckDb, Snowflake, Trino
from floe_constructs.preflight.targets.kept import Address, Host, Kept, Path, Text, Value, is_host
from floe_constructs.preflight.targets.postgres import Postgres
from floe_constructs.preflight.targets.storage import S3, Adls, Gcs, Storage
from floe_constructs.preflight.targets.target import IdentityKind, Other, Target
from floe_constructs.spec import Spec

__all__ = [
    "S3",
    "SECRETS",
    "Address",
    "Adls",
    "BigQuery",
    "Catalog",
    "ClusterNeeds",
    "Compute",
    "DuckDb",
    "Gcs",
    "Host",
    "IdentityKind",
    "Kept",
    "Other",
    "Path",
    "Postgres",
    "PreflightConfig",
    "RestCatalog",
    "Snowflake",
    "Storage",
    "Target",
    "Text",
    "Trino",
    "Value",
    "Warnings",
    "is_host",
]

SECRETS = "secrets"
"""Id of the check whether Secrets are there."""


class Warnings(Spec):
    """From where on something is worth a warning."""

    slow_ms: int = Field(default=2000, ge=1)
    """Milliseconds that a check may take."""

    certificate_days: int = Field(default=14, ge=0)
    """Days that a certificate has to be valid for."""


class PreflightConfig(Spec):
    """All that one run checks."""

    environment: Text | None = None
    """Name of the environment, for the report."""

    compute: tuple[Compute, ...] = ()
    """Compute engines."""

    storage: tuple[Storage, ...] = ()
    """Buckets and containers."""

    catalog: tuple[Catalog, ...] = ()
    """Iceberg catalogs."""

    postgres: tuple[Postgres, ...] = ()
    """PostgreSQL databases."""

    secrets: tuple[Kept, ...] = ()
    """What else workloads take from Secrets: asked is whether it is there, and nothing more."""

    cluster: ClusterNeeds | None = None
    """What has to be in the cluster."""

    warnings: Warnings = Warnings()
    """From where on something is worth a warning."""

    @model_validator(mode="after")
    def _names_tell_apart(self) -> Self:
        for service in ("compute", "storage", "catalog", "postgres"):
            names = [target.name for target in getattr(self, service)]
            if len(set(names)) < len(names):
                msg = f"{service} has several without a name, or of one name: give each its own"
                raise ValueError(msg)
        return self

    @property
    def targets(self) -> tuple[Target, ...]:
        """All services, but for the cluster."""
        return (*self.compute, *self.storage, *self.catalog, *self.postgres)

    @property
    def roots(self) -> tuple[str, ...]:
        """What the ids of their checks begin with: `postgres.dagster`."""
        services = ("compute", "storage", "catalog", "postgres")
        found = [target.root(service) for service in services for target in getattr(self, service)]
        return (*found, *([SECRETS] if self.secrets else []))
