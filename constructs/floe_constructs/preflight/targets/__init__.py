"""What preflight checks, and where the credentials for it are: the file `preflight.yaml`.

The gate's ConfigMap holds this as it is; `floe preflight` derives it from an overlay, or reads it.
It never holds a credential, only where one is kept.
"""

from typing import Self

from pydantic import Field, model_validator

from floe_constructs.preflight.targets.catalog import Catalog, RestCatalog
from floe_constructs.preflight.targets.cluster import ClusterNeeds
from floe_constructs.preflight.targets.compute import BigQuery, Compute, DuckDb, Snowflake, Trino
from floe_constructs.preflight.targets.ids import CLUSTER, SECRETS, VERIFY, alike, begins
from floe_constructs.preflight.targets.kept import Address, Host, Kept, Path, Text, Value, is_host
from floe_constructs.preflight.targets.platform import (
    Answering,
    Cube,
    Dagster,
    Jaeger,
    Login,
    Marquez,
    MarquezWeb,
    Otlp,
    Platform,
)
from floe_constructs.preflight.targets.postgres import Postgres
from floe_constructs.preflight.targets.storage import S3, Adls, Gcs, Storage
from floe_constructs.preflight.targets.target import (
    SERVICES,
    IdentityKind,
    Other,
    Target,
    TargetService,
)
from floe_constructs.spec import Spec

__all__ = [
    "CLUSTER",
    "S3",
    "SECRETS",
    "SERVICES",
    "VERIFY",
    "Address",
    "Adls",
    "Answering",
    "BigQuery",
    "Catalog",
    "ClusterNeeds",
    "Compute",
    "Cube",
    "Dagster",
    "DuckDb",
    "Gcs",
    "Host",
    "IdentityKind",
    "Jaeger",
    "Kept",
    "Login",
    "Marquez",
    "MarquezWeb",
    "Other",
    "Otlp",
    "Path",
    "Platform",
    "Postgres",
    "PreflightConfig",
    "RestCatalog",
    "Snowflake",
    "Storage",
    "Target",
    "TargetService",
    "Text",
    "Trino",
    "Value",
    "Warnings",
    "alike",
    "begins",
    "is_host",
]


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

    platform: tuple[Platform, ...] = ()
    """Services of the platform itself, which are there after a release: `floe preflight --verify`
    and the Job of `verify` ask them, and no gate does."""

    secrets: tuple[Kept, ...] = ()
    """What else workloads take from Secrets: asked is whether it is there, and nothing more."""

    cluster: ClusterNeeds | None = None
    """What has to be in the cluster."""

    warnings: Warnings = Warnings()
    """From where on something is worth a warning."""

    @model_validator(mode="after")
    def _names_tell_apart(self) -> Self:
        for service in SERVICES:
            names = [target.root(service) for target in getattr(self, service)]
            if len(set(names)) < len(names):
                msg = f"{service} has several without a name, or of one name: give each its own"
                raise ValueError(msg)
        return self

    @property
    def by_service(self) -> tuple[tuple[TargetService, Target], ...]:
        """All targets, each with its service."""
        return tuple((service, target) for service in SERVICES for target in getattr(self, service))

    @property
    def targets(self) -> tuple[Target, ...]:
        """All targets."""
        return tuple(target for _, target in self.by_service)

    @property
    def roots(self) -> tuple[str, ...]:
        """What the ids of its checks begin with: `postgres.dagster`."""
        found = [target.root(service) for service, target in self.by_service]
        found += [SECRETS] if self.secrets else []
        return (*found, *([CLUSTER] if self.cluster else []))
