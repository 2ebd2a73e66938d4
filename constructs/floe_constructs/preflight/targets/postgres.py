"""PostgreSQL databases."""

from typing import Literal, Self

from pydantic import Field, model_validator

from floe_constructs.kubernetes.s3 import Region
from floe_constructs.kubernetes.value import Port
from floe_constructs.preflight.targets.kept import Host, Kept, Path, Text, Value
from floe_constructs.preflight.targets.target import IdentityKind, Target


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
