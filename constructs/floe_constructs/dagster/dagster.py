"""Dagster as one thing: control plane, code locations, and the files they share."""

from constructs import Construct

from floe_constructs.dagster.code_server import DagsterCodeLocation
from floe_constructs.dagster.config import artifacts_files, instance_files, workspace_files
from floe_constructs.dagster.daemon import DagsterDaemon
from floe_constructs.dagster.flows import labels, runs
from floe_constructs.dagster.migration import DagsterMigration
from floe_constructs.dagster.spec import DagsterSpec
from floe_constructs.dagster.webserver import DagsterWebserver
from floe_constructs.kubernetes.access import service_account
from floe_constructs.kubernetes.config_map import config_map


class Dagster(Construct):
    """Dagster on PostgreSQL, with a pod for each run.

    Objects: ConfigMap/dagster-instance, ConfigMap/dagster-workspace, where there are artifacts
    ConfigMap/compiled-artifacts, for runs of locations elsewhere ServiceAccount/dagster-run, and
    those of `DagsterMigration`, `DagsterWebserver`, `DagsterDaemon` and a `DagsterCodeLocation` for
    each location deployed here.
    Needs: what its parts need.
    """

    def __init__(self, scope: Construct, id: str, spec: DagsterSpec) -> None:
        super().__init__(scope, id)
        config_map(self, labels(spec, "instance"), instance_files(spec))
        config_map(self, labels(spec, "workspace"), workspace_files(spec))
        for files in artifacts_files(spec):
            config_map(self, labels(spec, "artifacts"), files)
        if spec.external:
            service_account(self, runs(spec), identity=spec.database.identity)
        DagsterMigration(self, "migration", spec)
        DagsterWebserver(self, "webserver", spec)
        if spec.webserver_read_only:
            DagsterWebserver(self, "webserver-read-only", spec, read_only=True)
        DagsterDaemon(self, "daemon", spec)
        for location in spec.deployed:
            DagsterCodeLocation(self, f"code-{location.name}", spec, location)
