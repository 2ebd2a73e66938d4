"""What an environment decides about Jaeger."""

from typing import Annotated, Literal, Self

from pydantic import Field, PositiveInt, model_validator

from floe_constructs.kubernetes.endpoint import Url
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.value import Cidr, Image
from floe_constructs.kubernetes.workload import LongRunning, Replicated, Storage
from floe_constructs.spec import Spec


class MemoryStorage(Spec):
    """Traces in memory: gone with the pod."""

    type: Literal["memory"]
    """Kind of storage."""

    max_traces: PositiveInt = 50_000
    """How many traces are kept; older ones give way."""


class BadgerStorage(Storage):
    """Traces on a volume of the one pod that uses it."""

    type: Literal["badger"]
    """Kind of storage."""

    keep: Annotated[str, Field(pattern=r"^[1-9][0-9]*h$", json_schema_extra={"rule": "hours: 72h"})]
    """How long spans are kept."""


class SearchStorage(Spec):
    """Traces in an Elasticsearch or OpenSearch that exists elsewhere."""

    type: Literal["elasticsearch", "opensearch"]
    """Kind of storage."""

    urls: tuple[Url, ...] = Field(min_length=1)
    """Addresses of the servers."""

    username: str | None = None
    """User to log in as; no login when silent."""

    password: SecretKey | None = None
    """Where the user's password is kept."""

    index_prefix: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")] | None = None
    """Start of the indices' names, where several Jaegers share a server."""

    shards: PositiveInt = 1
    """Primary shards of an index."""

    replicas: int = Field(default=1, ge=0)
    """Copies of a shard."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of the servers, for network policies; any but link-local ones when silent."""

    @model_validator(mode="after")
    def _login_is_complete(self) -> Self:
        if (self.username is None) != (self.password is None):
            msg = "username and password go together: give both or neither"
            raise ValueError(msg)
        return self


class JaegerSettings(Spec):
    """Jaeger in this environment."""

    image: Image
    """Image of Jaeger 2: `jaegertracing/jaeger`."""

    storage: Annotated[MemoryStorage | BadgerStorage | SearchStorage, Field(discriminator="type")]
    """Where traces are kept; this decides which workloads there are."""

    all_in_one: LongRunning | None = None
    """The one pod that does everything, with memory or Badger."""

    collector: Replicated | None = None
    """The pods that receive spans, with Elasticsearch or OpenSearch."""

    query: Replicated | None = None
    """The pods that answer searches and show the interface, with Elasticsearch or OpenSearch."""

    @model_validator(mode="after")
    def _workloads_fit_the_storage(self) -> Self:
        split = isinstance(self.storage, SearchStorage)
        given = {
            "all_in_one": self.all_in_one is not None,
            "collector": self.collector is not None,
            "query": self.query is not None,
        }
        wanted = {"all_in_one": not split, "collector": split, "query": split}
        if given != wanted:
            names = " and ".join(name for name, needed in wanted.items() if needed)
            msg = f"storage {self.storage.type} takes exactly the settings of {names}"
            raise ValueError(msg)
        return self


class JaegerSpec(JaegerSettings):
    """All that the construct needs."""

    instance: str
    """Name of the installation."""
