"""One role of Jaeger: the pods that collect, answer, or do both."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.jaeger import config
from floe_constructs.jaeger.flows import labels
from floe_constructs.jaeger.spec import BadgerStorage, JaegerSpec, SearchStorage
from floe_constructs.kubernetes.access import service_account
from floe_constructs.kubernetes.config_map import config_map
from floe_constructs.kubernetes.container import Probes, container, http
from floe_constructs.kubernetes.deployment import deployment
from floe_constructs.kubernetes.environment import Variables
from floe_constructs.kubernetes.pod import pod_template
from floe_constructs.kubernetes.service import headless_service
from floe_constructs.kubernetes.stateful_set import Claim, stateful_set
from floe_constructs.kubernetes.value import mebibytes
from floe_constructs.kubernetes.volume import folder, scratch, secret_files
from floe_constructs.kubernetes.workload import Replicated, Workload

COLLECTOR_PORTS = {"otlp-grpc": config.OTLP_GRPC, "otlp-http": config.OTLP_HTTP}
QUERY_PORTS = {"http": config.QUERY}


class JaegerRole(Construct):
    """The pods of one role.

    Objects: ServiceAccount/jaeger-ROLE, ConfigMap/jaeger-ROLE, Deployment/jaeger-ROLE (with
    Badger: StatefulSet/jaeger-ROLE and Service/jaeger-ROLE), from two replicas on
    PodDisruptionBudget/jaeger-ROLE.
    Needs: the Secret of the storage's password.
    """

    def __init__(
        self, scope: Construct, id: str, spec: JaegerSpec, component: str, settings: Workload
    ) -> None:
        super().__init__(scope, id)
        pods = labels(spec, component)
        files = config.files(spec, component)
        badger = spec.storage if isinstance(spec.storage, BadgerStorage) else None
        claim = Claim(name="data", path=config.DATA, storage=badger) if badger else None
        mounts = [folder("config", files), scratch("tmp", "/tmp")]  # noqa: S108  the pod's own
        if isinstance(spec.storage, SearchStorage) and spec.storage.password:
            keys = {config.PASSWORD: spec.storage.password}
            mounts.append(secret_files("credentials", config.CREDENTIALS, keys))
        ports = {"health": config.HEALTH, "metrics": config.METRICS}
        ports |= COLLECTOR_PORTS if component != "query" else {}
        ports |= QUERY_PORTS if component != "collector" else {}
        template = pod_template(
            pods,
            settings,
            [
                container(
                    "jaeger",
                    image=spec.image,
                    args=["--config", f"{files.path}/{config.FILE}"],
                    env=_variables(settings),
                    ports=ports,
                    probes=_probes(),
                    settings=settings,
                    mounts=mounts,
                    claims=[claim.mount] if claim else [],
                )
            ],
            service_account=service_account(self, pods),
            mounts=mounts,
            files=[files],
        )
        config_map(self, pods, files)
        if claim:
            headless_service(self, pods, COLLECTOR_PORTS)
            stateful_set(self, pods, template, service_name=pods.object_name, claim=claim)
        else:
            # What is in memory is in one process only: two of them would each know half.
            alone = component == "all-in-one"
            deployment(self, pods, template, replicas=_replicas(settings), recreate=alone)


def _replicas(settings: Workload) -> int:
    return settings.replicas if isinstance(settings, Replicated) else 1


def _variables(settings: Workload) -> Variables:
    """Go's own limit keeps the garbage collector below the container's."""
    resources = settings.resources
    limit = mebibytes(resources.limits["memory"]) * 4 // 5
    return {"GOMEMLIMIT": f"{limit}MiB", "OTEL_TRACES_SAMPLER": "always_off"}


def _probes() -> Probes:
    """Jaeger tells itself healthy without asking its storage."""
    return Probes(
        startup=k8s.Probe(
            http_get=http("/status", "health"), period_seconds=2, failure_threshold=30
        ),
        liveness=k8s.Probe(
            http_get=http("/status", "health"), period_seconds=15, timeout_seconds=5
        ),
        readiness=k8s.Probe(
            http_get=http("/status", "health"), period_seconds=5, timeout_seconds=3
        ),
    )
