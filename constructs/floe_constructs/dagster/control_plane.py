"""The pods of Dagster's own image: webserver, daemon and migration."""

from collections.abc import Mapping, Sequence

from cdk8s_plus_34 import k8s

from floe_constructs.dagster.environment import CREDENTIALS, HOME, TMP, instance_variables
from floe_constructs.dagster.spec import DagsterSpec
from floe_constructs.kubernetes.container import Probes, container
from floe_constructs.kubernetes.environment import Variable
from floe_constructs.kubernetes.files import Files
from floe_constructs.kubernetes.volume import Mount, authority, scratch, secret_files, single
from floe_constructs.kubernetes.workload import Workload


def folders(spec: DagsterSpec) -> list[Mount]:
    """Answer what every pod of Dagster has.

    It may write to the instance's folder and to a temporary one, and reads whom the database's
    certificate is verified by.
    """
    return [scratch("home", HOME), scratch("tmp", TMP), *authority(spec.database.ca)]


def instance_mounts(spec: DagsterSpec, instance: Files) -> list[Mount]:
    """Answer the folders, with `dagster.yaml` in one of them."""
    mounts = [*folders(spec), *single("instance", instance)]
    if spec.compute_logs and spec.compute_logs.files:
        mounts.append(secret_files("credentials", CREDENTIALS, spec.compute_logs.files))
    return mounts


def control_plane_container(  # noqa: PLR0913  the three differ in that many ways
    name: str,
    spec: DagsterSpec,
    settings: Workload,
    args: Sequence[str],
    mounts: Sequence[Mount],
    *,
    ports: Mapping[str, int] | None = None,
    probes: Probes | None = None,
) -> k8s.Container:
    """Answer a container with what `dagster.yaml` leaves to the environment."""
    env: dict[str, Variable] = {"DAGSTER_HOME": HOME, "HOME": TMP, **instance_variables(spec)}
    if logs := spec.compute_logs:
        env |= logs.variables | {name: f"{CREDENTIALS}/{name}" for name in logs.files}
    return container(
        name,
        image=spec.image,
        args=args,
        env=env,
        ports=ports,
        probes=probes,
        settings=settings,
        mounts=mounts,
    )
