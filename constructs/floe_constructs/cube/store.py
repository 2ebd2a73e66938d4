"""The pods of Cube Store, whose router and workers run the same program."""

from collections.abc import Mapping, Sequence

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.cube import config
from floe_constructs.cube.config import CACHE
from floe_constructs.cube.spec import CubeSpec
from floe_constructs.cube.storage import S3Storage
from floe_constructs.cube.store_spec import StoreNode
from floe_constructs.kubernetes.access import service_account
from floe_constructs.kubernetes.container import Probes, container
from floe_constructs.kubernetes.environment import Variables
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.pod import pod_template
from floe_constructs.kubernetes.stateful_set import Claim
from floe_constructs.kubernetes.volume import scratch, secret_files
from floe_constructs.kubernetes.workload import Storage


def cache_claim(node: StoreNode) -> Claim | None:
    """Answer the claim of a node's cache, where it is not on the disk of the machine."""
    if isinstance(node.cache, Storage):
        return Claim(name="cache", path=CACHE, storage=node.cache)
    return None


def store_pods(  # noqa: PLR0913  the two differ in that many ways
    scope: Construct,
    spec: CubeSpec,
    pods: Labels,
    node: StoreNode,
    *,
    env: Variables,
    ports: Mapping[str, int],
    probes: Probes,
    claims: Sequence[Claim],
) -> k8s.PodTemplateSpec:
    """Pods with a cache, and their ServiceAccount with the identity that the storage asks for."""
    mounts = [scratch("tmp", "/tmp")]  # noqa: S108  the pod's own
    mounts += [secret_files("keys", at, kept) for at, kept in config.store_files(spec).items()]
    if isinstance(node.cache, str):
        mounts.append(scratch("cache", CACHE, node.cache))
    storage = spec.store.storage
    identity = storage.identity if isinstance(storage, S3Storage) else None
    return pod_template(
        pods,
        node,
        [
            container(
                "cube-store",
                image=spec.store.image,
                env=env,
                ports=ports,
                probes=probes,
                settings=node,
                mounts=mounts,
                claims=[claim.mount for claim in claims],
            )
        ],
        service_account=service_account(scope, pods, identity=identity),
        identity=identity,
        mounts=mounts,
    )
