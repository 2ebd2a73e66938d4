"""Services in front of workloads."""

from collections.abc import Mapping

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.metadata import metadata


def service(
    scope: Construct, labels: Labels, ports: Mapping[str, int], *, name: str | None = None
) -> None:
    """A ClusterIP Service: each port leads to the container port of the same name."""
    _service(scope, labels, ports, name=name, headless=False)


def headless_service(
    scope: Construct, labels: Labels, ports: Mapping[str, int], *, name: str | None = None
) -> None:
    """A name for each pod of a StatefulSet, also before it is ready: such pods find each other."""
    _service(scope, labels, ports, name=name, headless=True)


def _service(
    scope: Construct, labels: Labels, ports: Mapping[str, int], *, name: str | None, headless: bool
) -> None:
    k8s.KubeService(
        scope,
        f"service-{name or labels.object_name}",
        metadata=metadata(labels, name),
        spec=k8s.ServiceSpec(
            type="ClusterIP",
            cluster_ip="None" if headless else None,
            publish_not_ready_addresses=True if headless else None,
            selector=labels.selector,
            ports=[
                k8s.ServicePort(
                    name=port,
                    port=number,
                    target_port=k8s.IntOrString.from_string(port),
                    protocol="TCP",
                )
                for port, number in ports.items()
            ],
        ),
    )
