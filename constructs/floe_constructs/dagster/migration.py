"""Bringing Dagster's database to the state that its image needs."""

from constructs import Construct

from floe_constructs.dagster.config import MIGRATION_FILE, migration_files
from floe_constructs.dagster.control_plane import control_plane_container, instance_mounts
from floe_constructs.dagster.environment import HOME
from floe_constructs.dagster.flows import migration
from floe_constructs.dagster.spec import DagsterSpec
from floe_constructs.kubernetes.access import service_account
from floe_constructs.kubernetes.config_map import config_map
from floe_constructs.kubernetes.job import job
from floe_constructs.kubernetes.phase import Phase
from floe_constructs.kubernetes.pod import pod_template

_DEADLINE_SECONDS = 1800
"""A migration may rewrite the table of events, which is the one that grows."""


class DagsterMigration(Construct):
    """The Job that makes or changes the tables, before any process that uses them is replaced.

    It succeeds, and says so, where the database is ahead of the image: after a rollback.

    Objects: ServiceAccount/dagster-migrate, ConfigMap/dagster-migrate, Job/dagster-migrate-HASH.
    Needs: the Secrets of the database.
    """

    def __init__(self, scope: Construct, id: str, spec: DagsterSpec) -> None:
        super().__init__(scope, id)
        spec = spec.model_copy(update={"compute_logs": None})  # it writes none
        pods, settings = migration(spec), spec.migration
        instance = migration_files(spec)
        mounts = instance_mounts(spec, instance)
        args = ["python", f"{HOME}/{MIGRATION_FILE}"]
        template = pod_template(
            pods,
            settings,
            [control_plane_container("migrate", spec, settings, args, mounts)],
            service_account=service_account(self, pods, identity=spec.database.identity),
            identity=spec.database.identity,
            mounts=mounts,
            files=[instance],
            restart_policy="Never",
        )
        config_map(self, pods, instance)
        job(self, pods, template, phase=Phase.MIGRATE, deadline_seconds=_DEADLINE_SECONDS)
