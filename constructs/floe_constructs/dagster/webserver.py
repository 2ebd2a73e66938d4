"""Dagster's interface and its GraphQL API."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.dagster.config import (
    HTTP,
    WORKSPACE,
    WORKSPACE_FILE,
    instance_files,
    read_only_files,
    workspace_files,
)
from floe_constructs.dagster.control_plane import control_plane_container, instance_mounts
from floe_constructs.dagster.flows import labels
from floe_constructs.dagster.rights import ENDING, rules
from floe_constructs.dagster.spec import READ_ONLY, WEBSERVER, DagsterSpec
from floe_constructs.kubernetes.access import role, service_account
from floe_constructs.kubernetes.config_map import config_map
from floe_constructs.kubernetes.container import Probes, http, tcp
from floe_constructs.kubernetes.deployment import deployment
from floe_constructs.kubernetes.pod import pod_template
from floe_constructs.kubernetes.service import service
from floe_constructs.kubernetes.volume import folder


class DagsterWebserver(Construct):
    """The pods that show the interface and answer GraphQL.

    They read the list of code locations only when they start, so a change replaces them. The
    read-only ones, `dagster-webserver-read-only`, know no launcher and have neither token nor
    rights.

    Objects: ServiceAccount/dagster-WEBSERVER, Role/dagster-webserver and
    RoleBinding/dagster-webserver or ConfigMap/dagster-webserver-read-only,
    Deployment/dagster-WEBSERVER, Service/dagster-WEBSERVER, from two replicas on
    PodDisruptionBudget/dagster-WEBSERVER.
    Needs: ConfigMap/dagster-instance and ConfigMap/dagster-workspace of `Dagster`, the Secrets of
    the database and of the compute logs.
    """

    def __init__(
        self, scope: Construct, id: str, spec: DagsterSpec, *, read_only: bool = False
    ) -> None:
        super().__init__(scope, id)
        component = READ_ONLY if read_only else WEBSERVER
        pods, settings = labels(spec, component), spec.webservers[component]
        instance = read_only_files(spec) if read_only else instance_files(spec)
        workspace = workspace_files(spec)
        mounts = [*instance_mounts(spec, instance), folder("workspace", workspace)]
        ports = {"http": HTTP}
        args = ["dagster-webserver", "-h", "0.0.0.0", "-p", str(HTTP)]  # noqa: S104  its pod's own
        args += ["-w", f"{WORKSPACE}/{WORKSPACE_FILE}", *settings.args]
        args += ["--read-only"] if read_only else []
        template = pod_template(
            pods,
            settings,
            [
                control_plane_container(
                    "webserver",
                    spec,
                    settings,
                    args,
                    mounts,
                    ports=ports,
                    probes=_probes(settings.path_prefix or ""),
                )
            ],
            service_account=service_account(self, pods, identity=spec.own_identity),
            identity=spec.own_identity,
            mounts=mounts,
            files=[instance, workspace],
            token=not read_only,
        )
        if read_only:
            config_map(self, pods, instance)
        else:
            role(self, pods, rules(ENDING))
        deployment(self, pods, template, replicas=settings.replicas)
        service(self, pods, ports)


def _probes(prefix: str) -> Probes:
    """Ask readiness by a page that needs no database.

    Liveness asks for less still: a restart makes a webserver with too much to do only slower.
    """
    return Probes(
        startup=k8s.Probe(tcp_socket=tcp("http"), period_seconds=2, failure_threshold=150),
        liveness=k8s.Probe(tcp_socket=tcp("http"), period_seconds=15, timeout_seconds=5),
        readiness=k8s.Probe(
            http_get=http(f"{prefix}/server_info"), period_seconds=10, timeout_seconds=10
        ),
    )
