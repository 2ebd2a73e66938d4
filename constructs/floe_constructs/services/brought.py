"""The services that an environment brings as one thing."""

from constructs import Construct

from floe_constructs.services.made_secrets import MadeSecrets
from floe_constructs.services.polaris import PolarisBootstrap, PolarisServer, PolarisSetup
from floe_constructs.services.postgres import PostgresDatabases, PostgresServer
from floe_constructs.services.seaweedfs import SeaweedFs
from floe_constructs.services.spec import PolarisSettings, ServicesSpec


class BroughtServices(Construct):
    """Object store, catalog and PostgreSQL, each in one pod with a volume, and their Secrets.

    Objects: those of `MadeSecrets`; with `object_store` those of `SeaweedFs`, with `postgres` those
    of `PostgresServer` and `PostgresDatabases`, with `catalog: polaris` those of `PolarisServer`,
    `PolarisBootstrap` and `PolarisSetup`.
    Needs: what its parts need.
    """

    def __init__(self, scope: Construct, id: str, spec: ServicesSpec) -> None:
        super().__init__(scope, id)
        MadeSecrets(self, "secrets", spec)
        if spec.object_store:
            SeaweedFs(self, "object-store", spec, spec.object_store)
        if spec.postgres:
            PostgresServer(self, "postgres", spec, spec.postgres)
            PostgresDatabases(self, "databases", spec, spec.postgres)
        if isinstance(spec.catalog, PolarisSettings):
            PolarisServer(self, "polaris", spec, spec.catalog)
            PolarisBootstrap(self, "bootstrap", spec, spec.catalog)
            PolarisSetup(self, "setup", spec)
