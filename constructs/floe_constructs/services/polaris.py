"""Apache Polaris, and the Jobs that begin and set up what it keeps."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.access import service_account
from floe_constructs.kubernetes.config_map import config_map
from floe_constructs.kubernetes.container import Probes, container, http
from floe_constructs.kubernetes.deployment import deployment
from floe_constructs.kubernetes.files import Files
from floe_constructs.kubernetes.job import job
from floe_constructs.kubernetes.pod import pod_template
from floe_constructs.kubernetes.service import service
from floe_constructs.kubernetes.volume import folder, scratch, secret_files
from floe_constructs.services import names, preparation
from floe_constructs.services.config import polaris
from floe_constructs.services.flows import labels, tool
from floe_constructs.services.preparation import DEADLINE_SECONDS
from floe_constructs.services.spec import PolarisSettings, ServicesSpec
from floe_constructs.yaml_text import dump

_USER, _GROUP = 10000, 10001
"""The image's: another user may not run its start script."""

_SETUP = "catalog.yaml"


class PolarisServer(Construct):
    """One server of Polaris. It is ready before its realm is bootstrapped, and answers afterwards.

    Objects: ServiceAccount/polaris-server, ConfigMap/polaris-server, Deployment/polaris-server,
    Service/polaris.
    Needs: PostgreSQL with its database, and the Secrets of its credentials.
    """

    def __init__(
        self, scope: Construct, id: str, spec: ServicesSpec, settings: PolarisSettings
    ) -> None:
        super().__init__(scope, id)
        pods = labels(spec, names.POLARIS)
        said = {polaris.FILE: polaris.properties()}
        told = Files(name=pods.object_name, path=polaris.CONFIG, data=said)
        mounts = [
            folder("config", told),
            secret_files("token", polaris.TOKEN, {names.TOKEN_KEY.key: names.TOKEN_KEY}),
            scratch("tmp", "/tmp"),  # noqa: S108  the pod's own
        ]
        config_map(self, pods, told)
        template = pod_template(
            pods,
            settings,
            [
                container(
                    "polaris",
                    image=settings.image,
                    env=polaris.server_variables(spec),
                    ports={"http": names.POLARIS_API, "management": names.POLARIS_MANAGEMENT},
                    probes=_probes(),
                    settings=settings,
                    mounts=mounts,
                )
            ],
            service_account=service_account(self, pods),
            mounts=mounts,
            files=[told],
            user=_USER,
            group=_GROUP,
        )
        deployment(self, pods, template)
        service(self, pods, {"http": names.POLARIS_API}, name=names.POLARIS)


class PolarisBootstrap(Construct):
    """The Job that makes Polaris' tables and its root; where they are, it does nothing.

    Objects: ServiceAccount/polaris-bootstrap, Job/polaris-bootstrap-HASH.
    Needs: PostgreSQL with Polaris' database, and the Secrets of its login and of root.
    """

    def __init__(
        self, scope: Construct, id: str, spec: ServicesSpec, settings: PolarisSettings
    ) -> None:
        super().__init__(scope, id)
        pods = labels(spec, names.POLARIS, "bootstrap")
        mounts = [
            secret_files("root", polaris.ROOT, {names.ROOT_FILE.key: names.ROOT_FILE}),
            scratch("tmp", "/tmp"),  # noqa: S108  the pod's own
        ]
        template = pod_template(
            pods,
            tool(settings),
            [
                container(
                    "admin-tool",
                    image=settings.admin_tool,
                    args=["bootstrap", "-f", f"{polaris.ROOT}/{names.ROOT_FILE.key}"],
                    env=polaris.tool_variables(),
                    settings=settings,
                    mounts=mounts,
                )
            ],
            service_account=service_account(self, pods),
            mounts=mounts,
            user=_USER,
            group=_GROUP,
            restart_policy="Never",
        )
        # It does not wait for PostgreSQL by itself: ten minutes of tries, ever further apart.
        job(
            self,
            pods,
            template,
            phase=pods.phase,
            deadline_seconds=DEADLINE_SECONDS,
            retries=6,
        )


class PolarisSetup(Construct):
    """The Job that makes catalogs, clients, their roles and rights, where they are not there.

    Objects: ServiceAccount/polaris-setup, ConfigMap/polaris-setup, Job/polaris-setup-HASH.
    Needs: Polaris, bootstrapped, and the Secrets of root and of the clients.
    """

    def __init__(self, scope: Construct, id: str, spec: ServicesSpec) -> None:
        super().__init__(scope, id)
        pods = labels(spec, names.POLARIS, "setup")
        told, variables = polaris.setup(spec)
        preparation.run(
            self,
            spec,
            pods,
            what="catalog",
            file=(_SETUP, dump(told.model_dump(mode="json", exclude_none=True))),
            service_account=service_account(self, pods),
            env=variables,
        )


def _probes() -> Probes:
    """Only readiness asks the database: without it a process is idle, not broken."""
    live, ready = (http(f"/q/health/{what}", "management") for what in ("live", "ready"))
    return Probes(
        startup=k8s.Probe(http_get=live, period_seconds=3, timeout_seconds=5, failure_threshold=80),
        liveness=k8s.Probe(http_get=live, period_seconds=15, timeout_seconds=10),
        readiness=k8s.Probe(http_get=ready, period_seconds=5, timeout_seconds=10),
    )
