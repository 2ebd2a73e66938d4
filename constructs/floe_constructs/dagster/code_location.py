"""Where user code runs: code locations that are deployed here, or elsewhere."""

from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from floe_constructs.dagster.demo import MODULE as DEMO
from floe_constructs.dagster.process import Process
from floe_constructs.kubernetes.cloud_identity import CloudIdentity
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.image import ImageReference
from floe_constructs.kubernetes.user_volume import MountPath
from floe_constructs.kubernetes.value import Cidr, DnsName, Image, Port, Reason
from floe_constructs.kubernetes.workload import Replicated, Workload
from floe_constructs.spec import Spec

LocationName = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9]([-a-z0-9]{0,48}[a-z0-9])?$",
        json_schema_extra={
            "rule": "lower-case letters, digits and '-', at most 50, no '-' at either end"
        },
    ),
]
"""A name that becomes part of a Service's: `dagster-code-NAME` has to be a DNS label."""

Module = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$",
        json_schema_extra={"rule": "a Python module's name: acme.definitions"},
    ),
]
"""A module that Python can import."""

PythonFile = Annotated[
    str,
    Field(
        max_length=512,
        pattern=r"^/?([A-Za-z0-9._-]+/)*[A-Za-z0-9._-]+\.py$",
        json_schema_extra={"rule": "a path that ends in .py: acme/definitions.py"},
    ),
]
"""A file of Python in the image."""

Attribute = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        json_schema_extra={"rule": "a name within the module: defs"},
    ),
]
"""A name in a module."""


class CodeServer(Replicated, Process):
    """The pods of a code location's servers."""

    startup_seconds: int = Field(default=300, ge=30, le=7200)
    """Seconds that loading the code may take, before the container is restarted. Kubernetes calls a
    rollout stuck 300 seconds later, which are for finding a node and pulling the image."""


class Runs(Workload):
    """The pods of a code location's runs."""

    image: Image | None = None
    """Image of runs and steps, where it is not the servers': with the same code at the same place
    in it, and more beside that, such as libraries for a GPU."""

    identity: CloudIdentity | None = None
    """Identity of runs, where it is not the servers'."""


class CodeLocation(Spec):
    """A project's definitions, served by pods of its own and run in others."""

    name: LocationName
    """Name of the location in Dagster, and part of its objects' names."""

    image: Image
    """Image with the project in it; its runs use the same one, unless `runs.image` is given."""

    module: Module | None = None
    """Module that the definitions are loaded from. Give this, or one of the three below."""

    package: Module | None = None
    """Package that the definitions are loaded from, out of its `__init__`."""

    python_file: PythonFile | None = None
    """File that the definitions are loaded from, from the working directory on."""

    autoload_defs_module: Module | None = None
    """Module below which all definitions are found and loaded, as `dg` lays projects out. The image
    needs the project's `pyproject.toml` in a folder above it."""

    attribute: Attribute | None = None
    """Name of the definitions there, where there are several."""

    working_directory: MountPath | None = None
    """Folder of the image that is looked in first; the image's own (`WORKDIR`) when silent."""

    server: CodeServer
    """The pods that tell Dagster what is defined, and evaluate schedules and sensors."""

    runs: Runs
    """The pods of runs, one for each."""

    executor: Literal["in_process", "k8s_job"] = "in_process"
    """Where steps run: in the run's pod (also in several processes of it), or in a pod for each
    (`k8s_job_executor`), which the run's pod needs rights in the cluster for. Pods of steps get the
    run's token too, unless the executor's `step_k8s_config` in user code says otherwise."""

    launches: frozenset[Literal["pods", "jobs"]] = frozenset()
    """What else its runs launch, and get rights in the namespace for: `pods` with `PipesK8sClient`,
    which finds what they have to be like in the variable `FLOE_PIPES`, `jobs` with `k8s_job_op`."""

    run_as_root: Reason | None = None
    """Why the image has to run as root, where it does. The namespace then admits root (Pod Security
    *baseline*); of its pods only those of such a location use it."""

    identity: CloudIdentity | None = None
    """Identity of the location's servers and runs, instead of the one that all locations have."""

    @model_validator(mode="after")
    def _loaded_from_one_place(self) -> Self:
        names = ("module", "package", "python_file", "autoload_defs_module")
        given = [name for name in names if getattr(self, name)]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            msg = f"give exactly one of {', '.join(names)}: where definitions are; found {found}"
            raise ValueError(msg)
        if self.attribute and self.autoload_defs_module:
            msg = "attribute names one object; autoload_defs_module loads all that there are"
            raise ValueError(msg)
        return self

    @property
    def asks_cluster(self) -> bool:
        """Whether its runs talk to the cluster's API server."""
        return self.executor == "k8s_job" or bool(self.launches)

    @property
    def is_demo(self) -> bool:
        """Whether it is the demo's."""
        return self.module == DEMO

    @property
    def run_image(self) -> ImageReference:
        """Image of runs and steps."""
        return ImageReference(self.runs.image or self.image)


class ExternalLocation(Spec):
    """A code location whose server runs elsewhere; its runs come here."""

    name: LocationName
    """Name of the location in Dagster."""

    host: DnsName
    """Host name of the gRPC server."""

    port: Port
    """TCP port of the gRPC server."""

    ssl: bool = False
    """Whether it is asked over TLS. Its certificate then has to be one of a public authority, or of
    those in the file that `GRPC_DEFAULT_SSL_ROOTS_FILE_PATH` names in webserver and daemon."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of the server, for network policies; any but link-local ones when silent."""

    @property
    def endpoint(self) -> Endpoint:
        """Where it listens."""
        return Endpoint(name=self.name, host=self.host, port=self.port, cidrs=self.cidrs)


def _form(value: object) -> str:
    external = "host" in value if isinstance(value, dict) else isinstance(value, ExternalLocation)
    return "external" if external else "deployed"


AnyLocation = Annotated[
    Annotated[CodeLocation, Tag("deployed")] | Annotated[ExternalLocation, Tag("external")],
    Discriminator(_form),
]
"""A code location: deployed here, or elsewhere (`host:`)."""
