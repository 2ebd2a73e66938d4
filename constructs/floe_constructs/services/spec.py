"""What an environment decides about the services that it brings itself, and what follows."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from floe_constructs.kubernetes.postgres import DatabaseName
from floe_constructs.kubernetes.resources import Resources
from floe_constructs.kubernetes.s3 import Bucket, Region
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.value import Image
from floe_constructs.kubernetes.workload import LongRunning, Storage, Workload
from floe_constructs.services.used import Database, Holder, Principal, Role
from floe_constructs.spec import Spec


class ObjectStoreSettings(LongRunning):
    """SeaweedFS in one pod, `http://seaweedfs:8333`, with the buckets of all that is kept there."""

    image: Image
    """Image of SeaweedFS, 4.41 or newer."""

    storage: Storage
    """Where objects are kept."""

    resources: Resources = Resources(cpu="100m", memory="1Gi")
    """CPU and memory of the main container."""


class PolarisSettings(LongRunning):
    """Apache Polaris at `http://polaris:8181/api/catalog`, with catalogs and clients as asked for.

    It keeps what it knows in `postgres`, and tables in `object_store`.
    """

    type: Literal["polaris"]
    """Kind of catalog."""

    image: Image
    """Image of Apache Polaris, 1.7 or newer."""

    admin_tool: Image
    """Image of its admin tool, of the same version."""

    resources: Resources = Resources(cpu="250m", memory="1Gi")
    """CPU and memory of the main container, and of the admin tool."""


class SeaweedFsCatalog(Spec):
    """The catalog of SeaweedFS itself, in the pod of `object_store`: `http://seaweedfs:8181`.

    Who may make namespaces there may do anything with the object store.
    """

    type: Literal["seaweedfs"]
    """Kind of catalog."""


class OwnDatabase(Spec):
    """A database, and who owns it."""

    user: Role
    """Role that owns it, and makes tables in it."""

    password: SecretKey
    """Where its password will be kept."""


class PostgresSettings(LongRunning):
    """PostgreSQL in one pod, at host `postgres`, with the databases of those whose host that is."""

    image: Image
    """Official image of PostgreSQL, 15 or newer, of Debian: it is run as user 999."""

    storage: Storage
    """Where databases are kept."""

    resources: Resources = Resources(cpu="100m", memory="512Mi")
    """CPU and memory of the main container."""

    databases: dict[DatabaseName, OwnDatabase] = Field(default_factory=dict)
    """More databases, for what no component owns: marts that Cube only reads, above all."""


class PreparationSettings(Workload):
    """The Jobs that make Secrets, databases, catalogs and clients; each may run again."""

    image: Image
    """Image with `floe` in it, such as the gate's."""

    resources: Resources = Resources(cpu="50m", memory="128Mi")
    """CPU and memory of the main container."""


class MadeText(SecretKey):
    """A text around values that are made, such as a file of passwords of an ingress controller."""

    text: Annotated[str, Field(min_length=1, max_length=65_536)]
    """The text; `$(SECRET/KEY)` in it stands for a value that is made."""


class Services(Spec):
    """Services that an environment brings itself; their data is on volumes, and one pod is each.

    Credentials that are used there, and those of `secrets`, are made in the cluster at random.
    """

    preparation: PreparationSettings
    """The Jobs that make what has to be there."""

    object_store: ObjectStoreSettings | None = None
    """An object store; none when silent."""

    catalog: Annotated[PolarisSettings | SeaweedFsCatalog, Field(discriminator="type")] | None = (
        None
    )
    """An Iceberg catalog; none when silent."""

    postgres: PostgresSettings | None = None
    """PostgreSQL; none when silent."""

    secrets: tuple[SecretKey, ...] = ()
    """More values that are made at random, 32 characters each: what nobody outside has to know,
    such as what tokens are signed with (`cube.api_secret`)."""

    texts: tuple[MadeText, ...] = ()
    """Texts around such values, in Secrets too."""

    @model_validator(mode="after")
    def _rest_on_each_other(self) -> Self:
        lacking = [] if self.object_store else ["object_store"]
        if isinstance(self.catalog, PolarisSettings) and not self.postgres:
            lacking.append("postgres")
        if self.catalog and lacking:
            msg = f"catalog {self.catalog.type} needs {' and '.join(lacking)}: bring that as well"
            raise ValueError(msg)
        if not (self.object_store or self.postgres or self.secrets):
            msg = "nothing is brought: give object_store or postgres, or leave services out"
            raise ValueError(msg)
        return self


class ServicesSpec(Services):
    """All that the constructs need."""

    instance: str
    """Name of the installation."""

    used: tuple[Database, ...] = ()
    """Databases, those of `postgres.databases` and of Polaris among them."""

    holders: tuple[Holder, ...] = ()
    """Users of the object store."""

    buckets: tuple[Bucket, ...] = ()
    """Buckets."""

    tables: tuple[Bucket, ...] = ()
    """Buckets, among them, that tables are kept in."""

    region: Region = "us-east-1"
    """What clients call the store's region."""

    warehouses: tuple[str, ...] = ()
    """Catalogs."""

    principals: tuple[Principal, ...] = ()
    """Clients of Polaris."""
