"""Dagster's database, and the two ways to log in to it."""

from typing import Any, Self

from pydantic import model_validator

from floe_constructs.kubernetes.cloud_identity import (
    AzureIdentity,
    CloudIdentity,
    GcpIdentity,
    IrsaIdentity,
    PodIdentity,
)
from floe_constructs.kubernetes.postgres import PostgresServer
from floe_constructs.kubernetes.s3 import Region
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.spec import exactly_one

_NEAR = ("127.0.0.1", "localhost")

_AZURE_SCOPES = {
    "login.microsoftonline.us": "https://ossrdbms-aad.database.usgovcloudapi.net/.default",
    "login.chinacloudapi.cn": "https://ossrdbms-aad.database.chinacloudapi.cn/.default",
    "login.partner.microsoftonline.cn": "https://ossrdbms-aad.database.chinacloudapi.cn/.default",
}
"""What a token is for in sovereign clouds, by the host that it comes from."""


class DagsterDatabase(PostgresServer):
    """The database of runs, events and schedules."""

    password: SecretKey | None = None
    """Where the password is kept."""

    identity: CloudIdentity | None = None
    """Identity of webserver, daemon and migration, which log in with a token of the cloud's instead
    of a password (RDS and Aurora, Cloud SQL, Azure). Code servers and runs do as well: with it, or
    with an identity of their own of the same cloud. Images need the extra of `dagster-postgres`
    that is called like the cloud: `aws`, `gcp` or `azure`."""

    region: Region | None = None
    """Region of the server, which AWS makes tokens for."""

    @model_validator(mode="after")
    def _logs_in_in_one_way(self) -> Self:
        exactly_one(self, "password", "identity")
        if isinstance(self.identity, IrsaIdentity | PodIdentity) != (self.region is not None):
            msg = "region is for an identity of AWS, which needs it"
            raise ValueError(msg)
        if self.identity and self.sslmode in {"disable", "prefer"} and self.host not in _NEAR:
            msg = (
                f"with sslmode {self.sslmode} the token of identity could cross the network as it "
                "is: take require or verify-full, or a proxy in the pods at 127.0.0.1"
            )
            raise ValueError(msg)
        return self

    @property
    def auth_provider(self) -> dict[str, Any]:
        """What Dagster is told about tokens."""
        match self.identity:
            case None:
                return {}
            case IrsaIdentity() | PodIdentity():
                return {"auth_provider": {"aws_wif": {"region": self.region}}}
            case GcpIdentity():
                return {"auth_provider": {"gcp_wif": {}}}
            case AzureIdentity(authority=host):
                scope = {"scope": _AZURE_SCOPES[host]} if host in _AZURE_SCOPES else {}
                return {"auth_provider": {"azure_wif": scope}}
