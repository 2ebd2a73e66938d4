"""A notebook server, and the Job that prepares it."""

from collections.abc import Sequence
from dataclasses import replace

from cdk8s_plus_34 import k8s
from constructs import Construct

from acme_platform.environment import Notebook
from floe_constructs.jaeger.flows import COLLECTOR_URL
from floe_constructs.kubernetes.access import service_account
from floe_constructs.kubernetes.container import container
from floe_constructs.kubernetes.deployment import deployment
from floe_constructs.kubernetes.job import job
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.phase import Phase
from floe_constructs.kubernetes.pod import pod_template
from floe_constructs.kubernetes.service import service
from floe_constructs.kubernetes.volume import Mount, scratch

PORTS = {"http": 8888}


def labels(instance: str) -> Labels:
    """Answer who the server's pods are."""
    return Labels(name="notebook", instance=instance, component="server")


class NotebookServer(Construct):
    """A notebook server.

    Objects: ServiceAccount/notebook-server, Deployment/notebook-server, Service/notebook-server,
    ServiceAccount/notebook-seed, Job/notebook-seed-HASH.
    """

    def __init__(self, scope: Construct, id: str, settings: Notebook, instance: str) -> None:
        super().__init__(scope, id)
        mounts = [scratch("home", "/home/jovyan")]
        server = labels(instance)
        template = pod_template(
            server,
            settings,
            [_container(settings, "server", ["start-notebook.sh"], mounts)],
            service_account=service_account(self, server),
            mounts=mounts,
        )
        deployment(self, server, template)
        service(self, server, PORTS)

        # It runs before the platform is rolled out, and again only when it changes.
        seed = replace(server, component="seed", phase=Phase.MIGRATE)
        template = pod_template(
            seed,
            settings,
            [_container(settings, "seed", ["seed-examples"], mounts)],
            service_account=service_account(self, seed),
            mounts=mounts,
            restart_policy="Never",
        )
        job(self, seed, template, phase=Phase.MIGRATE, deadline_seconds=600)


def _container(
    settings: Notebook, name: str, command: list[str], mounts: Sequence[Mount]
) -> k8s.Container:
    return container(
        name,
        image=settings.image,
        command=command,
        env={"OTEL_EXPORTER_OTLP_ENDPOINT": COLLECTOR_URL},
        ports=PORTS if name == "server" else None,
        settings=settings,
        mounts=mounts,
    )
