"""Marquez' interface."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.access import service_account
from floe_constructs.kubernetes.container import Probes, container, http
from floe_constructs.kubernetes.deployment import deployment
from floe_constructs.kubernetes.pod import pod_template
from floe_constructs.kubernetes.service import service
from floe_constructs.kubernetes.volume import scratch
from floe_constructs.marquez import command, config
from floe_constructs.marquez.flows import labels
from floe_constructs.marquez.spec import MarquezSpec, MarquezWeb

_USER = 1000
"""The image's user `node`."""


class MarquezWebsite(Construct):
    """The interface, which hands requests for data on to the API.

    Objects: ServiceAccount/marquez-web, Deployment/marquez-web, Service/marquez-web, from two
    replicas on PodDisruptionBudget/marquez-web.
    Needs: Service/marquez-api.
    """

    def __init__(self, scope: Construct, id: str, spec: MarquezSpec, settings: MarquezWeb) -> None:
        super().__init__(scope, id)
        pods = labels(spec, "web")
        mounts = [scratch("tmp", "/tmp")]  # noqa: S108  the pod's own
        template = pod_template(
            pods,
            settings,
            [
                container(
                    "web",
                    image=settings.image,
                    env=command.web_variables(),
                    ports={"http": config.WEB},
                    probes=_probes(),
                    settings=settings,
                    mounts=mounts,
                )
            ],
            service_account=service_account(self, pods),
            mounts=mounts,
            user=_USER,
        )
        deployment(self, pods, template, replicas=settings.replicas)
        service(self, pods, {"http": config.WEB})


def _probes() -> Probes:
    probe = http("/healthcheck")
    return Probes(
        startup=k8s.Probe(http_get=probe, period_seconds=2, failure_threshold=30),
        liveness=k8s.Probe(http_get=probe, period_seconds=15, timeout_seconds=5),
        readiness=k8s.Probe(http_get=probe, period_seconds=5, timeout_seconds=3),
    )
