"""Cube Store's router: what plans queries and knows what there is."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.cube import config
from floe_constructs.cube.flows import labels
from floe_constructs.cube.spec import CubeSpec
from floe_constructs.cube.storage import REMOTE_DIR, LocalStorage
from floe_constructs.cube.store import cache_claim, store_pods
from floe_constructs.kubernetes.container import Probes, http
from floe_constructs.kubernetes.service import service
from floe_constructs.kubernetes.stateful_set import Claim, stateful_set

PORTS = {"http": config.STORE_HTTP, "meta": config.STORE_META}


class CubeStoreRouter(Construct):
    """The one router of Cube Store.

    It is a StatefulSet because that never runs two pods of a name: two routers would each write
    their own list of what there is over the other's.

    Objects: ServiceAccount/cube-store-router, StatefulSet/cube-store-router,
    Service/cube-store-router.
    Needs: the Secrets of the storage.
    """

    def __init__(self, scope: Construct, id: str, spec: CubeSpec) -> None:
        super().__init__(scope, id)
        pods = labels(spec, "store-router")
        claim = cache_claim(spec.store.router)
        if isinstance(spec.store.storage, LocalStorage):
            claim = Claim(name="data", path=REMOTE_DIR, storage=spec.store.storage)
        template = store_pods(
            self,
            spec,
            pods,
            spec.store.router,
            env=config.router(spec),
            ports=PORTS | {"status": config.STORE_STATUS},
            probes=_probes(),
            claims=[claim] if claim else [],
        )
        service(self, pods, PORTS)
        # Of one pod, `parallel` starts no second one, but a broken revision can be followed by the
        # next; otherwise somebody would have to delete its pod first (kubernetes/kubernetes#67250).
        stateful_set(self, pods, template, service_name=config.ROUTER, parallel=True, claim=claim)


def _probes() -> Probes:
    """Wait at the start for as long as it may take to fetch the list of what there is."""
    return Probes(
        startup=k8s.Probe(
            http_get=http("/livez", "status"), period_seconds=5, failure_threshold=120
        ),
        liveness=k8s.Probe(http_get=http("/livez", "status"), period_seconds=15, timeout_seconds=5),
        readiness=k8s.Probe(
            http_get=http("/readyz", "status"), period_seconds=5, timeout_seconds=5
        ),
    )
