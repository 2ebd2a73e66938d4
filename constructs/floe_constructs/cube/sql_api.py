"""What an environment decides about Cube's SQL API."""

from pydantic import PositiveInt, field_validator

from floe_constructs.cube.security import Sees
from floe_constructs.kubernetes.secret import SecretKey, TextOrSecret
from floe_constructs.kubernetes.value import Port
from floe_constructs.spec import Spec

HTTP = 4000
"""Port of Cube's HTTP APIs, which the SQL API cannot have."""


class SqlApi(Spec):
    """Cube spoken to as if it were PostgreSQL."""

    port: Port = 15432
    """TCP port."""

    user: TextOrSecret
    """User that clients log in as: its name, or where it is kept."""

    password: SecretKey
    """Where that user's password is kept."""

    sees: Sees | None = None
    """With row-level security, the values of its column whose rows that user sees, or `all`."""

    max_sessions: PositiveInt = 1024
    """Connections to one pod; more are refused."""

    @field_validator("port")
    @classmethod
    def _port_is_free(cls, port: int) -> int:
        if port == HTTP:
            msg = f"{HTTP} is the port of the HTTP API"
            raise ValueError(msg)
        return port
