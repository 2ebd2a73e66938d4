"""What a gate checks, as whom, and what an environment decides about it."""

import re
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from floe_constructs.kubernetes.authority import Authority
from floe_constructs.kubernetes.cloud_identity import CloudIdentity
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.phase import Phase
from floe_constructs.kubernetes.resources import Resources
from floe_constructs.kubernetes.schedule import CronSchedule
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.value import DnsLabel, DnsName, Image
from floe_constructs.kubernetes.workload import Workload
from floe_constructs.preflight.targets import (
    CLUSTER,
    BigQuery,
    Gcs,
    Kept,
    Path,
    PreflightConfig,
    Text,
)
from floe_constructs.spec import Spec

FOLDER = "/etc/floe/preflight"
"""Where the pods that check find their configuration, certificates and keys."""

_IN_FOLDER = re.compile(rf"{FOLDER}/[A-Za-z0-9_-][A-Za-z0-9._-]*")

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


class CheckingSettings(Workload):
    """Jobs that check."""

    optional_secrets: ClassVar[bool] = True
    """So that the check says which is missing."""

    resources: Resources = Resources(cpu="50m", memory="256Mi")
    """CPU and memory of the main container. Snowflake's connector takes 180 MiB, all else 75."""

    skip: tuple[CheckId, ...] = ()
    """Checks that are left out. With `cluster` nothing is asked of the cluster, and no ClusterRole
    is needed for it."""

    ignore: tuple[FaultCode, ...] = ()
    """Faults that count as none."""

    strict: bool = False
    """Whether warnings count as faults."""


class GateSettings(CheckingSettings):
    """The gate: Jobs that prove, before each release, that the services it needs work."""

    image: Image
    """Image with `floe` in it, and the extras of what is checked (`snowflake`, `gcp` …)."""

    attempt: int = Field(default=0, ge=0)
    """Raise it to have the gate run again although nothing else of the environment has changed."""

    wait_seconds: int = Field(default=60, ge=0, le=1800)
    """Seconds for which what time may mend is tried again within one pod; there are up to four."""

    schedule: CronSchedule | None = None
    """When to check beside releases, as cron says it in UTC; never when silent. With `monitoring`
    an alert tells of it when a check fails."""


class VerifySettings(CheckingSettings):
    """The verification: a Job that asks what a release has rolled out, and reports."""

    image: Image | None = None
    """Image with `floe` in it; the gate's when silent."""

    resources: Resources = Resources(cpu="50m", memory="128Mi")
    """CPU and memory of the main container. The checks take 75 MiB."""

    wait_seconds: int = Field(default=180, ge=0, le=1800)
    """Seconds for which what time may mend is tried again within one pod, code that is loaded above
    all; there are up to two."""

    skip: tuple[CheckId, ...] = ()
    """Checks that are left out: `platform.dagster.daemon`."""


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
    """Where the targets listen, for network policies; as they say themselves when silent."""

    @property
    def variables(self) -> dict[str, SecretKey]:
        """The credentials that targets find in environment variables, by their names."""
        return {kept.env: kept.secret for kept in self._kept if kept.env and kept.secret}

    @property
    def files(self) -> dict[str, Authority]:
        """What targets find in files, by path."""
        found: dict[str, Authority] = dict(self.authorities)
        found |= {kept.file: kept.secret for kept in self._kept if kept.file and kept.secret}
        for target in self.config.targets:
            if isinstance(target, Gcs | BigQuery) and target.credentials_file and target.secret:
                found[target.credentials_file] = target.secret
        return found

    @property
    def _kept(self) -> list[Kept]:
        said = [value for target in self.config.targets for _, value in target]
        said += self.config.secrets
        return [value for value in said if isinstance(value, Kept)]

    @model_validator(mode="after")
    def _variables_differ(self) -> Self:
        for kept in self._kept:
            if kept.env and kept.secret != self.variables.get(kept.env, kept.secret):
                msg = f"{kept.env} is from two Secrets: call one of the variables otherwise"
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _files_are_in_the_folder(self) -> Self:
        if strange := sorted(path for path in self.files if not _IN_FOLDER.fullmatch(path)):
            msg = f"files are in {FOLDER} and nowhere else: {strange}"
            raise ValueError(msg)
        return self


class PreflightSpec(GateSettings):
    """All that the constructs need."""

    phase: ClassVar[Phase] = Phase.PREFLIGHT
    """When it is asked."""

    retries: ClassVar[int] = 3
    """Pods after the first, for what was not there yet: a Secret, a node."""

    instance: str
    """Name of the installation."""

    suites: tuple[Suite, ...] = ()
    """What is checked."""

    release: Text | None = None
    """What is released, in any words: others run the gate again. `floe synth` has no need of it: it
    calls the Jobs after all that it writes."""

    @property
    def asks_cluster(self) -> bool:
        """Whether there is a Job for what has to be in the cluster."""
        return CLUSTER not in self.skip

    @property
    def roots(self) -> tuple[str, ...]:
        """What the ids of its checks begin with, those of checks that are left out as well."""
        return (CLUSTER, *self._asked)

    @property
    def _asked(self) -> tuple[str, ...]:
        return tuple(root for suite in self.suites for root in suite.config.roots)


class VerifySpec(PreflightSpec):
    """The same constructs, for what is asked once all is rolled out."""

    phase: ClassVar[Phase] = Phase.VERIFY
    """When it is asked."""

    retries: ClassVar[int] = 1
    """Pods after the first: nothing waits for the report but Argo CD's operation."""

    @property
    def asks_cluster(self) -> bool:
        """Whatever the cluster has to have was asked before."""
        return False

    @property
    def roots(self) -> tuple[str, ...]:
        """What the ids of its checks begin with."""
        return self._asked
