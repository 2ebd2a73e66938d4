"""All that is made in the cluster for an environment, gathered from its services."""

from collections.abc import Iterator

from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.services import names
from floe_constructs.services.config import polaris, seaweedfs
from floe_constructs.services.config.secrets import (
    ID,
    PASSWORD,
    SIGNING_KEY,
    MadeSecrets,
    gathered,
)
from floe_constructs.services.spec import PolarisSettings, ServicesSpec


def made(spec: ServicesSpec) -> MadeSecrets:
    """Answer every Secret that is made in the cluster."""
    return gathered(_random(spec), _composed(spec))


def keys(spec: ServicesSpec) -> dict[str, tuple[str, ...]]:
    """Answer the keys of every Secret that is made, by its name."""
    return {
        secret.name: tuple(sorted([*secret.random, *secret.composed]))
        for secret in made(spec).secrets
    }


def _random(spec: ServicesSpec) -> Iterator[tuple[SecretKey, int]]:
    for holder in spec.holders:
        yield holder.access_key_id, ID
        yield holder.secret_access_key, PASSWORD
    for principal in spec.principals:
        if isinstance(principal.client_id, SecretKey):
            yield principal.client_id, ID
        yield principal.client_secret, PASSWORD
    if spec.postgres:
        yield names.SUPERUSER_PASSWORD, PASSWORD
    for database in spec.used:
        for login in (database.owner, *database.readers):
            yield login.password, PASSWORD
    if isinstance(spec.catalog, PolarisSettings):
        yield names.ROOT_ID, ID
        yield names.ROOT_SECRET, PASSWORD
        yield names.TOKEN_KEY, SIGNING_KEY
    for key in spec.secrets:
        yield key, PASSWORD


def _composed(spec: ServicesSpec) -> Iterator[tuple[SecretKey, str]]:
    if spec.object_store:
        yield seaweedfs.users_key(spec), seaweedfs.users(spec)
    if isinstance(spec.catalog, PolarisSettings):
        yield names.ROOT_FILE, polaris.root_credentials()
    for made_text in spec.texts:
        yield SecretKey(name=made_text.name, key=made_text.key), made_text.text
