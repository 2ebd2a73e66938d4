"""oauth2-proxy in front of one interface."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.access import service_account
from floe_constructs.kubernetes.config_map import config_map
from floe_constructs.kubernetes.container import Probes, container, http
from floe_constructs.kubernetes.deployment import deployment
from floe_constructs.kubernetes.pod import pod_template
from floe_constructs.kubernetes.service import service
from floe_constructs.kubernetes.volume import folder
from floe_constructs.login import config
from floe_constructs.login.flows import labels
from floe_constructs.login.spec import LoginSpec

_USER = 65532
"""The image's user `nonroot`."""


class Login(Construct):
    """An oauth2-proxy that lets through to one interface whom a provider knows.

    It does not start while the provider cannot be reached.

    Objects: ServiceAccount/login-INTERFACE, Deployment/login-INTERFACE, Service/login-INTERFACE,
    from two replicas on PodDisruptionBudget/login-INTERFACE, with `authority`
    ConfigMap/login-INTERFACE.
    Needs: the Secrets of client and sessions; the interface lets in these pods alone.
    """

    def __init__(self, scope: Construct, id: str, spec: LoginSpec) -> None:
        super().__init__(scope, id)
        pods, ports = labels(spec), {"http": config.HTTP}
        files = config.authority(spec)
        mounts = [folder("authority", files)] if files else []
        template = pod_template(
            pods,
            spec,
            [
                container(
                    "oauth2-proxy",
                    image=spec.image,
                    env=config.variables(spec),
                    ports=ports,
                    probes=_probes(),
                    settings=spec,
                    mounts=mounts,
                )
            ],
            service_account=service_account(self, pods),
            mounts=mounts,
            files=[files] if files else [],
            user=_USER,
        )
        if files:
            config_map(self, pods, files)
        deployment(self, pods, template, replicas=spec.replicas)
        service(self, pods, ports)


def _probes() -> Probes:
    return Probes(
        startup=k8s.Probe(http_get=http("/ping"), period_seconds=2, failure_threshold=30),
        liveness=k8s.Probe(http_get=http("/ping"), period_seconds=15, timeout_seconds=5),
        readiness=k8s.Probe(http_get=http("/ready"), period_seconds=5, timeout_seconds=3),
    )
