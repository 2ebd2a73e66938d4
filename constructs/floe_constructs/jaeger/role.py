"""One role of Jaeger: the pods that collect, answer, or do both."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.jaeger import backend, config, pipeline
from floe_constructs.jaeger.flows import labels
from floe_constructs.jaeger.spec import JaegerSpec
from floe_constructs.jaeger.storage import BadgerStorage, SearchStorage
from floe_constructs.kubernetes.access import service_account
from floe_constructs.kubernetes.authority import CA_FILE
from floe_constructs.kubernetes.config_map import config_map
from floe_constructs.kubernetes.container import Probes, container, http
from floe_constructs.kubernetes.deployment import deployment
from floe_constructs.kubernetes.environment import Variables
from floe_constructs.kubernetes.pod import pod_template
from floe_constructs.kubernetes.service import headless_service
from floe_constructs.kubernetes.stateful_set import Claim, stateful_set
from floe_constructs.kubernetes.value import mebibytes
from floe_constructs.kubernetes.volume import Mount, folder, scratch, secret_files, trusted
from floe_constructs.kubernetes.workload import Replicated, Scalable, Workload

QUERY_PORTS = {"http": pipeline.QUERY}


class JaegerRole(Construct):
    """The pods of one role.

    Objects: ServiceAccount/jaeger-ROLE, ConfigMap/jaeger-ROLE, Deployment/jaeger-ROLE (with
    Badger: StatefulSet/jaeger-ROLE and Service/jaeger-ROLE), from two replicas on
    PodDisruptionBudget/jaeger-ROLE, with `autoscale` HorizontalPodAutoscaler/jaeger-ROLE.
    Needs: the Secrets of the storage's login and of certificates.
    """

    def __init__(
        self, scope: Construct, id: str, spec: JaegerSpec, component: str, settings: Replicated
    ) -> None:
        super().__init__(scope, id)
        pods = labels(spec, component)
        files = config.files(spec, component)
        badger = spec.storage if isinstance(spec.storage, BadgerStorage) else None
        claim = Claim(name="data", path=backend.DATA, storage=badger) if badger else None
        mounts = [folder("config", files), scratch("tmp", "/tmp")]  # noqa: S108  the pod's own
        mounts += _secrets(spec, collects=component != "query")
        ports = {"health": pipeline.HEALTH, "metrics": pipeline.METRICS}
        if component != "query":
            ports |= pipeline.ports(spec) | (
                {"counted": pipeline.COUNTED} if spec.performance else {}
            )
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
            headless_service(self, pods, pipeline.ports(spec))
            stateful_set(self, pods, template, service_name=pods.object_name, claim=claim)
        else:
            # What is in memory is in one process only: two of them would each know half.
            alone = not isinstance(spec.storage, SearchStorage)
            scale = settings.autoscale if isinstance(settings, Scalable) else None
            deployment(
                self,
                pods,
                template,
                replicas=settings.replicas,
                autoscale=scale,
                recreate=alone,
            )


def verifying(storage: SearchStorage) -> list[Mount]:
    """What the servers' certificates are verified by."""
    return trusted("storage-ca", f"{backend.CA_FOLDER}/{CA_FILE}", storage.ca)


def _secrets(spec: JaegerSpec, *, collects: bool) -> list[Mount]:
    mounts = verifying(spec.storage) if isinstance(spec.storage, SearchStorage) else []
    if keys := backend.files(spec):
        mounts.append(secret_files("credentials", backend.CREDENTIALS, keys))
    if collects and (keys := pipeline.tls_files(spec)):
        mounts.append(secret_files("receiver-tls", pipeline.TLS, keys))
    return mounts


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
