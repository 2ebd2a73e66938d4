"""Who a pod is to a cloud provider, without a key."""

from typing import Annotated

from pydantic import Field

from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.value import Cidr
from floe_constructs.spec import Spec


class CloudIdentity(Spec):
    """An identity that the cluster proves to the provider for a ServiceAccount."""

    aws_role_arn: Annotated[
        str,
        Field(
            pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+$",
            json_schema_extra={"rule": "arn:aws:iam::ACCOUNT:role/NAME"},
        ),
    ]
    """IAM role that the pods assume (EKS, IAM roles for service accounts)."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of the token service (STS), for network policies; any but metadata when silent."""

    @property
    def endpoint(self) -> Endpoint:
        """Where a proof becomes a session; some clients ask the global host in any region."""
        return Endpoint(name="sts", host="sts.amazonaws.com", port=443, cidrs=self.cidrs)

    @property
    def annotations(self) -> dict[str, str]:
        """Annotations of the ServiceAccount."""
        return {"eks.amazonaws.com/role-arn": self.aws_role_arn}
