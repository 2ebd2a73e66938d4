"""What an environment decides about Jaeger."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, PositiveInt, model_validator

from floe_constructs.jaeger.interface import Interface
from floe_constructs.jaeger.sampling import RemoteSampling, TailSampling
from floe_constructs.jaeger.storage import BadgerStorage, KeyPair, MemoryStorage, SearchStorage
from floe_constructs.kubernetes.endpoint import Peer, Url
from floe_constructs.kubernetes.image import ImageReference
from floe_constructs.kubernetes.schedule import CronSchedule, Scheduled
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.value import Cidr, Image
from floe_constructs.kubernetes.workload import Replicated, Scalable
from floe_constructs.spec import Spec


def _second(image: ImageReference) -> ImageReference:
    if image.tag.removeprefix("v").startswith("1."):
        msg = "Jaeger 1 has ended, and reads nothing of what is configured here: name a 2"
        raise ValueError(msg)
    return image


class ClientCertificates(Spec):
    """That clients show certificates too, and what the platform's own show."""

    ca: SecretKey
    """Where the certificates of the authorities are kept that clients' are verified by."""

    certificate: SecretKey
    """Where the certificate is kept that the platform's code shows."""

    key: SecretKey
    """Where its private key is kept."""


class ReceiverTls(KeyPair):
    """Spans come in by TLS alone. The certificate is for `jaeger-collector`, and other names."""

    ca: SecretKey
    """Where the certificates of the authorities are kept that the platform's code verifies by."""

    clients: ClientCertificates | None = None
    """That clients show certificates too; they need not when silent."""


class Performance(Spec):
    """Rates, errors and durations of services: counted from spans, kept by Prometheus."""

    prometheus: Url
    """Address of the Prometheus that reads this environment's metrics, and answers without a
    login."""

    cidrs: tuple[Cidr, ...] = ()
    """Its addresses, for network policies; any but link-local ones when silent."""


class IndexCleaner(Scheduled):
    """What deletes the indices that were made more than `keep_days` ago."""

    image: Image
    """Image of the cleaner: `jaegertracing/jaeger-es-index-cleaner`, as new as Jaeger itself."""

    schedule: CronSchedule = "45 2 * * *"
    """When, as cron says it."""


class JaegerSettings(Spec):
    """Jaeger in this environment."""

    image: Annotated[Image, AfterValidator(_second)]
    """Image of Jaeger 2: `jaegertracing/jaeger`."""

    storage: Annotated[MemoryStorage | BadgerStorage | SearchStorage, Field(discriminator="type")]
    """Where traces are kept; this decides which workloads there may be."""

    all_in_one: Replicated | None = None
    """Pods that do everything. With memory or Badger there is one; with Elasticsearch or
    OpenSearch there may be several, in place of `collector` and `query`."""

    collector: Scalable | None = None
    """The pods that receive spans, with Elasticsearch or OpenSearch."""

    query: Replicated | None = None
    """The pods that answer searches and show the interface, with Elasticsearch or OpenSearch."""

    index_cleaner: IndexCleaner | None = None
    """Deletes old indices of Elasticsearch or OpenSearch; nothing does when silent."""

    clients: tuple[Peer, ...] = ()
    """Who sends spans from outside of the namespace, without a way in that `exposure` makes: pods
    of other namespaces, or addresses."""

    legacy_receivers: tuple[Literal["jaeger", "zipkin"], ...] = ()
    """What else than OTLP spans come in by: Jaeger's own protocols of before (gRPC on 14250, Thrift
    over HTTP on 14268), Zipkin's (9411)."""

    receiver_tls: ReceiverTls | None = None
    """TLS of what spans come in by; they come in unencrypted when silent."""

    remote_sampling: RemoteSampling | None = None
    """What clients are told of which traces to begin."""

    tail_sampling: TailSampling | None = None
    """Which traces are kept of those that come in; all, when silent."""

    performance: Performance | None = None
    """The interface's page *Monitor*."""

    base_path: (
        Annotated[
            str,
            Field(
                pattern=r"^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$",
                json_schema_extra={"rule": "a path as Jaeger sees it, like /jaeger"},
            ),
        ]
        | None
    ) = None
    """Path below which the interface is, where what is in front of it does not take it away."""

    ui: Interface | None = None
    """What the interface shows, beside traces."""

    @model_validator(mode="after")
    def _workloads_fit_the_storage(self) -> Self:
        parts = {"all_in_one": self.all_in_one, "collector": self.collector, "query": self.query}
        given = [name for name, part in parts.items() if part]
        if isinstance(self.storage, SearchStorage):
            if given not in (["all_in_one"], ["collector", "query"]):
                msg = f"storage {self.storage.type} takes collector and query, or all_in_one"
                raise ValueError(msg)
        elif given != ["all_in_one"]:
            msg = f"storage {self.storage.type} takes exactly the settings of all_in_one"
            raise ValueError(msg)
        elif self.all_in_one and self.all_in_one.replicas > 1:
            msg = f"all_in_one.replicas: {self.storage.type} is within one process, so one pod"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _cleans_what_it_can(self) -> Self:
        if self.index_cleaner is None:
            return self
        kind, msg = self.storage.type, ""
        if not isinstance(self.storage, SearchStorage):
            msg = f"index_cleaner is for a search server: {kind} lets traces go by itself"
        elif not self.storage.keep_days:
            msg = "index_cleaner needs storage.keep_days: what is older, it deletes"
        elif self.storage.api_key or self.storage.bearer_token:
            msg = (
                "index_cleaner logs in by username and password only: give those, or let a policy "
                "of the server delete"
            )
        if msg:
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _one_pod_sees_whole_traces(self) -> Self:
        if self.tail_sampling and self.collects.most > 1:
            msg = "tail_sampling needs all spans of a trace in one pod: no autoscale, replicas: 1"
            raise ValueError(msg)
        return self

    @property
    def collects(self) -> Replicated:
        """Settings of the pods that receive spans."""
        found = self.collector or self.all_in_one
        assert found  # noqa: S101  one is there, or the settings are refused
        return found

    @property
    def retention(self) -> PositiveInt | None:
        """Days for which a search server keeps traces, if it is said."""
        return self.storage.keep_days if isinstance(self.storage, SearchStorage) else None


class JaegerSpec(JaegerSettings):
    """All that the construct needs."""

    instance: str
    """Name of the installation."""

    @property
    def roles(self) -> dict[str, Replicated]:
        """Settings of the pods that there are, by role."""
        parts = {"all-in-one": self.all_in_one, "collector": self.collector, "query": self.query}
        return {role: settings for role, settings in parts.items() if settings}
