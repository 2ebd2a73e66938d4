"""Where Cube is reached, and what it talks to."""

from floe_constructs.cube.config import STORE_HTTP, STORE_META, STORE_WORKER
from floe_constructs.cube.spec import HTTP, CubeSpec
from floe_constructs.kubernetes.endpoint import Flow
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.workload import Workload

API_URL = f"http://cube-api:{HTTP}"
"""Where queries are sent; paths begin with `/cubejs-api`."""


def labels(spec: CubeSpec, component: str) -> Labels:
    """Labels of one role."""
    return Labels(name="cube", instance=spec.instance, component=component)


def workloads(spec: CubeSpec) -> list[tuple[Labels, Workload]]:
    """Answer all pods, and what an environment says of them."""
    found: list[tuple[str, Workload]] = [
        ("api", spec.api),
        ("refresh-worker", spec.refresh_worker),
        ("store-router", spec.store.router),
    ]
    if spec.store.workers:
        found.append(("store-worker", spec.store.workers))
    return [(labels(spec, component), settings) for component, settings in found]


def flows(spec: CubeSpec) -> list[Flow]:
    """Answer what Cube's pods talk to.

    Cube Store lets in whoever reaches it, so that nothing but these lines protects it.
    """
    servers = [labels(spec, "api"), labels(spec, "refresh-worker")]
    router, worker = labels(spec, "store-router"), labels(spec, "store-worker")
    found = [
        Flow(source=server, target=endpoint, port=endpoint.port, why="query the data source")
        for server in servers
        for endpoint in spec.source.endpoints
    ] + [
        Flow(source=server, target=router, port=STORE_HTTP, why="pre-aggregations and the queue")
        for server in servers
    ]
    found += [
        Flow(
            source=server,
            target=endpoint,
            port=endpoint.port,
            why="prove the identity",
        )
        for server in servers
        for endpoint in (spec.identity.endpoints if spec.identity else ())
    ]
    if spec.store.workers:
        found += [
            Flow(source=worker, target=router, port=STORE_META, why="ask what there is"),
            Flow(source=router, target=worker, port=STORE_WORKER, why="scan and build partitions"),
            Flow(source=worker, target=worker, port=STORE_WORKER, why="hand rows to their owner"),
        ]
    nodes = [router, worker] if spec.store.workers else [router]
    return found + [
        Flow(source=node, target=endpoint, port=endpoint.port, why="keep pre-aggregations")
        for node in nodes
        for endpoint in spec.store.storage.endpoints
    ]
