"""Who a pod is to a cloud provider, without a key.

Each kind says what its ServiceAccount and pods have to carry, and what they talk to for it; only
these kinds open an address at which a cloud tells a pod who it is. Sources: the webhooks of EKS and
Azure, GKE's metadata server, and the policies that were seen to work with them.
"""

from typing import Annotated, Literal

from pydantic import Field

from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.value import Cidr, DnsName
from floe_constructs.spec import Spec


class Identity(Spec):
    """An identity that the cluster proves to the provider for a ServiceAccount."""

    type: str
    """Kind of identity, which begins with the cloud's name."""

    @property
    def cloud(self) -> str:
        """Which cloud it is an identity of."""
        return self.type.partition("-")[0]

    @property
    def annotations(self) -> dict[str, str]:
        """Annotations of the ServiceAccount."""
        return {}

    @property
    def pod_labels(self) -> dict[str, str]:
        """Labels of the pods."""
        return {}

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where a proof becomes a session."""
        return ()


class IrsaIdentity(Identity):
    """EKS, IAM roles for service accounts: the pods assume a role with a token of the cluster's."""

    type: Literal["aws-irsa"]
    """Kind of identity."""

    role_arn: Annotated[
        str,
        Field(
            pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+$",
            json_schema_extra={"rule": "arn:aws:iam::ACCOUNT:role/NAME"},
        ),
    ]
    """IAM role that the pods assume."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of the token service (STS), for network policies; any but metadata when silent."""

    @property
    def annotations(self) -> dict[str, str]:
        """What EKS' webhook looks for."""
        return {"eks.amazonaws.com/role-arn": self.role_arn}

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The token service; some clients ask the global host in any region."""
        return (Endpoint(name="sts", host="sts.amazonaws.com", port=443, cidrs=self.cidrs),)


class PodIdentity(Identity):
    """EKS Pod Identity: an association in AWS names the ServiceAccount; nothing here names a role.

    Where there is an association, EKS leaves out what roles for service accounts need.
    """

    type: Literal["aws-pod-identity"]
    """Kind of identity."""

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The agent on the pod's own node."""
        addresses = ("169.254.170.23/32", "fd00:ec2::23/128")
        return (
            Endpoint(name="pod-identity-agent", host="169.254.170.23", port=80, cidrs=addresses),
        )


class GcpIdentity(Identity):
    """GKE, Workload Identity Federation: IAM names the ServiceAccount, or it names a Google one."""

    type: Literal["gcp"]
    """Kind of identity."""

    service_account: (
        Annotated[
            str,
            Field(
                pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z0-9.:-]+\.iam\.gserviceaccount\.com$",
                json_schema_extra={"rule": "NAME@PROJECT.iam.gserviceaccount.com"},
            ),
        ]
        | None
    ) = None
    """Google service account that the pods act as; none where IAM grants to the Kubernetes one."""

    @property
    def annotations(self) -> dict[str, str]:
        """What GKE's metadata server looks for."""
        account = self.service_account
        return {"iam.gke.io/gcp-service-account": account} if account else {}

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The metadata server, as both data planes of GKE see it: after NAT, and before."""
        seen = {"169.254.169.252": (987, 988), "169.254.169.254": (80, 8080)}
        return tuple(
            Endpoint(name="metadata-server", host=host, port=port, cidrs=(f"{host}/32",))
            for host, ports in seen.items()
            for port in ports
        )


_Uuid = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        json_schema_extra={"rule": "a UUID in lower case"},
    ),
]


class AzureIdentity(Identity):
    """AKS, Workload Identity: the pods log in to Entra ID with a token of the cluster's."""

    type: Literal["azure"]
    """Kind of identity."""

    client_id: _Uuid
    """Client id of the managed identity or application."""

    tenant_id: _Uuid | None = None
    """Tenant of the identity; the cluster's own when silent."""

    authority: DnsName = "login.microsoftonline.com"
    """Host to log in at; sovereign clouds have others."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of that host, for network policies; any but metadata when silent."""

    @property
    def annotations(self) -> dict[str, str]:
        """What Azure's webhook looks for."""
        found = {"azure.workload.identity/client-id": self.client_id}
        return found | (
            {"azure.workload.identity/tenant-id": self.tenant_id} if self.tenant_id else {}
        )

    @property
    def pod_labels(self) -> dict[str, str]:
        """What Azure's webhook selects pods by; without it nothing is injected."""
        return {"azure.workload.identity/use": "true"}

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where to log in; no metadata address is asked."""
        return (Endpoint(name="entra-id", host=self.authority, port=443, cidrs=self.cidrs),)


AwsIdentity = Annotated[IrsaIdentity | PodIdentity, Field(discriminator="type")]
"""An identity that AWS understands."""

CloudIdentity = Annotated[
    IrsaIdentity | PodIdentity | GcpIdentity | AzureIdentity, Field(discriminator="type")
]
"""An identity of one of the clouds."""
