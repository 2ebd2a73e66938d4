"""The API: what answers queries."""

from constructs import Construct

from floe_constructs.cube import config
from floe_constructs.cube.flows import SQL, labels
from floe_constructs.cube.server import server_pods
from floe_constructs.cube.spec import CubeSpec
from floe_constructs.cube.sql_api import HTTP
from floe_constructs.kubernetes.deployment import deployment
from floe_constructs.kubernetes.service import service
from floe_constructs.kubernetes.volume import scratch


class CubeApi(Construct):
    """Cube answering queries over REST, GraphQL and, where asked, SQL.

    Objects: ServiceAccount/cube-api, Deployment/cube-api, Service/cube-api, from two replicas on
    PodDisruptionBudget/cube-api, with `autoscale` HorizontalPodAutoscaler/cube-api, with
    `sql_api` Service/cube-sql.
    Needs: the Secrets of the data source, the API and the SQL API; the model's ConfigMaps.
    """

    def __init__(self, scope: Construct, id: str, spec: CubeSpec) -> None:
        super().__init__(scope, id)
        pods = labels(spec, "api")
        ports = {"http": HTTP} | ({"sql": spec.sql_api.port} if spec.sql_api else {})
        template = server_pods(
            self,
            spec,
            pods,
            spec.api,
            env=config.api(spec),
            ports=ports,
            tmp=scratch("tmp", "/tmp"),  # noqa: S108  the pod's own
            leaving=config.LEAVING_SECONDS,
        )
        scale = spec.api.autoscale
        deployment(self, pods, template, replicas=spec.api.replicas, autoscale=scale)
        service(self, pods, {"http": HTTP})
        if spec.sql_api:
            service(self, pods, {"sql": spec.sql_api.port}, name=SQL)
