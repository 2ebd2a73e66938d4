"""What a gate checks, as whom, and what an environment decides about it."""

from typing import Annotated, ClassVar

from pydantic import Field

from floe_constructs.kubernetes.authority import Authority
from floe_constructs.kubernetes.cloud_identity import CloudIdentity
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.resources import Resources
from floe_constructs.kubernetes.schedule import CronSchedule
from floe_constructs.kubernetes.value import DnsLabel, DnsName, Image
from floe_constructs.kubernetes.workload import Workload
from floe_constructs.preflight.targets import Path, PreflightConfig, Text
from floe_constructs.spec import Spec

FOLDER = "/etc/floe/preflight"
"""Where the pods that check find their configuration, certificates and keys."""

CheckId = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9-]*(\.[a-z0-9-]+)*$",
        json_schema_extra={"rule": "id of a check, or its beginning: postgres.dagster"},
    ),
]
"""A check, or all that begin alike."""

FaultCode = Annotated[
    str,
    Field(
        pattern=r"^[A-Z][A-Z0-9_]*$",
        json_schema_extra={"rule": "code of a fault: CERT_EXPIRES_SOON"},
    ),
]
"""What a check may find."""


class GateSettings(Workload):
    """The gate: Jobs that prove, before each release, that the services it needs work."""

    optional_secrets: ClassVar[bool] = True

    image: Image
    """Image with `floe` in it, and the extras of what is checked (`snowflake`, `gcp` …)."""

    resources: Resources = Resources(cpu="50m", memory="192Mi")
    """CPU and memory of the main container."""

    attempt: int = Field(default=0, ge=0)
    """Raise it to have the gate run again although nothing else of the environment has changed."""

    wait_seconds: int = Field(default=60, ge=0, le=1800)
    """Seconds for which what time may mend is tried again within one pod; there are up to four."""

    skip: tuple[CheckId, ...] = ()
    """Checks that are left out."""

    ignore: tuple[FaultCode, ...] = ()
    """Faults that count as none."""

    strict: bool = False
    """Whether warnings close the gate too."""

    schedule: CronSchedule | None = None
    """When to check beside releases, as cron says it in UTC; never when silent. With `monitoring`
    an alert tells of it when a check fails."""


class Account(Spec):
    """Whom pods are."""

    service_account: DnsName
    """Name of a ServiceAccount that a workload has."""

    identity: CloudIdentity
    """Who its pods are to a cloud."""

    @property
    def told_apart_by(self) -> tuple[CloudIdentity, str]:
        """What differs for two that are not the same to the cloud.

        It is the account itself where the cloud knows an account by its name.
        """
        by_name = not self.identity.annotations
        return self.identity, self.service_account if by_name else ""


class Suite(Spec):
    """What is checked by one pod: all that is reached as one and the same."""

    name: DnsLabel
    """What tells its objects from those of others."""

    config: PreflightConfig
    """The targets."""

    authorities: dict[Path, Authority] = Field(default_factory=dict)
    """Where the text of the files is kept that targets name (`ca_file`), by path; all are in
    `/etc/floe/preflight`."""

    account: Account | None = None
    """Whom its pods are; nobody in particular when silent."""

    endpoints: tuple[Endpoint, ...] = ()
    """Where the targets listen, for network policies."""


class PreflightSpec(GateSettings):
    """All that the constructs need."""

    instance: str
    """Name of the installation."""

    suites: tuple[Suite, ...] = ()
    """What is checked."""

    release: Text | None = None
    """What is released, in any words: others run the gate again. `floe synth` has no need of it: it
    calls the Jobs after all that it writes."""
