"""Cube as one thing: its server's two roles, its store and its model."""

from constructs import Construct

from floe_constructs.cube.api import CubeApi
from floe_constructs.cube.flows import labels
from floe_constructs.cube.refresh_worker import CubeRefreshWorker
from floe_constructs.cube.server import server_config
from floe_constructs.cube.spec import CubeSpec
from floe_constructs.cube.store_router import CubeStoreRouter
from floe_constructs.cube.store_worker import CubeStoreWorkers
from floe_constructs.kubernetes.config_map import config_map


class Cube(Construct):
    """Cube with Cube Store.

    Objects: for model files ConfigMap/cube-model and, for each folder among them,
    ConfigMap/cube-model-FOLDER; with `row_level_security` ConfigMap/cube-config; those of
    `CubeApi`, `CubeRefreshWorker`, `CubeStoreRouter` and, where there are workers,
    `CubeStoreWorkers`.
    Needs: what its parts need.
    """

    def __init__(self, scope: Construct, id: str, spec: CubeSpec) -> None:
        super().__init__(scope, id)
        for files in server_config(spec):
            config_map(self, labels(spec, "model"), files)
        CubeApi(self, "api", spec)
        CubeRefreshWorker(self, "refresh-worker", spec)
        CubeStoreRouter(self, "store-router", spec)
        if spec.store.workers:
            CubeStoreWorkers(self, "store-workers", spec, spec.store.workers)
