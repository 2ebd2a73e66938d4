"""What an environment decides about its Secrets."""

from typing import Annotated, Literal

from pydantic import Field

from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.value import DnsName, SecretDataKey, SecretName
from floe_constructs.spec import Spec


class MappedSecret(Spec):
    """The Secret that a `secret_ref` of the artifacts means."""

    name: SecretName
    """Name of the Secret."""

    keys: dict[str, SecretDataKey] = Field(default_factory=dict)
    """Key by environment variable, where it is not the usual one."""


class Secrets(Spec):
    """What every strategy has."""

    map: dict[str, MappedSecret] = Field(default_factory=dict)
    """Secrets by `secret_ref`, where a Secret is not called like its reference."""

    def resolve(self, reference: str, variable: str, key: str) -> SecretKey:
        """Answer the Secret and key that a reference means for one variable."""
        mapped = self.map.get(reference)
        if mapped is None:
            return SecretKey(name=reference, key=key)
        return SecretKey(name=mapped.name, key=mapped.keys.get(variable, key))


class ExistingSecrets(Secrets):
    """Secrets that are made outside this repository."""

    strategy: Literal["existing"]
    """Who makes the Secrets."""


class SecretStore(Spec):
    """A store of the External Secrets Operator."""

    name: DnsName
    """Name of the store."""

    kind: Literal["ClusterSecretStore", "SecretStore"] = "ClusterSecretStore"
    """Whether it serves the cluster or the namespace."""


class ExternalSecrets(Secrets):
    """Secrets that the External Secrets Operator copies from a store."""

    strategy: Literal["external-secrets"]
    """Who makes the Secrets."""

    store: SecretStore
    """Where they are copied from."""

    prefix: Annotated[str, Field(max_length=200)] = ""
    """Start of the names in the store; the Secret's name follows, its keys are properties."""

    refresh: Annotated[
        str, Field(pattern=r"^[1-9][0-9]*[mh]$", json_schema_extra={"rule": "minutes or hours: 1h"})
    ] = "1h"
    """How often the store is read again."""

    def remote(self, name: str) -> str:
        """Answer the name of a Secret in the store."""
        return f"{self.prefix}{name}"

    @staticmethod
    def property_of(key: str) -> str:
        """Answer the property of a key in the store.

        Some of the operator's stores take a leading '.' for a path (GCP's, up to 0.16 at least).
        """
        return key.removeprefix(".")


class SealedSecrets(Secrets):
    """Secrets in Git that only the Sealed Secrets controller of the cluster can open.

    One SealedSecret for each Secret, in `secrets/NAME.yaml` beside `environment.yaml`.
    """

    strategy: Literal["sealed-secrets"]
    """Who makes the Secrets."""


class SopsSecrets(Secrets):
    """Secrets in Git that SOPS has encrypted, and whoever applies them decrypts.

    One Secret with encrypted values each, in `secrets/NAME.yaml` beside `environment.yaml`. Flux
    decrypts by itself.
    """

    strategy: Literal["sops"]
    """Who makes the Secrets."""

    argocd_plugin: DnsName | None = None
    """Name of the config management plugin by which Argo CD decrypts; it cannot without one."""


EncryptedSecrets = SealedSecrets | SopsSecrets
"""The strategies whose files are kept in Git."""

SecretsSpec = Annotated[
    ExistingSecrets | ExternalSecrets | SealedSecrets | SopsSecrets,
    Field(discriminator="strategy"),
]
"""The strategies."""
