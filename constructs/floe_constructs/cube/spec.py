"""What an environment decides about Cube."""

from typing import Self

from pydantic import Field, PositiveInt, field_validator, model_validator

from floe_constructs.cube.duckdb import DuckDbSource
from floe_constructs.cube.model import model_files
from floe_constructs.cube.source import Source
from floe_constructs.cube.storage import LocalStorage, StoreStorage
from floe_constructs.kubernetes.cloud_identity import CloudIdentity
from floe_constructs.kubernetes.schedule import TimeZone
from floe_constructs.kubernetes.scheduling import Spreading
from floe_constructs.kubernetes.secret import SecretKey, TextOrSecret
from floe_constructs.kubernetes.value import Image, Memory, Port, mebibytes
from floe_constructs.kubernetes.workload import LongRunning, Scalable, Storage, Workload
from floe_constructs.spec import Spec

HTTP = 4000
"""Port of Cube's HTTP APIs."""

_LEAST_HEAP = 256
"""MiB of heap below which Cube does not get far."""


class SqlApi(Spec):
    """Cube spoken to as if it were PostgreSQL."""

    port: Port = 15432
    """TCP port."""

    user: TextOrSecret
    """User that clients log in as: its name, or where it is kept."""

    password: SecretKey
    """Where that user's password is kept."""

    @field_validator("port")
    @classmethod
    def _port_is_free(cls, port: int) -> int:
        if port == HTTP:
            msg = f"{HTTP} is the port of the HTTP API"
            raise ValueError(msg)
        return port


class RefreshWorker(LongRunning):
    """The pod that builds pre-aggregations."""

    scratch: Memory = "10Gi"
    """Space for what is on its way from the data source to Cube Store."""


class StoreNode(LongRunning):
    """Pods of Cube Store."""

    cache: Memory | Storage = "10Gi"
    """Space for copies of what is in use: a size on the node's disk, beyond which the pod is
    evicted, or a claim (`size`, `storage_class`) that outlives the pod."""


class StoreWorkers(Spreading, StoreNode):
    """The pods that scan pre-aggregations.

    Every pod of Cube Store knows them all by name, so there is no autoscaler, and another number of
    them restarts all of Cube Store. None stands in for another: while one is away, queries fail.
    """

    replicas: int = Field(ge=1, le=1000)
    """Number of pods; about one for each partition that a query scans."""


class StoreSettings(Spec):
    """Cube Store, which keeps pre-aggregations, query results and the queue of queries."""

    image: Image
    """Image of Cube Store, `cubejs/cubestore`, with the same version as Cube's."""

    storage: StoreStorage
    """Where pre-aggregations are kept."""

    router: StoreNode
    """The one pod that plans queries and knows what there is."""

    workers: StoreWorkers | None = None
    """The pods that scan; the router does it itself when silent."""

    @model_validator(mode="after")
    def _nodes_share_the_storage(self) -> Self:
        local = isinstance(self.storage, LocalStorage)
        if local and self.workers:
            msg = "storage local is a volume of the router alone: workers need s3 or gcs"
            raise ValueError(msg)
        if local and isinstance(self.router.cache, Storage):
            msg = "router.cache as a claim keeps storage local twice: give a size"
            raise ValueError(msg)
        return self


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

    source: Source | None = None
    """The database that Cube asks."""

    time_zones: tuple[TimeZone, ...] | None = None
    """Time zones that pre-aggregations are built for; a query in another one finds none."""

    concurrency: PositiveInt | None = None
    """Queries that a process has running in the database; the driver decides when silent."""

    refresh_concurrency: PositiveInt | None = None
    """The same for building pre-aggregations; as `concurrency` when silent."""

    sql_api: SqlApi | None = None
    """The SQL API; off when silent."""

    identity: CloudIdentity | None = None
    """Who API and refresh worker are to a cloud, for an export bucket that takes no keys. Cube
    Store has an identity of its own (`store.storage.identity`)."""

    def heap(self, settings: Workload) -> int:
        """Answer the MiB of Node's heap: three quarters of what DuckDB leaves of the memory."""
        resources = settings.resources
        memory = mebibytes(resources.limits["memory"])
        if isinstance(self.source, DuckDbSource):
            memory -= mebibytes(self.source.memory_limit)
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


class CubeSpec(CubeSettings):
    """All that the construct needs."""

    instance: str
    """Name of the installation; pre-aggregations in the database are in a schema of this name."""

    api_secret: SecretKey
    """Where the secret is kept that tokens of the API are signed with."""

    source: Source
    """The database that Cube asks."""

    time_zones: tuple[TimeZone, ...] = Field(min_length=1)
    """Time zones that pre-aggregations are built for; a query in another one finds none."""

    export_bucket: dict[str, str | SecretKey] = Field(default_factory=dict)
    """Cube's variables of the bucket through which the database hands over large results."""

    model: dict[str, str] | None = Field(default=None, min_length=1)
    """Model files: text by path (`cubes/orders.yml`); the image holds them when silent."""

    @field_validator("model")
    @classmethod
    def _model_fits_into_config_maps(cls, model: dict[str, str] | None) -> dict[str, str] | None:
        model_files(model or {})
        return model
