"""What Polaris, its admin tool and the Job that sets it up are told."""

import json
from typing import Annotated

from pydantic import Field

from floe_constructs.kubernetes.endpoint import Url
from floe_constructs.kubernetes.environment import Variable
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.value import VariableName
from floe_constructs.services import names
from floe_constructs.services.config.secrets import reference
from floe_constructs.services.spec import ServicesSpec
from floe_constructs.services.used import Login
from floe_constructs.spec import Spec

REALM, DATABASE = "POLARIS", "polaris"
CONFIG, TOKEN, ROOT = "/deployments/config", "/etc/floe/token", "/etc/floe/root"
"""Folders: of the properties (where the image looks for them), of the signing key, of root's
login."""

FILE = "application.properties"

LOGIN = Login(user="polaris", password=names.POLARIS_PASSWORD)
"""Who it is to PostgreSQL."""

_HEAP_PERCENT = "70"


def properties() -> str:
    """Answer the server's properties; credentials are in variables and files.

    One key both signs and verifies: nobody but the server itself has to know tokens again.
    """
    broker = "polaris.authentication.token-broker"
    said = {
        "quarkus.log.file.enabled": "false",
        "polaris.realm-context.realms": REALM,
        f"{broker}.type": "symmetric-key",
        f"{broker}.symmetric-key.file": f"{TOKEN}/{names.TOKEN_KEY.key}",
        **_database(),
    }
    return "".join(f"{name}={value}\n" for name, value in said.items())


def _database() -> dict[str, str]:
    host = f"{names.POSTGRES}:{names.POSTGRES_PORT}"
    return {
        "polaris.persistence.type": "relational-jdbc",
        "quarkus.datasource.jdbc.url": f"jdbc:postgresql://{host}/{DATABASE}",
        "quarkus.datasource.username": LOGIN.user,
    }


def server_variables(spec: ServicesSpec) -> dict[str, Variable]:
    """Answer the server's environment: who it is to PostgreSQL and to the object store."""
    return {
        **_java(),
        "AWS_REGION": spec.region,
        "AWS_ACCESS_KEY_ID": names.POLARIS_KEY,
        "AWS_SECRET_ACCESS_KEY": names.POLARIS_SECRET,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def server_files() -> dict[str, SecretKey]:
    """Answer the files that it gets out of Secrets, by path."""
    return {f"{TOKEN}/{names.TOKEN_KEY.key}": names.TOKEN_KEY}


def tool_files() -> dict[str, SecretKey]:
    """Answer the files that the admin tool gets out of Secrets, by path."""
    return {f"{ROOT}/{names.ROOT_FILE.key}": names.ROOT_FILE}


def tool_variables() -> dict[str, Variable]:
    """Answer the admin tool's environment."""
    said = {name.upper().replace(".", "_"): value for name, value in _database().items()}
    return {**_java(), **said, "QUARKUS_LOG_FILE_ENABLED": "false"}


def _java() -> dict[str, Variable]:
    return {
        "JAVA_MAX_MEM_RATIO": _HEAP_PERCENT,
        "QUARKUS_DATASOURCE_PASSWORD": LOGIN.password,
    }


def root_credentials() -> str:
    """Answer the admin tool's file, with references where root's login is to be."""
    login = {
        "client-id": reference(names.ROOT_ID),
        "client-secret": reference(names.ROOT_SECRET),
    }
    return json.dumps({REALM: login})


class Client(Spec):
    """A client, as the Job that makes it sees it."""

    name: str
    """What the catalog calls it."""

    id: Annotated[str, Field(min_length=1)] | None = None
    """Its id, where that is no secret."""

    id_variable: VariableName | None = None
    """Environment variable with its id, where it is one."""

    secret_variable: VariableName
    """Environment variable with its secret."""

    role: str
    """Role that its tokens are for."""

    catalogs: tuple[str, ...]
    """Catalogs that it may do anything in."""


class Setup(Spec):
    """What there has to be in a Polaris that is bootstrapped."""

    url: Url
    """Where it is."""

    realm: str
    """Its realm."""

    endpoint: Url
    """Where the object store is, to Polaris and to its clients."""

    region: str
    """Region of the object store."""

    catalogs: dict[str, tuple[str, ...]]
    """Places of each catalog's tables, by its name; the first is where they are by default."""

    clients: tuple[Client, ...] = ()
    """Who asks it."""


ROOT_VARIABLES = {"ROOT_CLIENT_ID": names.ROOT_ID, "ROOT_CLIENT_SECRET": names.ROOT_SECRET}
"""Environment of the Job: root's login."""


def setup(spec: ServicesSpec) -> tuple[Setup, dict[str, SecretKey]]:
    """Answer what the Job has to see to, and the variables in which it finds credentials.

    Places of catalogs must not be within each other: each has a folder of its own in every bucket.
    """
    variables: dict[str, SecretKey] = dict(ROOT_VARIABLES)
    clients = []
    for number, principal in enumerate(spec.principals, 1):
        id_variable, secret_variable = f"CLIENT_{number}_ID", f"CLIENT_{number}_SECRET"
        kept = isinstance(principal.client_id, SecretKey)
        if isinstance(principal.client_id, SecretKey):
            variables[id_variable] = principal.client_id
        variables[secret_variable] = principal.client_secret
        clients.append(
            Client(
                name=principal.name,
                id=None if isinstance(principal.client_id, SecretKey) else principal.client_id,
                id_variable=id_variable if kept else None,
                secret_variable=secret_variable,
                role=principal.role,
                catalogs=principal.warehouses,
            )
        )
    places = {
        name: tuple(f"s3://{bucket}/{name}" for bucket in spec.tables) for name in spec.warehouses
    }
    told = Setup(
        url=names.polaris_url(),
        realm=REALM,
        endpoint=names.s3_url(),
        region=spec.region,
        catalogs=places,
        clients=tuple(clients),
    )
    return told, variables
