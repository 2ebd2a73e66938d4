"""References to credentials: never a value, always where it is kept."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, Discriminator, Field, Tag

from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.value import SecretDataKey, SecretName
from floe_constructs.spec import Spec

OPAQUE = "Opaque"
"""The type of Secrets whose keys may be any."""

DOCKER_CONFIG = ".dockerconfigjson"
"""The key of registry logins: the file that `docker login` writes."""


class SecretKey(Spec):
    """One key of a Secret in the environment's namespace."""

    name: SecretName
    """Name of the Secret."""

    key: SecretDataKey
    """Key in its data."""


class PullSecret(Spec):
    """A Secret with logins of registries, of type `kubernetes.io/dockerconfigjson`."""

    name: SecretName
    """Name of the Secret."""

    @property
    def login(self) -> SecretKey:
        """Where the logins are."""
        return SecretKey(name=self.name, key=DOCKER_CONFIG)


def secret_type(keys: Collection[str]) -> str:
    """Answer the type of a Secret with these keys: logins are only taken from one of their own."""
    return "kubernetes.io/dockerconfigjson" if DOCKER_CONFIG in keys else OPAQUE


def _form(value: object) -> str:
    return "text" if isinstance(value, str) else "secret"


TEXT_OR_SECRET = Discriminator(_form)
"""Tells a text (tag `text`) and a reference (tag `secret`) apart."""

TextOrSecret = Annotated[
    Annotated[str, Field(min_length=1, max_length=255), Tag("text")]
    | Annotated[SecretKey, Tag("secret")],
    TEXT_OR_SECRET,
]
"""A text that need not be secret, or where it is kept when it is."""


def secret_keys(value: object) -> set[SecretKey]:
    """Find every reference in a spec, however deep."""
    if isinstance(value, SecretKey):
        return {value}
    if isinstance(value, PullSecret):
        return {value.login}
    if isinstance(value, BaseModel):
        return {key for _, inner in value for key in secret_keys(inner)}
    if isinstance(value, dict):
        return {key for inner in value.values() for key in secret_keys(inner)}
    if isinstance(value, list | tuple | set | frozenset):
        return {key for inner in value for key in secret_keys(inner)}
    return set()


@dataclass(frozen=True, kw_only=True)
class Use:
    """A container that gets a credential, and how."""

    pods: Labels
    """Whose container it is."""

    secret: SecretKey
    """Where the credential is kept."""

    variable: str = ""
    """Environment variable with the value."""

    file: str = ""
    """Path of the file with the value, where it is no variable."""


def uses(
    pods: Iterable[Labels],
    variables: Mapping[str, object],
    files: Mapping[str, object] | None = None,
) -> list[Use]:
    """Answer which credentials pods get: variables by name, files by path; others are left out."""
    return [
        Use(pods=each, secret=secret, **{kind: name})
        for each in pods
        for kind, given in (("variable", variables), ("file", files or {}))
        for name, secret in given.items()
        if isinstance(secret, SecretKey)
    ]
