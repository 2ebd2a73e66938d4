"""Compute logs in Azure, whose client has a login of its own in every process."""

from typing import Any, Literal, Self

from pydantic import model_validator

from floe_constructs.dagster.log_storage import UPLOAD_SECONDS, ComputeLogs
from floe_constructs.dagster.string_source import string_source
from floe_constructs.kubernetes.azure import Container, StorageAccount
from floe_constructs.kubernetes.cloud_identity import AzureIdentity
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.secret import SecretKey, TextOrSecret
from floe_constructs.kubernetes.value import Cidr, DnsName
from floe_constructs.spec import Spec, exactly_one

_LOGIN = "login.microsoftonline.com"


class AzureSecretCredential(Spec):
    """An application of Entra ID that has a secret."""

    client_id: TextOrSecret
    """Its client id."""

    client_secret: SecretKey
    """Where its secret is kept."""

    tenant_id: TextOrSecret
    """Its tenant."""

    authority: DnsName = _LOGIN
    """Host to log in at; sovereign clouds have others."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of that host, for network policies; any but link-local ones when silent."""


class AzureComputeLogs(ComputeLogs):
    """A container of Azure Blob Storage."""

    type: Literal["azure"]
    """Kind of storage."""

    storage_account: StorageAccount
    """Name of the storage account."""

    container: Container
    """Name of the container."""

    access_key_or_sas_token: SecretKey | None = None
    """Where an access key of the account is kept, or a token with rights in the container; with
    the latter the interface shows logs, but cannot make links to download them."""

    secret_credential: AzureSecretCredential | None = None
    """The application to log in as."""

    identity: AzureIdentity | None = None
    """Identity of webserver and daemon, instead of a secret; runs need one of their own."""

    endpoint_suffix: DnsName = "core.windows.net"
    """What follows `ACCOUNT.blob.`; sovereign clouds have others."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of the account, for network policies; any but link-local ones when silent."""

    @model_validator(mode="after")
    def _authenticates_in_one_way(self) -> Self:
        exactly_one(self, "access_key_or_sas_token", "secret_credential", "identity")
        return self

    @property
    def manager(self) -> dict[str, Any]:
        """What Dagster is told; names of variables, where it is a secret."""
        config: dict[str, Any] = {
            "storage_account": self.storage_account,
            "container": self.container,
            "prefix": self.prefix,
            "endpoint_suffix": self.endpoint_suffix,
            "upload_interval": UPLOAD_SECONDS,
        }
        if self.access_key_or_sas_token:
            config["access_key_or_sas_token"] = {"env": _variable("access_key_or_sas_token")}
        elif self.secret_credential:
            config["secret_credential"] = {
                name: string_source(value, _variable(name))
                for name, value in self._secret_credential.items()
            }
        else:
            config["default_azure_credential"] = {}
        return {
            "module": "dagster_azure.blob.compute_log_manager",
            "class": "AzureBlobComputeLogManager",
            "config": config,
        }

    @property
    def _secret_credential(self) -> dict[str, str | SecretKey]:
        given = self.secret_credential
        names = ("client_id", "client_secret", "tenant_id")
        return {name: getattr(given, name) for name in names} if given else {}

    @property
    def instance_variables(self) -> dict[str, str | SecretKey]:
        """The secrets, and where an application logs in, which only a variable says."""
        said = {"access_key_or_sas_token": self.access_key_or_sas_token, **self._secret_credential}
        found: dict[str, str | SecretKey] = {
            _variable(name): key for name, key in said.items() if isinstance(key, SecretKey)
        }
        if self.secret_credential and self.secret_credential.authority != _LOGIN:
            found["AZURE_AUTHORITY_HOST"] = self.secret_credential.authority
        return found

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where it listens, and where an application logs in."""
        host = f"{self.storage_account}.blob.{self.endpoint_suffix}"
        server = Endpoint(name="compute-logs", host=host, port=443, cidrs=self.cidrs)
        login = self.secret_credential
        if login is None:
            return (server,)
        return server, Endpoint(name="entra-id", host=login.authority, port=443, cidrs=login.cidrs)


def _variable(name: str) -> str:
    return f"DAGSTER_LOGS_{name.upper()}"
