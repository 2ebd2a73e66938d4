"""What an environment decides about Cube."""

from typing import Annotated, Literal, Self

from pydantic import Field, PositiveInt, field_validator, model_validator

from floe_constructs.cube.duckdb import DuckDbSource
from floe_constructs.cube.model import model_files
from floe_constructs.cube.security import ByModel, RowLevelSecurity
from floe_constructs.cube.source import Source
from floe_constructs.cube.sql_api import SqlApi
from floe_constructs.cube.store_spec import StoreSettings
from floe_constructs.cube.token import Jwt
from floe_constructs.kubernetes.cloud_identity import CloudIdentity, GcpIdentity
from floe_constructs.kubernetes.schedule import CronSchedule, TimeZone
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.value import Image, Memory, mebibytes
from floe_constructs.kubernetes.workload import LongRunning, Scalable, Workload
from floe_constructs.spec import Spec

_LEAST_HEAP = 256
"""MiB of heap below which Cube does not get far."""

QueryTimeout = Annotated[
    str, Field(pattern=r"^[1-9][0-9]*[smh]$", json_schema_extra={"rule": "a time: 90s, 10m, 1h"})
]
"""How long a query may take."""

SourceName = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]{0,30}$",
        json_schema_extra={"rule": "small letters, digits and '_': it is part of variables' names"},
    ),
]
"""Name of a data source."""

ApiScope = Literal["meta", "data", "graphql", "sql", "jobs"]
"""What a token may do."""

DEFAULT = "default"
"""Name of the data source of models that name none."""


SIGNING = "Google signs addresses of exported files only for a service account of its own"


def unsigned(source: Source, identity: CloudIdentity | None) -> bool:
    """Answer whether nobody signs the addresses that Cube Store loads exported files from."""
    exports = source.bucket is not None and "gcp" in source.clouds
    return exports and isinstance(identity, GcpIdentity) and not identity.service_account


class RefreshWorker(LongRunning):
    """The pod that builds pre-aggregations."""

    scratch: Memory = "10Gi"
    """Space for what is on its way from the data source to Cube Store."""


class CubeSettings(Spec):
    """Cube in this environment."""

    image: Image
    """Image of Cube: `cubejs/cube`, or one made from it that holds the model."""

    api: Scalable
    """The pods that answer queries."""

    refresh_worker: RefreshWorker
    """The pod that builds pre-aggregations."""

    store: StoreSettings
    """Cube Store."""

    api_secret: SecretKey | None = None
    """Where the secret is kept that tokens of the API are signed with."""

    jwt: Jwt | None = None
    """Tokens that somebody else signs, instead."""

    row_level_security: RowLevelSecurity | ByModel | None = None
    """Who sees which rows; what the artifacts say when silent."""

    source: Source | None = None
    """The database that Cube asks; the one of the artifacts, or `compute`, when silent."""

    sources: dict[SourceName, Source] = Field(default_factory=dict)
    """More databases that Cube asks, by the name that models have for them (`data_source`)."""

    time_zones: tuple[TimeZone, ...] | None = None
    """Time zones that pre-aggregations are built for; a query in another one finds none."""

    refresh_schedule: CronSchedule | None = None
    """When models that ask for it (`FLOE_REFRESH_SCHEDULE`) have pre-aggregations built anew; what
    the artifacts say when silent."""

    external_pre_aggregations: bool | None = None
    """Whether pre-aggregations that say nothing of it are kept in Cube Store (true), or in the
    database that they are made of; what the artifacts say when silent."""

    rollup_only: bool = False
    """Whether the API answers from pre-aggregations alone, and never asks a database."""

    query_timeout: QueryTimeout | None = None
    """How long a query may take in the database; ten minutes when silent."""

    query_limit: PositiveInt | None = None
    """The most rows that a query may ask for; 50,000 when silent."""

    query_default_limit: PositiveInt | None = None
    """Rows that a query gets which asks for no number; 10,000 when silent."""

    api_scopes: tuple[ApiScope, ...] = ()
    """What tokens may do that say nothing of it; all but to build pre-aggregations (`jobs`) when
    silent."""

    log_level: Literal["error", "warn", "info", "trace"] = "warn"
    """What is logged."""

    concurrency: PositiveInt | None = None
    """Queries that a process has running in the database; the driver decides when silent."""

    refresh_concurrency: PositiveInt | None = None
    """The same for building pre-aggregations; as `concurrency` when silent."""

    sql_api: SqlApi | None = None
    """The SQL API; off when silent."""

    identity: CloudIdentity | None = None
    """Who API and refresh worker are to a cloud, for an export bucket that takes no keys. Cube
    Store has an identity of its own (`store.storage.identity`)."""

    @property
    def all_sources(self) -> dict[str, Source]:
        """Every database, the default one first."""
        return {**({DEFAULT: self.source} if self.source else {}), **self.sources}

    def heap(self, settings: Workload) -> int:
        """Answer the MiB of Node's heap: three quarters of what DuckDB leaves of the memory."""
        resources = settings.resources
        memory = mebibytes(resources.limits["memory"])
        for source in self.all_sources.values():
            if isinstance(source, DuckDbSource):
                memory -= mebibytes(source.memory_limit)
        return memory * 3 // 4

    @model_validator(mode="after")
    def _memory_is_enough(self) -> Self:
        for name, settings in (("api", self.api), ("refresh_worker", self.refresh_worker)):
            if self.heap(settings) < _LEAST_HEAP:
                msg = (
                    f"{name}.resources leaves Node a heap of {max(self.heap(settings), 0)} MiB "
                    f"(three quarters of what DuckDB does not take); at least {_LEAST_HEAP} MiB"
                )
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _no_source_is_called_default(self) -> Self:
        if DEFAULT in self.sources:
            msg = f"sources.{DEFAULT}: the default source is `source`"
            raise ValueError(msg)
        if taken := [name for name in self.sources if name.endswith("pre_aggregations")]:
            msg = f"sources.{taken[0]}: variables of that name are another source's"
            raise ValueError(msg)
        folders = {one.home for one in self.all_sources.values() if isinstance(one, DuckDbSource)}
        if len(folders) > 1:
            msg = "sources of type duckdb have different homes: one process has one"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _it_is_somebody_where_no_key_is_given(self) -> Self:
        cloud = self.identity.cloud if self.identity else None
        for name, source in self.all_sources.items():
            for wanted in sorted(source.clouds - {cloud}):
                place = "source" if name == DEFAULT else f"sources.{name}"
                msg = f"{place} gives no key, so identity has to be one of {wanted}"
                raise ValueError(msg)
            if unsigned(source, self.identity):
                msg = f"identity.service_account is missing: {SIGNING}"
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _limits_fit(self) -> Self:
        most = self.query_limit or 50_000
        if self.query_default_limit and self.query_default_limit > most:
            msg = f"query_default_limit {self.query_default_limit} is above query_limit, {most}"
            raise ValueError(msg)
        return self


class CubeSpec(CubeSettings):
    """All that the construct needs."""

    instance: str
    """Name of the installation; pre-aggregations in the database are in a schema of this name."""

    row_level_security: RowLevelSecurity | None = None
    """Who sees which rows, if Cube's configuration decides it."""

    source: Source
    """The database that Cube asks."""

    time_zones: tuple[TimeZone, ...] = Field(min_length=1)
    """Time zones that pre-aggregations are built for; a query in another one finds none."""

    refresh_schedule: str | None = None
    """When models that ask for it have pre-aggregations built anew."""

    external_pre_aggregations: bool = True
    """Whether pre-aggregations that say nothing of it are kept in Cube Store."""

    model: dict[str, str] | None = Field(default=None, min_length=1)
    """Model files: text by path (`cubes/orders.yml`); the image holds them when silent."""

    @field_validator("model")
    @classmethod
    def _model_fits_into_config_maps(cls, model: dict[str, str] | None) -> dict[str, str] | None:
        model_files(model or {})
        return model

    @model_validator(mode="after")
    def _tokens_are_checked(self) -> Self:
        if self.api_secret is None and not (self.jwt and self.jwt.jwk_url):
            msg = "api_secret is missing: only with jwt.jwk_url does Cube do without"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _the_sql_user_sees_something(self) -> Self:
        if self.row_level_security and self.sql_api and self.sql_api.sees is None:
            msg = (
                f"sql_api.sees is missing: row-level security by {self.row_level_security.column} "
                "holds for the SQL API too; give the values whose rows its user sees, or all"
            )
            raise ValueError(msg)
        if self.sql_api and self.sql_api.sees and not self.row_level_security:
            msg = "sql_api.sees is for row-level security, which is off: it would narrow nothing"
            raise ValueError(msg)
        return self
