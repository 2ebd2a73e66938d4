"""What an environment decides about Cube Store."""

from typing import Self

from pydantic import Field, model_validator

from floe_constructs.cube.storage import LocalStorage, StoreStorage
from floe_constructs.kubernetes.scheduling import Spreading
from floe_constructs.kubernetes.value import Image, Memory
from floe_constructs.kubernetes.workload import LongRunning, Storage
from floe_constructs.spec import Spec


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
