"""What an environment decides about Dagster."""

from collections import Counter
from typing import Self

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator, model_validator

from floe_constructs.dagster.code_location import AnyLocation, CodeLocation, ExternalLocation
from floe_constructs.dagster.compute_logs import S3ComputeLogs
from floe_constructs.dagster.database import DagsterDatabase
from floe_constructs.dagster.process import Process, Webserver
from floe_constructs.kubernetes.cloud_identity import CloudIdentity
from floe_constructs.kubernetes.endpoint import Url
from floe_constructs.kubernetes.resources import Resources
from floe_constructs.kubernetes.secret import PullSecret, SecretKey
from floe_constructs.kubernetes.value import DnsName, Image
from floe_constructs.kubernetes.workload import Workload
from floe_constructs.spec import Spec

WEBSERVER, READ_ONLY = "webserver", "webserver-read-only"
"""Components of the webservers."""


class RunLimits(Spec):
    """What holds for the runs of all code locations."""

    max_concurrent: PositiveInt = 25
    """Runs at a time; others wait in the queue."""

    max_retries: NonNegativeInt = 0
    """How often a failed run is tried again; a run's tag `dagster/max_retries` wins."""

    max_runtime_seconds: PositiveInt = 86_400
    """Seconds after which a run is ended; a run's tag `dagster/max_runtime` wins."""


class DagsterSettings(Spec):
    """Dagster in this environment."""

    image: Image
    """Image of webserver, daemon and migration: Dagster with `dagster-webserver`, `dagster-k8s`,
    `dagster-postgres` and, for compute logs in S3, `dagster-aws`."""

    database: DagsterDatabase
    """Database of runs, events and schedules."""

    webserver: Webserver
    """The pods that show the interface and answer GraphQL."""

    webserver_read_only: Webserver | None = None
    """More of them, in which nothing can be changed or launched; for eyes that are many."""

    daemon: Process
    """The one pod that launches queued runs, and evaluates schedules and sensors."""

    migration: Workload = Workload(resources=Resources(cpu="250m", memory="512Mi"))
    """The pod that brings the database to the state that the image needs."""

    code_locations: tuple[AnyLocation, ...] = ()
    """Where user code comes from."""

    run_limits: RunLimits = RunLimits()
    """What holds for the runs of all code locations."""

    hours_between_runs: int | None = Field(default=None, ge=1, le=336)
    """Hours within which at least one run is started, whatever the schedule; else an alert tells
    that schedules have stopped. Without it nothing does. It needs `monitoring`."""

    compute_logs: S3ComputeLogs | None = None
    """Where the output of steps is kept; with the pod's own log alone when silent."""

    @field_validator("code_locations")
    @classmethod
    def _names_are_unique(cls, locations: tuple[AnyLocation, ...]) -> tuple[AnyLocation, ...]:
        names = Counter(location.name for location in locations)
        if twice := sorted(name for name, count in names.items() if count > 1):
            msg = f"each code location needs a name of its own; used more than once: {twice}"
            raise ValueError(msg)
        return locations

    @model_validator(mode="after")
    def _is_one_to_the_cloud(self) -> Self:
        logs = self.compute_logs.identity if self.compute_logs else None
        if logs and self.database.identity and logs != self.database.identity:
            msg = (
                "webserver and daemon have one identity: database.identity and "
                "compute_logs.identity have to be the same"
            )
            raise ValueError(msg)
        return self

    @property
    def deployed(self) -> tuple[CodeLocation, ...]:
        """The code locations whose servers run here."""
        return tuple(at for at in self.code_locations if isinstance(at, CodeLocation))

    @property
    def external(self) -> tuple[ExternalLocation, ...]:
        """The code locations whose servers run elsewhere."""
        return tuple(at for at in self.code_locations if isinstance(at, ExternalLocation))


class Lineage(Spec):
    """Where user code reports lineage, by OpenLineage."""

    url: Url
    """Address of the receiver; the client adds `/api/v1/lineage`."""

    namespace: str
    """OpenLineage namespace of the jobs."""


class Traces(Spec):
    """Where user code sends spans, by OTLP over HTTP."""

    url: Url
    """Address of the receiver; the SDK adds `/v1/traces`."""

    attributes: dict[str, str] = Field(default_factory=dict)
    """Resource attributes of the spans, as text that nothing is expanded in."""

    sampler_ratio: float | None = Field(default=None, ge=0, le=1)
    """Share of traces that are kept, unless a caller has decided; all, when silent."""


class DagsterSpec(DagsterSettings):
    """All that the construct needs."""

    instance: str
    """Name of the installation."""

    namespace: str
    """Namespace of the installation, which runs are launched in."""

    artifacts: str | None = None
    """Text of `compiled_artifacts.json`, which user code is configured by."""

    variables: dict[str, str | SecretKey] = Field(default_factory=dict)
    """Environment variables of user code."""

    credential_files: dict[str, SecretKey] = Field(default_factory=dict)
    """Credentials that user code reads from a file: by the variable that holds the file's path."""

    run_priority: DnsName | None = None
    """PriorityClass of runs whose code location names none, because its server runs elsewhere."""

    code_identity: CloudIdentity | None = None
    """Identity of code servers and runs."""

    pull_secrets: tuple[PullSecret, ...] = ()
    """Registry logins that the pods of all runs need, also of those whose code is elsewhere."""

    lineage: Lineage | None = None
    """Where user code reports lineage; nowhere when silent."""

    traces: Traces | None = None
    """Where user code sends spans; nowhere when silent."""

    def identity(self, location: CodeLocation) -> CloudIdentity | None:
        """Answer who a code location's servers are to a cloud provider."""
        return location.identity or self.code_identity or self.database.identity

    def run_identity(self, location: CodeLocation) -> CloudIdentity | None:
        """Answer who a code location's runs are to a cloud provider."""
        return location.runs.identity or self.identity(location)

    @property
    def webservers(self) -> dict[str, Webserver]:
        """The webservers by component."""
        found = {WEBSERVER: self.webserver}
        if self.webserver_read_only:
            found[READ_ONLY] = self.webserver_read_only
        return found

    @property
    def own_identity(self) -> CloudIdentity | None:
        """Who webservers and daemon are to a cloud provider."""
        logs = self.compute_logs.identity if self.compute_logs else None
        return self.database.identity or logs
