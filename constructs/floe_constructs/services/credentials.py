"""Which pods of the services get which credentials."""

from collections.abc import Iterator

from floe_constructs.kubernetes.secret import Use, uses
from floe_constructs.services import names
from floe_constructs.services.config import polaris, postgres, seaweedfs
from floe_constructs.services.flows import labels
from floe_constructs.services.spec import PolarisSettings, ServicesSpec


def credentials(spec: ServicesSpec) -> Iterator[Use]:
    """Answer every credential that a service or one of its Jobs gets."""
    if spec.object_store:
        files = {f"{seaweedfs.USERS}/{seaweedfs.FILE}": seaweedfs.users_key(spec)}
        yield from uses([labels(spec, names.SEAWEEDFS)], {}, files)
    if spec.postgres:
        yield from uses([labels(spec, names.POSTGRES)], postgres.variables())
        making = labels(spec, names.POSTGRES, "databases")
        yield from uses([making], postgres.making_variables(spec))
    if isinstance(spec.catalog, PolarisSettings):
        server, tool = labels(spec, names.POLARIS), labels(spec, names.POLARIS, "bootstrap")
        yield from uses([server], polaris.server_variables(spec), polaris.server_files())
        yield from uses([tool], polaris.tool_variables(), polaris.tool_files())
        yield from uses([labels(spec, names.POLARIS, "setup")], polaris.setup(spec)[1])
