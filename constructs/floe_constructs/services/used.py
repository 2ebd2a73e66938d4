"""What is used of the services that an environment brings: databases, users, clients."""

from typing import Annotated

from pydantic import Field

from floe_constructs.kubernetes.postgres import DatabaseName
from floe_constructs.kubernetes.s3 import Bucket
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.spec import Spec

Role = Annotated[
    str,
    Field(
        max_length=63,
        pattern=r"^[A-Za-z_][A-Za-z0-9_$-]*$",
        json_schema_extra={"rule": "letters, digits, '_', '$' and '-', not a digit first"},
    ),
]
"""Name of a role of PostgreSQL."""


class Login(Spec):
    """A role of PostgreSQL."""

    user: Role
    """Its name."""

    password: SecretKey
    """Where its password is kept."""


class Database(Spec):
    """A database of PostgreSQL."""

    name: DatabaseName
    """Its name."""

    owner: Login
    """Who may do anything in it."""

    readers: tuple[Login, ...] = ()
    """Who may read what the owner makes in it."""


class Holder(Spec):
    """A user of the object store."""

    name: str
    """What the store calls it."""

    access_key_id: SecretKey
    """Where the id of its key pair is kept."""

    secret_access_key: SecretKey
    """Where the secret of its key pair is kept."""

    admin: bool = False
    """Whether it may do anything."""

    buckets: tuple[Bucket, ...] = ()
    """Buckets that it may read and write, where it may not."""


class Principal(Spec):
    """A client of the catalog."""

    name: str
    """What the catalog calls it."""

    client_id: str | SecretKey
    """Its id, or where that is kept."""

    client_secret: SecretKey
    """Where its secret is kept."""

    role: str
    """Role that its tokens are for."""

    warehouses: tuple[str, ...]
    """Catalogs that it may do anything in."""
