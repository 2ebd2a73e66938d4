"""What an environment lets a workload talk to, beside what is known of it."""

from ipaddress import ip_address, ip_network
from typing import Annotated

from pydantic import AfterValidator

from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.value import METADATA, Cidr, DnsName, Port
from floe_constructs.spec import Spec


def _no_metadata(host: str) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if any(address in ip_network(network) for network in METADATA):
        msg = "an address at which a cloud tells a pod who its node is: give the pods an identity"
        raise ValueError(msg)
    return host


class Reached(Spec):
    """A service outside of the namespace."""

    host: Annotated[DnsName, AfterValidator(_no_metadata)]
    """Its host name."""

    port: Port = 443
    """TCP port."""

    cidrs: tuple[Cidr, ...] = ()
    """Its addresses, for network policies; any but link-local ones when silent."""

    @property
    def endpoint(self) -> Endpoint:
        """Where it listens."""
        return Endpoint(name=self.host, host=self.host, port=self.port, cidrs=self.cidrs)
