"""One code location: its servers, and what its runs need to exist."""

import math
from collections.abc import Mapping, Sequence

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.dagster.code_location import CodeLocation
from floe_constructs.dagster.config import CONTEXT_VARIABLE, GRPC, artifacts_files, context_text
from floe_constructs.dagster.control_plane import folders
from floe_constructs.dagster.environment import (
    CREDENTIALS,
    HOME,
    IMAGE_VARIABLE,
    instance_variables,
    user_variables,
)
from floe_constructs.dagster.flows import code_server, runs
from floe_constructs.dagster.rights import of_runs, rules
from floe_constructs.dagster.spec import DagsterSpec
from floe_constructs.kubernetes.access import role, service_account
from floe_constructs.kubernetes.container import Probes, container
from floe_constructs.kubernetes.deployment import deployment
from floe_constructs.kubernetes.environment import Variable
from floe_constructs.kubernetes.files import Files, digest
from floe_constructs.kubernetes.pod import pod_template
from floe_constructs.kubernetes.service import service
from floe_constructs.kubernetes.user import USER
from floe_constructs.kubernetes.volume import Mount, secret_files, single

_GRACE_SECONDS = 70
"""A server ends when its calls have, which is after 60 seconds at the latest."""

_PERIOD_SECONDS = 3
"""How often a server that loads its code is asked; until it has, it listens to nobody."""

_PLACING_SECONDS = 300
"""What a rollout has for finding a node and pulling the image, beside loading the code."""


class DagsterCodeLocation(Construct):
    """The servers of one code location, which run user code but no runs.

    A server whose code does not load ends, and never becomes ready; the one before it goes on.

    Objects: ServiceAccount/dagster-code-LOCATION, Deployment/dagster-code-LOCATION,
    Service/dagster-code-LOCATION, from two replicas on PodDisruptionBudget/dagster-code-LOCATION,
    for runs ServiceAccount/dagster-run-LOCATION and, where they launch pods,
    Role/dagster-run-LOCATION and RoleBinding/dagster-run-LOCATION.
    Needs: ConfigMap/compiled-artifacts of `Dagster` where there are artifacts, the Secrets of the
    database and of user code.
    """

    def __init__(
        self, scope: Construct, id: str, spec: DagsterSpec, location: CodeLocation
    ) -> None:
        super().__init__(scope, id)
        pods, settings = code_server(spec, location), location.server
        identity = spec.identity(location)
        artifacts, mounts = artifacts_files(spec), _mounts(spec)
        ports = {"grpc": GRPC}
        env = _variables(spec, location)
        template = pod_template(
            pods,
            settings,
            [
                container(
                    "code-server",
                    image=location.image,
                    args=_args(location, env, artifacts),
                    env=env,
                    ports=ports,
                    probes=_probes(settings.startup_seconds),
                    settings=settings,
                    mounts=mounts,
                )
            ],
            service_account=service_account(self, pods, identity=identity),
            identity=identity,
            mounts=mounts,
            files=artifacts,
            user=USER if location.run_as_root is None else 0,
            grace_seconds=_GRACE_SECONDS,
        )
        deployment(
            self,
            pods,
            template,
            replicas=settings.replicas,
            progress_seconds=settings.startup_seconds + _PLACING_SECONDS,
        )
        service(self, pods, ports)
        service_account(self, runs(spec, location), identity=spec.run_identity(location))
        if location.asks_cluster:
            role(self, runs(spec, location), rules(of_runs(location)))


def _args(
    location: CodeLocation, env: Mapping[str, Variable], artifacts: Sequence[Files]
) -> list[str]:
    settings, loaded = location.server, _loaded(location)
    args = ["dagster", "api", "grpc", "-h", "0.0.0.0", "-p", str(GRPC)]  # noqa: S104  its pod's own
    args += [*loaded, "--location-name", location.name]
    args += settings.log_args
    if settings.replicas > 1:
        # Dagster loads a location anew when its server's id changes. Each replica makes one up
        # unless it is told; then the id has to change with all that a server stands for.
        args += ["--fixed-server-id", _identity(location, loaded, env, artifacts)]
    return args


def _loaded(location: CodeLocation) -> list[str]:
    """Answer where the definitions are, as Dagster's command line has it."""
    named = {
        "-m": location.module,
        "--package-name": location.package,
        "-f": location.python_file,
        "--autoload-defs-module-name": location.autoload_defs_module,
        "-a": location.attribute,
        "-d": location.working_directory,
    }
    return [part for flag, value in named.items() if value for part in (flag, value)]


def _identity(
    location: CodeLocation,
    loaded: Sequence[str],
    env: Mapping[str, Variable],
    artifacts: Sequence[Files],
) -> str:
    """Answer a hash of what definitions are loaded from, a restart that was asked for included."""
    settings = location.server
    variables = {name: str(value) for name, value in {**env, **settings.env}.items()}
    beside = [
        one.model_dump(mode="json")
        for one in (*settings.volumes, *settings.sidecars, *settings.init_containers)
    ]
    files = [file.digest for file in artifacts]
    said = [location.name, location.image, *loaded, variables, beside, files, settings.restart]
    return digest(said)


def _variables(spec: DagsterSpec, location: CodeLocation) -> dict[str, Variable]:
    return {
        **user_variables(spec, location),
        **instance_variables(spec),
        "DAGSTER_HOME": HOME,
        IMAGE_VARIABLE: location.run_image,
        CONTEXT_VARIABLE: context_text(spec, location),
    }


def _mounts(spec: DagsterSpec) -> list[Mount]:
    mounts = folders(spec)
    # The file alone: nothing could be mounted below a folder that a ConfigMap is.
    mounts += [mount for files in artifacts_files(spec) for mount in single("artifacts", files)]
    if spec.credential_files:
        mounts.append(secret_files("credentials", CREDENTIALS, spec.credential_files))
    return mounts


def _probes(startup_seconds: int) -> Probes:
    """Dagster's server speaks gRPC's own health protocol; it does so once its code is loaded.

    The limits are wide because user code shares the process: loading takes minutes in large
    projects, and a busy interpreter answers late.
    """
    grpc = k8s.GrpcAction(port=GRPC, service="DagsterApi")
    tries = math.ceil(startup_seconds / _PERIOD_SECONDS)
    return Probes(
        startup=k8s.Probe(
            grpc=grpc,
            period_seconds=_PERIOD_SECONDS,
            timeout_seconds=5,
            failure_threshold=tries,
        ),
        liveness=k8s.Probe(grpc=grpc, period_seconds=15, timeout_seconds=10, failure_threshold=8),
        readiness=k8s.Probe(grpc=grpc, period_seconds=5, timeout_seconds=5),
    )
