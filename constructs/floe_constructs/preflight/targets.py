"""What preflight checks, and where the credentials for it are: the file `preflight.yaml`.

The gate's ConfigMap holds this as it is; `floe preflight` derives it from an overlay, or reads it.
It never holds a credential, only where one is kept.
"""

from contextlib import suppress
from ipaddress import ip_address
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from floe_constructs.kubernetes.azure import Container, StorageAccount
from floe_constructs.kubernetes.endpoint import Url
from floe_constructs.kubernetes.s3 import Bucket, Region, SubPath
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.value import DnsLabel, Port, VariableName
from floe_constructs.spec import Spec, exactly_one

Path = Annotated[
    str,
    Field(min_length=1, max_length=4096, json_schema_extra={"rule": "a file's path"}),
]
"""A file, as the process that checks sees it."""

Text = Annotated[str, Field(min_length=1, max_length=255)]
"""A text of at least one character."""


class Kept(Spec):
    """Where a value is kept, as the process that checks sees it."""

    env: VariableName | None = None
    """Environment variable that holds it."""

    file: Path | None = None
    """File that holds it."""

    secret: SecretKey | None = None
    """The Secret that the variable or file is filled from, which messages name."""

    @model_validator(mode="after")
    def _is_in_one_place(self) -> Self:
        exactly_one(self, "env", "file")
        return self

    @property
    def told(self) -> str:
        """The place in a message's words."""
        place = f"variable {self.env}" if self.env else f"file {self.file}"
        if self.secret is None:
            return place
        return f"{place}, from Secret {self.secret.name}, key {self.secret.key}"


def _form(value: object) -> str:
    return "text" if isinstance(value, str) else "kept"


Value = Annotated[Annotated[Text, Tag("text")] | Annotated[Kept, Tag("kept")], Discriminator(_form)]
"""A text that need not be secret, or where it is kept."""

Address = Annotated[
    Annotated[Url, Tag("text")] | Annotated[Kept, Tag("kept")], Discriminator(_form)
]
"""An HTTP address, or where it is kept."""


def is_host(text: str) -> bool:
    """Tell whether a text may be a host's name or address, without scheme, user and port."""
    with suppress(ValueError):
        ip_address(text)
        return True
    return not any(character in "/@:" or character.isspace() for character in text)


def _host(text: str) -> str:
    if not is_host(text):
        msg = "it has to be a host name or an address, without scheme, user and port"
        raise ValueError(msg)
    return text


Host = Annotated[
    Annotated[Text, AfterValidator(_host), Tag("text")] | Annotated[Kept, Tag("kept")],
    Discriminator(_form),
]
"""A host's name or address, or where it is kept."""

IdentityKind = Literal["aws-irsa", "aws-pod-identity", "gcp", "azure"]
"""Whom the cloud takes the process for, without a key: only these ask a token of it."""


def _together(spec: Spec, *names: str) -> None:
    """Refuse a half of what makes sense only as a whole."""
    lacking = [name for name in names if getattr(spec, name) is None]
    if lacking and len(lacking) < len(names):
        msg = f"give {' and '.join(names)} together: {', '.join(lacking)} is not there"
        raise ValueError(msg)


class Target(Spec):
    """One service that is checked."""

    name: DnsLabel | None = None
    """What tells it from others of its kind; ids of checks carry it: `postgres.dagster`."""


class Trino(Target):
    """Trino: login, a query, the catalog and the schema."""

    type: Literal["trino"]
    """Kind of engine."""

    host: Host
    """Host of the coordinator."""

    port: Port = 443
    """TCP port of the coordinator."""

    tls: bool = True
    """Whether it is reached by TLS."""

    ca_file: Path | None = None
    """Certificates of the authorities that the coordinator's is verified by."""

    user: Value
    """User to log in as."""

    password: Kept | None = None
    """The password; none is sent when silent."""

    catalog: Text | None = None
    """Catalog that has to be there."""

    db_schema: Text | None = Field(default=None, alias="schema")
    """Schema of the catalog that has to be there."""


class Snowflake(Target):
    """Snowflake: login, role, warehouse, database and a query."""

    type: Literal["snowflake"]
    """Kind of engine."""

    account: Value
    """Account identifier, `ORGANIZATION-ACCOUNT`, without a domain."""

    user: Value
    """User to log in as."""

    password: Kept | None = None
    """The password, or a programmatic access token."""

    private_key: Kept | None = None
    """Private key in PEM of a key-pair login."""

    private_key_passphrase: Kept | None = None
    """What the private key is encrypted with."""

    role: Text | None = None
    """Role to take on; the user's own when silent."""

    warehouse: Text | None = None
    """Warehouse that queries run in."""

    database: Text | None = None
    """Database that has to be there."""

    db_schema: Text | None = Field(default=None, alias="schema")
    """Schema of the database that has to be there."""

    url: Url | None = None
    """Address, where it is not the account's own: a private link."""

    @model_validator(mode="after")
    def _logs_in_in_one_way(self) -> Self:
        exactly_one(self, "password", "private_key")
        return self


class BigQuery(Target):
    """BigQuery: a token, the right to run jobs, the dataset."""

    type: Literal["bigquery"]
    """Kind of engine."""

    project: Text
    """Project that queries are run and paid in."""

    dataset: Text | None = None
    """Dataset that has to be there."""

    location: Text | None = None
    """Location of the dataset and of the jobs."""

    credentials_file: Path | None = None
    """Key file of a service account."""

    secret: SecretKey | None = None
    """The Secret that the key file is from, which messages name."""

    identity: Literal["gcp"] | None = None
    """Identity of the process, instead of a key file."""

    url: Url = "https://bigquery.googleapis.com"
    """Address of the service."""


class DuckDb(Target):
    """DuckDB within the process: the file, the lock, extensions."""

    type: Literal["duckdb"]
    """Kind of engine."""

    path: Path = ":memory:"
    """Database file, or `:memory:`."""

    read_only: bool = False
    """Whether it is opened for reading alone."""

    extensions: tuple[Text, ...] = ()
    """Extensions that have to be in the image; nothing is downloaded."""


class Other(Target):
    """A service without a check of its own: DNS, TCP and TLS are looked at, and it says so."""

    type: Literal["other"]
    """Tells it from those that have one."""

    kind: Text
    """What it is: `spark`, `databricks`, `opensearch`."""

    host: Host
    """Host."""

    port: Port
    """TCP port."""

    tls: bool = True
    """Whether it is reached by TLS."""

    ca_file: Path | None = None
    """Certificates of the authorities that its own is verified by."""


class S3(Target):
    """A bucket of S3: list, write, read back, delete."""

    type: Literal["s3"]
    """Kind of object store."""

    bucket: Bucket
    """Name of the bucket."""

    prefix: SubPath | None = None
    """Folder of the bucket that the workload may use; all of it when silent."""

    region: Region = "us-east-1"
    """Region of the bucket."""

    endpoint: Address | None = None
    """Address of a server other than AWS."""

    path_style: bool = True
    """Whether the bucket is part of the path instead of the host name."""

    access_key_id: Kept | None = None
    """The key pair's id."""

    secret_access_key: Kept | None = None
    """The key pair's secret."""

    session_token: Kept | None = None
    """What makes a key pair a session's."""

    identity: Literal["aws-irsa", "aws-pod-identity"] | None = None
    """Identity of the process, instead of a key pair."""

    profile: Text | None = None
    """Profile of the user's AWS configuration, instead of a key pair."""

    ca_file: Path | None = None
    """Certificates of the authorities that the server's is verified by."""

    @model_validator(mode="after")
    def _has_both_keys(self) -> Self:
        _together(self, "access_key_id", "secret_access_key")
        return self


class Gcs(Target):
    """A bucket of Google Cloud Storage: rights, list, write, read back, delete."""

    type: Literal["gcs"]
    """Kind of object store."""

    bucket: Bucket
    """Name of the bucket."""

    prefix: SubPath | None = None
    """Folder of the bucket that the workload may use; all of it when silent."""

    credentials_file: Path | None = None
    """Key file of a service account."""

    secret: SecretKey | None = None
    """The Secret that the key file is from, which messages name."""

    identity: Literal["gcp"] | None = None
    """Identity of the process, instead of a key file."""

    endpoint: Url = "https://storage.googleapis.com"
    """Address of the service."""


class Adls(Target):
    """A container of Azure's object storage: list, write, read back, delete."""

    type: Literal["adls"]
    """Kind of object store."""

    account: StorageAccount
    """Storage account."""

    container: Container
    """Container of the account."""

    prefix: SubPath | None = None
    """Folder of the container that the workload may use; all of it when silent."""

    account_key: Kept | None = None
    """Key of the account."""

    sas: Kept | None = None
    """Shared access signature."""

    identity: Literal["azure"] | None = None
    """Identity of the process, instead of a key or signature."""

    endpoint: Address | None = None
    """Address, where it is not the account's own."""

    ca_file: Path | None = None
    """Certificates of the authorities that the server's is verified by."""


class RestCatalog(Target):
    """An Iceberg REST catalog: token, configuration, namespaces."""

    type: Literal["rest", "polaris"]
    """Kind of catalog."""

    uri: Address
    """Address of the API; Polaris' path ends in `/api/catalog`."""

    warehouse: Text | None = None
    """Warehouse: the catalog's name in Polaris."""

    client_id: Value | None = None
    """OAuth2 client; no token is asked for when silent."""

    client_secret: Kept | None = None
    """The client's secret."""

    scope: Text | None = None
    """OAuth2 scope; Polaris wants `PRINCIPAL_ROLE:NAME`, `PRINCIPAL_ROLE:ALL` when silent."""

    token_uri: Url | None = None
    """Where tokens are, if not at the catalog itself."""

    realm: Text | None = None
    """Polaris' realm; its first when silent."""

    ca_file: Path | None = None
    """Certificates of the authorities that the server's is verified by."""

    @model_validator(mode="after")
    def _knows_the_client(self) -> Self:
        _together(self, "client_id", "client_secret")
        return self


class Postgres(Target):
    """A PostgreSQL database: login, rights, whether it takes writes, state of migrations."""

    host: Host
    """Host of the server."""

    port: Port = 5432
    """TCP port."""

    database: Value
    """Name of the database."""

    user: Value
    """Role to log in as."""

    password: Kept | None = None
    """The password."""

    identity: IdentityKind | None = None
    """Identity of the process, which logs in with a token of the cloud's instead of a password."""

    region: Region | None = None
    """Region of the server, which AWS makes tokens for."""

    sslmode: Literal["disable", "prefer", "require", "verify-ca", "verify-full"] = "prefer"
    """What libpq's parameter of this name says about encryption."""

    ca_file: Path | None = None
    """Certificates of the authorities that the server's is verified by."""

    db_schema: Text = Field(default="public", alias="schema")
    """Schema that tables are made in."""

    read_only: bool = False
    """Whether reading is all that is needed: then no right to make tables is asked for."""

    migrations: Literal["dagster"] | None = None
    """Whose tables they are, to tell the state of their migrations."""

    @model_validator(mode="after")
    def _logs_in_in_one_way(self) -> Self:
        if self.password and self.identity:
            msg = "password and identity are two ways to log in: leave one out"
            raise ValueError(msg)
        if (self.identity or "").startswith("aws") and not self.region:
            msg = "an identity of AWS needs region, which tokens are made for"
            raise ValueError(msg)
        return self


class ClusterNeeds(Spec):
    """What has to be in the cluster before the platform: asked of its API server."""

    kinds: dict[Text, tuple[Text, ...]] = Field(default_factory=dict)
    """Kinds of custom resources, by group and version: `external-secrets.io/v1`."""

    storage_classes: tuple[Text, ...] = ()
    """StorageClasses."""

    default_storage_class: bool = False
    """Whether one of them has to be the default."""

    ingress_classes: tuple[Text, ...] = ()
    """IngressClasses."""

    gateway_classes: tuple[Text, ...] = ()
    """GatewayClasses."""

    priority_classes: tuple[Text, ...] = ()
    """PriorityClasses."""

    kubernetes: Text | None = None
    """Minor that the manifests are for."""


class Warnings(Spec):
    """From where on something is worth a warning."""

    slow_ms: int = Field(default=2000, ge=1)
    """Milliseconds that a check may take."""

    certificate_days: int = Field(default=14, ge=0)
    """Days that a certificate has to be valid for."""


Compute = Annotated[Trino | Snowflake | BigQuery | DuckDb | Other, Field(discriminator="type")]
"""A compute engine."""

Storage = Annotated[S3 | Gcs | Adls | Other, Field(discriminator="type")]
"""Object storage."""

Catalog = Annotated[RestCatalog | Other, Field(discriminator="type")]
"""An Iceberg catalog."""


class PreflightConfig(Spec):
    """All that one run checks."""

    environment: Text | None = None
    """Name of the environment, for the report."""

    compute: tuple[Compute, ...] = ()
    """Compute engines."""

    storage: tuple[Storage, ...] = ()
    """Buckets and containers."""

    catalog: tuple[Catalog, ...] = ()
    """Iceberg catalogs."""

    postgres: tuple[Postgres, ...] = ()
    """PostgreSQL databases."""

    cluster: ClusterNeeds | None = None
    """What has to be in the cluster."""

    warnings: Warnings = Warnings()
    """From where on something is worth a warning."""

    @model_validator(mode="after")
    def _names_tell_apart(self) -> Self:
        for service in ("compute", "storage", "catalog", "postgres"):
            names = [target.name for target in getattr(self, service)]
            if len(set(names)) < len(names):
                msg = f"{service} has several without a name, or of one name: give each its own"
                raise ValueError(msg)
        return self

    @property
    def targets(self) -> tuple[Target, ...]:
        """All services, but for the cluster."""
        return (*self.compute, *self.storage, *self.catalog, *self.postgres)

    @property
    def roots(self) -> tuple[str, ...]:
        """What the ids of their checks begin with: `postgres.dagster`."""
        services = ("compute", "storage", "catalog", "postgres")
        return tuple(
            f"{service}.{target.name}" if target.name else service
            for service in services
            for target in getattr(self, service)
        )
