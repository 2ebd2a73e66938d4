"""Where user code runs: code locations that are deployed here, or elsewhere."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from floe_constructs.kubernetes.cloud_identity import CloudIdentity
from floe_constructs.kubernetes.endpoint import Endpoint
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


class CodeLocation(Spec):
    """A project's definitions, served by pods of its own and run in others."""

    name: LocationName
    """Name of the location in Dagster, and part of its objects' names."""

    image: Image
    """Image with the project in it; its runs use the same one."""

    module: Module
    """Module that the definitions are loaded from."""

    server: Replicated
    """The pods that tell Dagster what is defined, and evaluate schedules and sensors."""

    runs: Workload
    """The pods of runs, one for each."""

    executor: Literal["in_process", "k8s_job"] = "in_process"
    """Where steps run: in the run's pod (also in several processes of it), or in a pod for each
    (`k8s_job_executor`), which the run's pod needs rights in the cluster for."""

    run_as_root: Reason | None = None
    """Why the image has to run as root, where it does. The namespace then admits root (Pod Security
    *baseline*); of its pods only those of such a location use it."""

    identity: CloudIdentity | None = None
    """Identity of the location's servers and runs, instead of the one that all locations have."""


class ExternalLocation(Spec):
    """A code location whose server runs elsewhere; its runs come here."""

    name: LocationName
    """Name of the location in Dagster."""

    host: DnsName
    """Host name of the gRPC server."""

    port: Port
    """TCP port of the gRPC server."""

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
