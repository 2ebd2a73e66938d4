"""Where Cube is reached, and what it talks to."""

from collections.abc import Iterable
from dataclasses import replace

from floe_constructs.cube.config import STORE_HTTP, STORE_META, STORE_WORKER
from floe_constructs.cube.spec import DEFAULT, CubeSpec
from floe_constructs.cube.sql_api import HTTP
from floe_constructs.kubernetes.endpoint import Endpoint, Flow
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.workload import Workload

API_URL = f"http://cube-api:{HTTP}"
"""Where queries are sent; paths begin with `/cubejs-api`."""

SQL = "cube-sql"
"""Service of the SQL API: apart from the other, because other clients reach it in other ways."""


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
    nodes = [router, worker] if spec.store.workers else [router]
    found = _out(servers, "query the data source", _named(spec))
    found += [
        Flow(source=server, target=router, port=STORE_HTTP, why="pre-aggregations and the queue")
        for server in servers
    ]
    found += _out(servers, "prove the identity", spec.identity.endpoints if spec.identity else ())
    found += _out(servers, "fetch keys of tokens", spec.jwt.endpoints if spec.jwt else ())
    # The server names the files, and Cube Store loads them itself.
    found += _out([*servers, *nodes], "fetch large results", _buckets(spec))
    found += _out(servers, "sign addresses of exported files", _signers(spec))
    if spec.store.workers:
        found += [
            Flow(source=worker, target=router, port=STORE_META, why="ask what there is"),
            Flow(source=router, target=worker, port=STORE_WORKER, why="scan and build partitions"),
            Flow(source=worker, target=worker, port=STORE_WORKER, why="hand rows to their owner"),
        ]
    return found + _out(nodes, "keep pre-aggregations", spec.store.storage.endpoints)


def _out(sources: Iterable[Labels], why: str, endpoints: Iterable[Endpoint]) -> list[Flow]:
    found = tuple(endpoints)
    return [
        Flow(source=pods, target=endpoint, port=endpoint.port, why=why)
        for pods in sources
        for endpoint in found
    ]


def _named(spec: CubeSpec) -> list[Endpoint]:
    """Answer where data sources listen; but for the default one, with their names."""
    return [
        endpoint if name == DEFAULT else replace(endpoint, name=f"{endpoint.name} of {name}")
        for name, source in spec.all_sources.items()
        for endpoint in source.endpoints
    ]


def _buckets(spec: CubeSpec) -> list[Endpoint]:
    return [source.bucket for source in spec.all_sources.values() if source.bucket]


def _signers(spec: CubeSpec) -> list[Endpoint]:
    """Answer who signs the addresses that Cube Store is told, where Cube has no key of Google's."""
    host = "iamcredentials.googleapis.com"
    return [
        replace(source.bucket, name="google-signatures", host=host)
        for source in spec.all_sources.values()
        if source.bucket and "gcp" in source.clouds
    ]
