"""What an environment lets a workload talk to, beside what is known of it."""

from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.value import Cidr, DnsName, Port
from floe_constructs.spec import Spec


class Reached(Spec):
    """A service outside of the namespace."""

    host: DnsName
    """Its host name."""

    port: Port = 443
    """TCP port."""

    cidrs: tuple[Cidr, ...] = ()
    """Its addresses, for network policies; any but link-local ones when silent."""

    @property
    def endpoint(self) -> Endpoint:
        """Where it listens."""
        return Endpoint(name=self.host, host=self.host, port=self.port, cidrs=self.cidrs)
