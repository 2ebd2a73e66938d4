"""Marquez' API: takes lineage in, and answers questions about it."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.access import service_account
from floe_constructs.kubernetes.config_map import config_map
from floe_constructs.kubernetes.container import Probes, container, http
from floe_constructs.kubernetes.deployment import deployment
from floe_constructs.kubernetes.pod import pod_template
from floe_constructs.kubernetes.service import service
from floe_constructs.kubernetes.volume import authority, folder, scratch, trusted
from floe_constructs.marquez import command, config
from floe_constructs.marquez.flows import labels
from floe_constructs.marquez.java import TRUST_FILE, TRUST_FOLDER
from floe_constructs.marquez.spec import MarquezSpec


class MarquezServer(Construct):
    """Marquez' API.

    Objects: ServiceAccount/marquez-api, ConfigMap/marquez-api, Deployment/marquez-api,
    Service/marquez-api, from two replicas on PodDisruptionBudget/marquez-api.
    Needs: the database, migrated, and the Secrets of its login.
    """

    def __init__(self, scope: Construct, id: str, spec: MarquezSpec) -> None:
        super().__init__(scope, id)
        pods, settings = labels(spec, "api"), spec.api
        files = config.files(spec, config.API)
        mounts = [folder("config", files), scratch("tmp", "/tmp")]  # noqa: S108  the pod's own
        mounts += authority(spec.database.ca)
        if spec.search:
            mounts += trusted(
                "trust-store", f"{TRUST_FOLDER}/{TRUST_FILE}", spec.search.trust_store
            )
        template = pod_template(
            pods,
            settings,
            [
                container(
                    "api",
                    image=spec.image,
                    command=command.serve(),
                    env=command.variables(spec, settings),
                    ports={"http": config.HTTP, "admin": config.ADMIN},
                    probes=_probes(),
                    settings=settings,
                    mounts=mounts,
                )
            ],
            service_account=service_account(self, pods),
            mounts=mounts,
            files=[files],
        )
        config_map(self, pods, files)
        deployment(self, pods, template, replicas=settings.replicas)
        service(self, pods, {"http": config.HTTP})


def _probes() -> Probes:
    """Only readiness asks the database: without it a process is idle, not broken."""
    return Probes(
        startup=k8s.Probe(http_get=http("/ping", "admin"), period_seconds=3, failure_threshold=60),
        liveness=k8s.Probe(http_get=http("/ping", "admin"), period_seconds=15, timeout_seconds=5),
        readiness=k8s.Probe(
            http_get=http("/healthcheck", "admin"), period_seconds=10, timeout_seconds=5
        ),
    )
