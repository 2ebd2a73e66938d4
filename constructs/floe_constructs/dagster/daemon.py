"""What makes Dagster act by itself: queue, schedules, sensors, monitoring."""

from constructs import Construct

from floe_constructs.dagster.config import (
    WORKSPACE,
    WORKSPACE_FILE,
    instance_files,
    workspace_files,
)
from floe_constructs.dagster.control_plane import control_plane_container, instance_mounts
from floe_constructs.dagster.flows import labels
from floe_constructs.dagster.rights import DAEMON, rules
from floe_constructs.dagster.spec import DagsterSpec
from floe_constructs.kubernetes.access import role, service_account
from floe_constructs.kubernetes.deployment import deployment
from floe_constructs.kubernetes.pod import pod_template
from floe_constructs.kubernetes.volume import folder


class DagsterDaemon(Construct):
    """The one pod that launches queued runs, and evaluates schedules and sensors.

    It reads the list of code locations again every minute, so a change of it replaces no pod.

    Objects: ServiceAccount/dagster-daemon, Role/dagster-daemon, RoleBinding/dagster-daemon,
    Deployment/dagster-daemon.
    Needs: ConfigMap/dagster-instance and ConfigMap/dagster-workspace of `Dagster`, the Secrets of
    the database and of the compute logs.
    """

    def __init__(self, scope: Construct, id: str, spec: DagsterSpec) -> None:
        super().__init__(scope, id)
        pods, settings = labels(spec, "daemon"), spec.daemon
        instance = instance_files(spec)
        mounts = [*instance_mounts(spec, instance), folder("workspace", workspace_files(spec))]
        args = ["dagster-daemon", "run", "-w", f"{WORKSPACE}/{WORKSPACE_FILE}"]
        args += settings.log_args
        template = pod_template(
            pods,
            settings,
            # No probes: it listens on no port, ends by itself when one of its threads hangs, and
            # what could be asked (`dagster-daemon liveness-check`) reads the database, so that a
            # database that is away would restart it.
            [control_plane_container("daemon", spec, settings, args, mounts)],
            service_account=service_account(self, pods, identity=spec.own_identity),
            identity=spec.own_identity,
            mounts=mounts,
            files=[instance],
            token=True,
        )
        role(self, pods, rules(DAEMON))
        # Two daemons would launch each run twice.
        deployment(self, pods, template, recreate=True)
