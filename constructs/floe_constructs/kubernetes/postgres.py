"""PostgreSQL databases, which each user needs one of its own of."""

from typing import Annotated, Literal, Self

from pydantic import Field, Tag, model_validator

from floe_constructs.kubernetes.authority import CA_FILE, Authority
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.secret import TEXT_OR_SECRET, SecretKey, TextOrSecret
from floe_constructs.kubernetes.value import Cidr, DnsName, Port
from floe_constructs.spec import Spec

DatabaseName = Annotated[
    str,
    Field(
        max_length=63,
        pattern=r"^[A-Za-z_][A-Za-z0-9_$-]*$",
        json_schema_extra={"rule": "letters, digits, '_', '$' and '-', not a digit first"},
    ),
]
"""Name of a database."""

CA_FOLDER = "/etc/floe/postgres"
"""Where pods find the certificates of authorities that a server's is verified by."""


class PostgresServer(Spec):
    """A PostgreSQL database, without how to log in."""

    host: Annotated[
        Annotated[DnsName, Tag("text")] | Annotated[SecretKey, Tag("secret")], TEXT_OR_SECRET
    ]
    """Host name of the server or of its pooler, or where it is kept."""

    port: Port = 5432
    """TCP port: a number, because network policies name it."""

    database: Annotated[
        Annotated[DatabaseName, Tag("text")] | Annotated[SecretKey, Tag("secret")], TEXT_OR_SECRET
    ]
    """Name of the database, or where it is kept."""

    user: TextOrSecret
    """Role to log in as: its name, or where it is kept."""

    sslmode: Literal["disable", "prefer", "require", "verify-ca", "verify-full"] = "require"
    """What libpq's parameter of this name says about encryption."""

    ca: Authority | None = None
    """Certificates of the authorities that the server's is verified by; with `verify-full` those
    that are known everywhere when silent."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of the server, for network policies; any but link-local ones when silent."""

    @property
    def endpoint(self) -> Endpoint:
        """Where it listens."""
        host = self.host if isinstance(self.host, str) else None
        return Endpoint(name="postgres", host=host, port=self.port, cidrs=self.cidrs)

    @property
    def files(self) -> dict[str, SecretKey]:
        """What pods get out of Secrets as files, by path."""
        return {f"{CA_FOLDER}/{CA_FILE}": self.ca} if isinstance(self.ca, SecretKey) else {}

    @model_validator(mode="after")
    def _verifies_by_something(self) -> Self:
        if self.ca and not self.sslmode.startswith("verify"):
            msg = f"ca is for sslmode verify-full: with {self.sslmode} no certificate is verified"
            raise ValueError(msg)
        if self.sslmode == "verify-ca" and not self.ca:
            msg = "sslmode verify-ca needs ca: anybody gets a certificate of a public authority"
            raise ValueError(msg)
        return self


class Postgres(PostgresServer):
    """A PostgreSQL database."""

    password: SecretKey
    """Where the password is kept."""
