"""What an environment decides about the demo, in the words of the code that it is told to.

`floe_demo` reads each setting from a variable of its name. Neither may import the other; a test
holds names, defaults and bounds of the two equal.
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, PositiveInt

from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.schedule import CronSchedule
from floe_constructs.kubernetes.secret import SecretKey, TextOrSecret
from floe_constructs.kubernetes.value import Cidr, DnsName, Port
from floe_constructs.spec import Spec

MODULE = "floe_demo.definitions"
"""What a code location loads that is the demo's."""

HOME = "/tmp/floe-demo"  # noqa: S108  the pod's own
"""The demo's folder: profile, manifest, logs. What is to stay is in services."""

PREFIX = "FLOE_DEMO_"
Share = Annotated[float, Field(ge=0, le=1)]


class Batches(Spec):
    """When batches are made, and how large they are."""

    cron: CronSchedule = "*/5 * * * *"
    """When, as cron says it, in UTC."""

    batch_size: PositiveInt = 100
    """Orders in a batch, on a week's average."""


class DataQuality(Spec):
    """How many defects there are in what is generated, for the models and checks to find."""

    null_rate: Share = 0.02
    """The share of values that are missing."""

    duplicate_rate: Share = 0.01
    """The share of rows that come twice."""

    late_arrival_rate: Share = 0.05
    """The share of orders that come late."""

    max_late_days: Annotated[float, Field(gt=0)] = 7
    """Days that they come late at most."""


class Burst(Spec):
    """Batches as large as time allows, not as people buy."""

    enabled: bool = False
    """Whether each batch is one."""

    records_per_second: PositiveInt = 1000
    """Orders for each second between two batches."""


class Reports(Spec):
    """What the demo tells of its runs, where the environment has somebody to tell."""

    marquez: bool = True
    """Whether it sends lineage."""

    jaeger: bool = True
    """Whether it sends spans."""


class SoftwareCompany(Spec):
    """The second domain: accounts, users, subscriptions and usage of a software company."""

    enabled: bool = False
    """Whether its schedule runs as well."""


class ServingDatabase(Spec):
    """The PostgreSQL database that is served from: its tables are exchanged after each batch."""

    host: DnsName
    """Host name of the server."""

    port: Port = 5432
    """TCP port."""

    database: Annotated[
        str,
        Field(
            max_length=63,
            pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
            json_schema_extra={"rule": "letters, digits and '_', not a digit first"},
        ),
    ]
    """Name of the database. The role needs `CREATE` on it, and whoever reads (Cube) what default
    privileges give: `USAGE` of the schemas and `SELECT` from the tables that the role makes."""

    user: TextOrSecret
    """Role to log in as: its name, or where it is kept."""

    password: SecretKey
    """Where the password is kept."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of the server, for network policies; any but link-local ones when silent."""

    @property
    def endpoint(self) -> Endpoint:
        """Where it listens."""
        return Endpoint(name="postgres", host=self.host, port=self.port, cidrs=self.cidrs)


class DemoSpec(Spec):
    """What the code location that loads `floe_demo.definitions` is told.

    Its rows keep coming, through Iceberg and dbt to whoever asks.
    """

    enabled: bool = False
    """Whether its schedules run as soon as Dagster does; else somebody starts them there."""

    schedule: Batches = Batches()
    """When batches are made, and how large they are."""

    data_quality: DataQuality = DataQuality()
    """Defects."""

    burst: Burst = Burst()
    """Batches as large as time allows."""

    observability: Reports = Reports()
    """Lineage and spans."""

    retention_days: PositiveInt | None = None
    """Days after which rows go; what the artifacts say of the bronze layer when silent, else 30."""

    saas: SoftwareCompany = SoftwareCompany()
    """The second domain."""

    serving: ServingDatabase | None = None
    """Where Cube finds what the models made, with DuckDB as the engine; other engines serve their
    tables themselves."""

    @property
    def variables(self) -> dict[str, str | SecretKey]:
        """What its code is told."""
        said = {PREFIX + name.upper(): _text(value) for name, value in _flat(self)}
        return {**said, f"{PREFIX}HOME": HOME, **(_served(self.serving) if self.serving else {})}


def _flat(spec: Spec, above: str = "") -> Iterator[tuple[str, object]]:
    """Answer every setting but where to serve by one name, as the demo has it."""
    for name, value in spec:
        if isinstance(value, ServingDatabase) or value is None:
            continue
        if isinstance(value, Spec):
            yield from _flat(value, f"{above}{name}_")
        else:
            yield f"{above}{name}", value


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _served(database: ServingDatabase) -> dict[str, str | SecretKey]:
    names = ("host", "port", "database", "user", "password")
    given = {name: getattr(database, name) for name in names}
    return {
        f"SERVING_PG_{name.upper()}": value if isinstance(value, SecretKey) else str(value)
        for name, value in given.items()
    }
