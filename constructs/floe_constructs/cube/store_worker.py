"""Cube Store's workers: what scans pre-aggregations."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.cube import config
from floe_constructs.cube.flows import labels
from floe_constructs.cube.spec import CubeSpec
from floe_constructs.cube.store import cache_claim, store_pods
from floe_constructs.cube.store_spec import StoreWorkers
from floe_constructs.kubernetes.container import Probes, tcp
from floe_constructs.kubernetes.deployment import disruption_budget
from floe_constructs.kubernetes.service import headless_service
from floe_constructs.kubernetes.stateful_set import stateful_set

PORTS = {"worker": config.STORE_WORKER}


class CubeStoreWorkers(Construct):
    """The workers of Cube Store, each with a name that the router knows.

    They do not wait for the router: one that cannot ask it yet starts with an empty cache, says so
    in its log, and asks again for each piece of work.

    Objects: ServiceAccount/cube-store-worker, StatefulSet/cube-store-worker,
    Service/cube-store-worker, from two replicas on PodDisruptionBudget/cube-store-worker.
    Needs: the Secrets of the storage.
    """

    def __init__(self, scope: Construct, id: str, spec: CubeSpec, workers: StoreWorkers) -> None:
        super().__init__(scope, id)
        pods = labels(spec, "store-worker")
        claim = cache_claim(workers)
        template = store_pods(
            self,
            spec,
            pods,
            workers,
            env=config.worker(spec),
            ports=PORTS,
            probes=_probes(),
            claims=[claim] if claim else [],
        )
        headless_service(self, pods, PORTS)
        stateful_set(
            self,
            pods,
            template,
            service_name=config.WORKER,
            replicas=workers.replicas,
            parallel=True,
            claim=claim,
        )
        disruption_budget(self, pods, workers.replicas)


def _probes() -> Probes:
    """Connect and say nothing, which each worker logs as an error: it serves no status."""
    return Probes(
        startup=k8s.Probe(tcp_socket=tcp("worker"), period_seconds=2, failure_threshold=90),
        liveness=k8s.Probe(tcp_socket=tcp("worker"), period_seconds=30, timeout_seconds=5),
        readiness=k8s.Probe(tcp_socket=tcp("worker"), period_seconds=15, timeout_seconds=5),
    )
