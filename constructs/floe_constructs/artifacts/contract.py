"""The contract as deployment sees it: what is really said, and silence for the rest."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from floe_constructs.artifacts.catalog import Catalog, CatalogConfig
from floe_constructs.artifacts.compute import Compute, ComputeConfig
from floe_constructs.artifacts.consumption import Consumption
from floe_constructs.artifacts.observability import ComputeLogs, Observability, Sampling
from floe_constructs.artifacts.part import IfEnabled, Part, Said
from floe_constructs.artifacts.storage import Storage


class Metadata(Part):
    """Where the artifacts come from."""

    floe_core_version: str = Field(min_length=1)
    """Version of the compiler."""

    source_hash: str = Field(min_length=1)
    """Hash of what was compiled."""


class Governance(Part):
    """What the data team's rules say."""

    emit_lineage: bool = True
    """Whether lineage may be reported at all."""


class ResolvedProfiles(Part):
    """The services of the lakehouse, since contract 1.1."""

    storage: Storage
    catalog: Catalog
    compute: Compute


class Layer(Part):
    """One medallion layer."""

    namespace: str = Field(min_length=1)
    """Namespace of its tables in the catalog."""

    storage: Storage
    """Where its tables are kept."""

    catalog: Catalog
    """Catalog that knows them."""

    retention_days: Annotated[int, Field(ge=1)] | None = None
    """How long its data is to be kept."""


Service = Storage | Catalog | Compute
"""What is logged in to."""


class CompiledArtifacts(Part):
    """What the compiler wrote: contract 1.0.0 and later 1.x.

    The fields are the contract's. The properties are what deployment asks for: they answer `None`
    where the data team said nothing, also where the compiler wrote its defaults.
    """

    version: str = "1.1.0"
    """Version of the contract."""

    metadata: Metadata
    """Where the artifacts come from."""

    transforms: tuple[Part, ...]
    """The dbt projects, which are in the code locations' images; required, so that a JSON that is
    no CompiledArtifacts is told apart."""

    compute_config: ComputeConfig | None = Field(default=None, alias="compute")
    """The engine in the form of contract 1.0."""

    catalog_config: CatalogConfig | None = Field(default=None, alias="catalog")
    """The catalog in the form of contract 1.0."""

    consumption: Annotated[Consumption | None, IfEnabled] = None
    """Cube, if the data team wants it."""

    governance: Governance = Governance()
    """What the data team's rules say."""

    observability: Observability = Observability()
    """Lineage, traces and logs."""

    resolved_profiles: ResolvedProfiles | None = None
    """The services; contract 1.0 lacks them."""

    resolved_layers: dict[str, Layer] | None = None
    """The medallion layers."""

    lineage_namespace: Said = None
    """OpenLineage namespace of the jobs."""

    @property
    def storage(self) -> Storage | None:
        """The object storage; contract 1.0 cannot say it."""
        return self.resolved_profiles.storage if self.resolved_profiles else None

    @property
    def catalog(self) -> Catalog | None:
        """The Iceberg catalog."""
        if self.resolved_profiles:
            return self.resolved_profiles.catalog
        return self.catalog_config.catalog if self.catalog_config else None

    @property
    def compute(self) -> Compute | None:
        """The compute engine."""
        if self.resolved_profiles:
            return self.resolved_profiles.compute
        return self.compute_config.compute if self.compute_config else None

    @property
    def layers(self) -> dict[str, Layer]:
        """The medallion layers by name."""
        return self.resolved_layers or {}

    def services(self) -> Iterator[tuple[str, Service]]:
        """Answer every service that is logged in to, and where the contract says so."""
        prefix = "resolved_profiles." if self.resolved_profiles else ""
        main = (("storage", self.storage), ("catalog", self.catalog), ("compute", self.compute))
        yield from ((f"{prefix}{name}", service) for name, service in main if service)
        for name, layer in self.layers.items():
            yield f"resolved_layers.{name}.storage", layer.storage
            yield f"resolved_layers.{name}.catalog", layer.catalog

    @property
    def role_arns(self) -> dict[str, str]:
        """AWS roles, by the path in the contract that names them."""
        return {
            f"{where}.credentials.role_arn": arn
            for where, service in self.services()
            if (arn := service.credentials.role_arn)
        }

    @property
    def lineage(self) -> bool:
        """Whether runs report lineage: not when either of the contract's two switches is off."""
        return self.observability.lineage and self.governance.emit_lineage

    @property
    def lineage_endpoint(self) -> str | None:
        """Where lineage is sent, if it is."""
        return self.observability.lineage_endpoint if self.lineage else None

    @property
    def traces(self) -> bool:
        """Whether runs report traces."""
        return self.observability.traces

    @property
    def otlp_endpoint(self) -> str | None:
        """Where traces are sent, if they are."""
        return self.observability.otlp_endpoint if self.traces else None

    @property
    def sampling(self) -> Sampling | None:
        """Which traces are kept."""
        tracing = self.observability.tracing
        return tracing.sampling if tracing and self.traces else None

    @property
    def attributes(self) -> dict[str, str]:
        """Attributes of every trace."""
        return self.observability.attributes

    @property
    def compute_logs(self) -> ComputeLogs | None:
        """Where the output of steps is kept; `enabled` false is said, and means nowhere."""
        return self.observability.compute_logs
