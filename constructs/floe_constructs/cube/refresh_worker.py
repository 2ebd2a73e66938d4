"""The refresh worker: what builds pre-aggregations."""

from constructs import Construct

from floe_constructs.cube import config
from floe_constructs.cube.flows import labels
from floe_constructs.cube.server import server_pods
from floe_constructs.cube.spec import CubeSpec
from floe_constructs.cube.sql_api import HTTP
from floe_constructs.kubernetes.deployment import deployment
from floe_constructs.kubernetes.volume import scratch


class CubeRefreshWorker(Construct):
    """Cube building pre-aggregations; nothing is sent to it, its port is for probes.

    Objects: ServiceAccount/cube-refresh-worker, Deployment/cube-refresh-worker.
    Needs: the Secrets of the data source and the API; the model's ConfigMaps.
    """

    def __init__(self, scope: Construct, id: str, spec: CubeSpec) -> None:
        super().__init__(scope, id)
        pods = labels(spec, "refresh-worker")
        template = server_pods(
            self,
            spec,
            pods,
            spec.refresh_worker,
            env=config.refresh_worker(spec),
            ports={"http": HTTP},
            tmp=scratch("tmp", "/tmp", spec.refresh_worker.scratch),  # noqa: S108  the pod's own
        )
        deployment(self, pods, template)
