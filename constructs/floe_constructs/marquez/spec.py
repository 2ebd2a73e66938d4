"""What an environment decides about Marquez."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, PositiveInt, StringConstraints, model_validator

from floe_constructs.kubernetes.authority import Authority
from floe_constructs.kubernetes.endpoint import Url
from floe_constructs.kubernetes.postgres import Postgres
from floe_constructs.kubernetes.resources import Resources
from floe_constructs.kubernetes.schedule import CronSchedule, Scheduled
from floe_constructs.kubernetes.secret import SecretKey, TextOrSecret
from floe_constructs.kubernetes.value import Cidr, Image
from floe_constructs.kubernetes.workload import Replicated
from floe_constructs.marquez.java import JavaWorkload
from floe_constructs.spec import Spec

_WORKING = Resources(cpu="250m", memory="1Gi")


class MarquezApi(Replicated, JavaWorkload):
    """The pods that take lineage in and answer questions about it."""


class MarquezWeb(Replicated):
    """The pods that show the interface."""

    image: Image
    """Image of the interface: `marquezproject/marquez-web`."""


class MarquezMigration(JavaWorkload):
    """The pod that brings the database to the state that the image needs."""

    resources: Resources = _WORKING
    """CPU and memory of the main container."""

    deadline_minutes: PositiveInt = 30
    """Minutes after which it has failed; a first one, or one over much lineage, takes longer."""


class MarquezRetention(Scheduled, JavaWorkload):
    """The pod that deletes old lineage, once in a while."""

    days: PositiveInt
    """Days after which lineage is deleted."""

    rows_per_batch: PositiveInt = 1000
    """Rows that are deleted at once; after each batch it sleeps for a tenth of a second."""

    dry_run: bool = False
    """Whether it only writes to its log how much it would delete, as PostgreSQL estimates it."""

    schedule: CronSchedule = "15 3 * * *"
    """When, as cron says it."""

    resources: Resources = _WORKING
    """CPU and memory of the main container."""


class MarquezConnections(Spec):
    """Connections to the database that each process keeps."""

    least: int = Field(default=2, ge=1)
    """How many are kept open while nothing happens."""

    most: PositiveInt
    """How many there are at most; each replica of the API may open as many."""

    @model_validator(mode="after")
    def _least_is_not_above_most(self) -> Self:
        if self.least > self.most:
            msg = f"least {self.least} is above most {self.most}"
            raise ValueError(msg)
        return self


class MarquezSearch(Spec):
    """An OpenSearch that exists elsewhere; Marquez writes the indices `jobs` and `datasets`."""

    url: Url
    """Its address, without a path."""

    username: TextOrSecret
    """User to log in as: its name, or where it is kept."""

    password: SecretKey
    """Where the user's password is kept."""

    trust_store: Authority | None = None
    """Certificates of the authorities that its own is verified by, as a Java trust store (PKCS12 or
    JKS) with the password `changeit`: Marquez takes no PEM. Those that are known everywhere when
    silent."""

    cidrs: tuple[Cidr, ...] = ()
    """Its addresses, for network policies; any but link-local ones when silent."""

    @model_validator(mode="after")
    def _is_said_as_marquez_takes_it(self) -> Self:
        parts = urlsplit(self.url)
        if parts.path.strip("/") or parts.query or parts.fragment:
            msg = "url has a path, and Marquez takes host and port alone"
            raise ValueError(msg)
        if self.trust_store and parts.scheme != "https":
            msg = "trust_store is for https: over http no certificate is verified"
            raise ValueError(msg)
        return self


TagName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,255}$")]


class MarquezSettings(Spec):
    """Marquez in this environment."""

    image: Image
    """Image of API, migration and retention: `marquezproject/marquez`, or a fork of it."""

    database: Postgres
    """Database of the lineage; PostgreSQL 14 or newer, and the user owns its schema."""

    connections: MarquezConnections | None = None
    """Connections to the database; Dropwizard's own, 10 to 100 in each process, when silent."""

    api: MarquezApi
    """The pods that take lineage in and answer questions about it."""

    web: MarquezWeb | None = None
    """The pods that show the interface; none, when silent."""

    migration: MarquezMigration = MarquezMigration()
    """The pod that brings the database to the state that the image needs."""

    retention: MarquezRetention | None = None
    """Deletes old lineage; it is kept for ever when silent."""

    search: MarquezSearch | None = None
    """Where lineage can be searched beside the database; by the database alone when silent."""

    graphql: bool = True
    """Whether the API answers GraphQL as well."""

    tags: dict[TagName, Annotated[str, Field(min_length=1, max_length=1024)]] = Field(
        default_factory=dict
    )
    """Tags that there are from the start, and what each means."""

    log_level: Literal["error", "warn", "info", "debug", "trace"] = "info"
    """What it writes to its log at least."""

    log_format: Literal["text", "json"] = "text"
    """Form of its log, that of requests included: a line of JSON for each record with `json`."""

    @model_validator(mode="after")
    def _trust_store_is_not_the_databases(self) -> Self:
        by_java = self.database.sslmode == "verify-full" and not self.database.ca
        if by_java and self.search and self.search.trust_store:
            msg = (
                "search.trust_store takes the place of all authorities that Java knows: give "
                "database.ca, by which the database's certificate is verified then"
            )
            raise ValueError(msg)
        return self


class MarquezSpec(MarquezSettings):
    """All that the construct needs."""

    instance: str
    """Name of the installation."""
