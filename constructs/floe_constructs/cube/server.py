"""The pods of Cube's server, which the API and the refresh worker both are."""

from collections.abc import Mapping

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.cube import config
from floe_constructs.cube.model import model_files
from floe_constructs.cube.security import configuration
from floe_constructs.cube.spec import CubeSpec
from floe_constructs.kubernetes.access import service_account
from floe_constructs.kubernetes.container import Probes, container, http, tcp
from floe_constructs.kubernetes.environment import Variables
from floe_constructs.kubernetes.files import Files
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.pod import pod_template
from floe_constructs.kubernetes.volume import Mount, secret_files, single
from floe_constructs.kubernetes.workload import Workload


def server_pods(  # noqa: PLR0913  the two differ in that many ways
    scope: Construct,
    spec: CubeSpec,
    pods: Labels,
    settings: Workload,
    *,
    env: Variables,
    ports: Mapping[str, int],
    tmp: Mount,
    leaving: int | None = None,
) -> k8s.PodTemplateSpec:
    """Pods with the model in them, and their ServiceAccount."""
    files = server_config(spec)
    # One by one: Cube walks into the links of a ConfigMap mounted as a folder, and finds each
    # cube twice.
    mounts = [tmp, *(mount for folder in files for mount in single(folder.name, folder))]
    mounts += [
        secret_files(_volume(folder), folder, kept)
        for folder, kept in config.server_files(spec).items()
    ]
    return pod_template(
        pods,
        settings,
        [
            container(
                "cube",
                image=spec.image,
                env=env,
                ports=ports,
                probes=_probes(),
                settings=settings,
                mounts=mounts,
                leaving=leaving,
            )
        ],
        service_account=service_account(scope, pods, identity=spec.identity),
        identity=spec.identity,
        mounts=mounts,
        files=files,
    )


def server_config(spec: CubeSpec) -> list[Files]:
    """Answer the ConfigMaps of both roles: the model, and Cube's own configuration."""
    found = model_files(spec.model or {})
    if security := spec.row_level_security:
        found.append(configuration(security, spec.sql_api.sees if spec.sql_api else None))
    return found


def _volume(folder: str) -> str:
    """Name a volume after its folder: `/etc/floe/sources/crm` is `sources-crm`."""
    return folder.removeprefix("/etc/floe/").replace("/", "-").replace("_", "-")


def _probes() -> Probes:
    """Only readiness may ask the data source, as `/readyz` and `/livez` both do.

    A restart does not bring a data source back.
    """
    return Probes(
        startup=k8s.Probe(tcp_socket=tcp("http"), period_seconds=2, failure_threshold=90),
        liveness=k8s.Probe(tcp_socket=tcp("http"), period_seconds=15, timeout_seconds=5),
        readiness=k8s.Probe(
            http_get=http("/readyz"), period_seconds=10, timeout_seconds=10, failure_threshold=3
        ),
    )
