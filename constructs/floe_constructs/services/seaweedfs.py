"""SeaweedFS: an object store, and an Iceberg catalog where that is wanted, in one pod."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.access import service_account
from floe_constructs.kubernetes.container import Probes, container, http
from floe_constructs.kubernetes.pod import pod_template
from floe_constructs.kubernetes.service import service
from floe_constructs.kubernetes.stateful_set import Claim, stateful_set
from floe_constructs.kubernetes.volume import scratch, secret_files
from floe_constructs.services import names
from floe_constructs.services.config import seaweedfs
from floe_constructs.services.flows import labels
from floe_constructs.services.spec import ObjectStoreSettings, SeaweedFsCatalog, ServicesSpec

_USER = 1000
"""The image's."""


class SeaweedFs(Construct):
    """SeaweedFS, of which only S3 and the catalog are reached: its own ports have no login.

    Objects: ServiceAccount/seaweedfs-server, StatefulSet/seaweedfs-server, Service/seaweedfs.
    Needs: the Secret of its users.
    """

    def __init__(
        self, scope: Construct, id: str, spec: ServicesSpec, settings: ObjectStoreSettings
    ) -> None:
        super().__init__(scope, id)
        pods = labels(spec, names.SEAWEEDFS)
        ports = {"s3": names.S3}
        if isinstance(spec.catalog, SeaweedFsCatalog):
            ports["iceberg"] = names.ICEBERG
        claim = Claim(name="data", path=seaweedfs.DATA, storage=settings.storage)
        users = {seaweedfs.FILE: seaweedfs.users_key(spec)}
        mounts = [
            secret_files("users", seaweedfs.USERS, users),
            scratch("tmp", "/tmp"),  # noqa: S108  the pod's own
        ]
        program, *args = seaweedfs.command(spec)
        template = pod_template(
            pods,
            settings,
            [
                container(
                    "seaweedfs",
                    image=settings.image,
                    command=[program],
                    args=args,
                    ports={**ports, "filer": seaweedfs.FILER},
                    probes=_probes(spec),
                    settings=settings,
                    mounts=mounts,
                    claims=[claim.mount],
                )
            ],
            service_account=service_account(self, pods),
            mounts=mounts,
            user=_USER,
        )
        service(self, pods, ports, name=names.SEAWEEDFS)
        # A broken revision of one pod can be followed by the next (kubernetes/kubernetes#67250).
        stateful_set(self, pods, template, service_name=names.SEAWEEDFS, parallel=True, claim=claim)


def _probes(spec: ServicesSpec) -> Probes:
    """Ready is when its buckets are there: a gate would take one that is missing for final."""
    return Probes(
        startup=k8s.Probe(http_get=http("/healthz", "s3"), period_seconds=3, failure_threshold=60),
        liveness=k8s.Probe(http_get=http("/healthz", "s3"), period_seconds=15, timeout_seconds=5),
        readiness=k8s.Probe(
            http_get=http(seaweedfs.ready(spec), "filer"), period_seconds=5, timeout_seconds=5
        ),
    )
