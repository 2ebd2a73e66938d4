"""What an environment decides about Dagster."""

from collections import Counter
from typing import Self

from pydantic import Field, field_validator, model_validator

from floe_constructs.dagster.code_location import AnyLocation, CodeLocation, ExternalLocation
from floe_constructs.dagster.compute_logs import (
    AnyComputeLogs,
    GcsComputeLogs,
    S3ComputeLogs,
    StoredLogs,
)
from floe_constructs.dagster.database import DagsterDatabase
from floe_constructs.dagster.demo import DemoSpec
from floe_constructs.dagster.instance import Instance
from floe_constructs.dagster.process import Process, Webserver
from floe_constructs.dagster.telemetry import Lineage, Traces
from floe_constructs.kubernetes.authority import Authority
from floe_constructs.kubernetes.cloud_identity import CloudIdentity
from floe_constructs.kubernetes.resources import Resources
from floe_constructs.kubernetes.secret import PullSecret, SecretKey
from floe_constructs.kubernetes.value import DnsName, Image
from floe_constructs.kubernetes.workload import Workload

WEBSERVER, READ_ONLY = "webserver", "webserver-read-only"
"""Components of the webservers."""


class DagsterSettings(Instance):
    """Dagster in this environment."""

    image: Image
    """Image of webserver, daemon and migration: Dagster with `dagster-webserver`, `dagster-k8s`,
    `dagster-postgres` and, for compute logs, `dagster-aws`, `dagster-gcp` or `dagster-azure`, which
    the images of code locations need as well."""

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

    hours_between_runs: int | None = Field(default=None, ge=1, le=336)
    """Hours within which at least one run is started, whatever the schedule; else an alert tells
    that schedules have stopped. Without it nothing does. It needs `monitoring`."""

    compute_logs: AnyComputeLogs | None = None
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
        keys = isinstance(self.compute_logs, S3ComputeLogs | GcsComputeLogs) and (
            self.compute_logs.credentials and self.compute_logs.cloud
        )
        if keys and self.database.identity and self.database.identity.cloud == keys:
            msg = (
                "compute_logs.credentials would be taken for the database as well, instead of "
                "database.identity: let compute_logs have the same identity"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _runs_can_go_on(self) -> Self:
        alone = [at.name for at in self.deployed if at.executor != "k8s_job"]
        if self.run_monitoring.max_resume_run_attempts and alone:
            msg = (
                "run_monitoring.max_resume_run_attempts: only runs whose steps have pods of their "
                f"own can go on, which is not so for code locations {alone}: give them executor "
                "k8s_job, or let run_retries.max_retries start runs again"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _runs_have_time_to_load(self) -> Self:
        limit = self.run_monitoring.start_timeout_seconds
        slow = [at.name for at in self.deployed if at.server.startup_seconds > limit > 0]
        if slow:
            msg = (
                f"run_monitoring.start_timeout_seconds: {limit} seconds are less than the "
                f"server.startup_seconds of {slow}, and runs load the same code: raise it"
            )
            raise ValueError(msg)
        return self

    def serves_as(
        self, location: CodeLocation, everybody: CloudIdentity | None
    ) -> CloudIdentity | None:
        """Answer who a location's servers are to a cloud, where `everybody` is what others are."""
        return location.identity or everybody or self.database.identity

    def runs_as(
        self, location: CodeLocation, everybody: CloudIdentity | None
    ) -> CloudIdentity | None:
        """Answer who a location's runs are to a cloud, where `everybody` is what others are."""
        return location.runs.identity or self.serves_as(location, everybody)

    @property
    def deployed(self) -> tuple[CodeLocation, ...]:
        """The code locations whose servers run here."""
        return tuple(at for at in self.code_locations if isinstance(at, CodeLocation))

    @property
    def external(self) -> tuple[ExternalLocation, ...]:
        """The code locations whose servers run elsewhere."""
        return tuple(at for at in self.code_locations if isinstance(at, ExternalLocation))


class DagsterSpec(DagsterSettings):
    """All that the construct needs."""

    instance: str
    """Name of the installation."""

    namespace: str
    """Namespace of the installation, which runs are launched in."""

    compute_logs: StoredLogs | None = None
    """Where the output of steps is kept; with the pod's own log alone when silent."""

    artifacts: str | None = None
    """Text of `compiled_artifacts.json`, which user code is configured by."""

    variables: dict[str, str | SecretKey] = Field(default_factory=dict)
    """Environment variables of user code."""

    credential_files: dict[str, Authority] = Field(default_factory=dict)
    """Credentials and certificates that user code reads from files: by the variables that hold the
    files' paths."""

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

    demo: DemoSpec | None = None
    """What the demo's code location is told, if there is one."""

    def identity(self, location: CodeLocation) -> CloudIdentity | None:
        """Answer who a code location's servers are to a cloud provider."""
        return self.serves_as(location, self.code_identity)

    def run_identity(self, location: CodeLocation) -> CloudIdentity | None:
        """Answer who a code location's runs are to a cloud provider."""
        return self.runs_as(location, self.code_identity)

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
