"""A way in through a load balancer of its own."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.exposure.route import Route
from floe_constructs.exposure.spec import LoadBalancer
from floe_constructs.kubernetes.metadata import metadata


class LoadBalancerService(Construct):
    """A Service for which the cloud makes a load balancer.

    Traffic goes to pods of the node that it arrives at, so that they see who connects.

    Objects: Service/NAME-load-balancer.
    Needs: a cluster that makes load balancers.
    """

    def __init__(self, scope: Construct, id: str, route: Route, via: LoadBalancer) -> None:
        super().__init__(scope, id)
        k8s.KubeService(
            self,
            "service",
            metadata=metadata(
                route.labels, f"{route.name}-load-balancer", annotations=route.annotations
            ),
            spec=k8s.ServiceSpec(
                type="LoadBalancer",
                load_balancer_class=via.class_name,
                load_balancer_source_ranges=list(via.clients),
                external_traffic_policy="Local",
                selector=route.pods.selector,
                ports=[
                    k8s.ServicePort(
                        name="tcp",
                        port=route.port,
                        target_port=k8s.IntOrString.from_number(route.port),
                        protocol="TCP",
                    )
                ],
            ),
        )
