"""PostgreSQL, and the Job that makes databases and roles in it."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.access import service_account
from floe_constructs.kubernetes.config_map import config_map
from floe_constructs.kubernetes.container import Probes, container
from floe_constructs.kubernetes.files import Files
from floe_constructs.kubernetes.job import job
from floe_constructs.kubernetes.pod import pod_template
from floe_constructs.kubernetes.service import service
from floe_constructs.kubernetes.stateful_set import Claim, stateful_set
from floe_constructs.kubernetes.volume import folder, scratch
from floe_constructs.services import names
from floe_constructs.services.config import postgres
from floe_constructs.services.flows import labels
from floe_constructs.services.preparation import DEADLINE_SECONDS
from floe_constructs.services.spec import PostgresSettings, ServicesSpec

_USER = 999
"""The image's, of Debian: it has to have a name there."""

_STOPPING_SECONDS = 60


class PostgresServer(Construct):
    """One server of PostgreSQL, without TLS.

    Objects: ServiceAccount/postgres-server, StatefulSet/postgres-server, Service/postgres.
    Needs: the Secret of its superuser.
    """

    def __init__(
        self, scope: Construct, id: str, spec: ServicesSpec, settings: PostgresSettings
    ) -> None:
        super().__init__(scope, id)
        pods, ports = labels(spec, names.POSTGRES), {"postgres": names.POSTGRES_PORT}
        claim = Claim(name="data", path=postgres.VOLUME, storage=settings.storage)
        mounts = [
            scratch("run", "/var/run/postgresql", "16Mi"),
            scratch("shared-memory", "/dev/shm", "128Mi", memory=True),  # noqa: S108  the pod's own
            scratch("tmp", "/tmp"),  # noqa: S108  the pod's own
        ]
        template = pod_template(
            pods,
            settings,
            [
                container(
                    "postgres",
                    image=settings.image,
                    env=postgres.variables(),
                    ports=ports,
                    probes=_probes(),
                    settings=settings,
                    mounts=mounts,
                    claims=[claim.mount],
                )
            ],
            service_account=service_account(self, pods),
            mounts=mounts,
            user=_USER,
            grace_seconds=_STOPPING_SECONDS,
        )
        service(self, pods, ports, name=names.POSTGRES)
        # A broken revision of one pod can be followed by the next (kubernetes/kubernetes#67250).
        stateful_set(self, pods, template, service_name=names.POSTGRES, parallel=True, claim=claim)


class PostgresDatabases(Construct):
    """The Job that makes databases, their owners and readers, and gives each its password.

    Nobody gets into a database but its owner and its readers. It runs again when there is another
    database, role or reader; databases that are no longer used it leaves alone.

    Objects: ServiceAccount/postgres-databases, ConfigMap/postgres-databases,
    Job/postgres-databases-HASH.
    Needs: the server, and the Secrets of all roles.
    """

    def __init__(
        self, scope: Construct, id: str, spec: ServicesSpec, settings: PostgresSettings
    ) -> None:
        super().__init__(scope, id)
        pods = labels(spec, names.POSTGRES, "databases")
        told = Files(
            name=pods.object_name,
            path=postgres.SCRIPTS,
            data={postgres.SCRIPT: postgres.script(spec)},
        )
        mounts = [folder("script", told), scratch("tmp", "/tmp")]  # noqa: S108  the pod's own
        config_map(self, pods, told)
        template = pod_template(
            pods,
            spec.preparation,
            [
                container(
                    "psql",
                    image=settings.image,
                    command=postgres.making(),
                    env=postgres.making_variables(spec),
                    settings=spec.preparation,
                    mounts=mounts,
                )
            ],
            service_account=service_account(self, pods),
            mounts=mounts,
            files=[told],
            user=_USER,
            restart_policy="Never",
        )
        job(self, pods, template, phase=pods.phase, deadline_seconds=DEADLINE_SECONDS)


def _probes() -> Probes:
    """Ask by TCP, which is closed while the data folder is made; a slow recovery is no failure."""
    asked = k8s.ExecAction(command=postgres.ready())
    return Probes(
        startup=k8s.Probe(exec=asked, period_seconds=3, timeout_seconds=5, failure_threshold=100),
        liveness=k8s.Probe(exec=asked, period_seconds=30, timeout_seconds=10, failure_threshold=6),
        readiness=k8s.Probe(exec=asked, period_seconds=5, timeout_seconds=5),
    )
