"""Marquez' pods that work on its database and end: migration and retention."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.access import service_account
from floe_constructs.kubernetes.config_map import config_map
from floe_constructs.kubernetes.container import container
from floe_constructs.kubernetes.cron_job import cron_job
from floe_constructs.kubernetes.job import job
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.phase import Phase
from floe_constructs.kubernetes.pod import pod_template
from floe_constructs.kubernetes.volume import authority, folder, scratch
from floe_constructs.marquez import command, config
from floe_constructs.marquez.flows import labels, migration
from floe_constructs.marquez.java import JavaWorkload
from floe_constructs.marquez.spec import MarquezRetention, MarquezSpec


class MarquezMigrationJob(Construct):
    """The Job that runs the pending migrations, before an API that needs them is started.

    Objects: ServiceAccount/marquez-migrate, ConfigMap/marquez-migrate, Job/marquez-migrate-HASH.
    Needs: the database and the Secrets of its login.
    """

    def __init__(self, scope: Construct, id: str, spec: MarquezSpec) -> None:
        super().__init__(scope, id)
        pods, settings = migration(spec), spec.migration
        template = _template(self, spec, pods, settings, command.migrate())
        deadline = settings.deadline_minutes * 60
        job(self, pods, template, phase=Phase.MIGRATE, deadline_seconds=deadline)


class MarquezRetentionJob(Construct):
    """The CronJob that deletes old lineage.

    Objects: ServiceAccount/marquez-retention, ConfigMap/marquez-retention,
    CronJob/marquez-retention.
    Needs: the database and the Secrets of its login.
    """

    def __init__(
        self, scope: Construct, id: str, spec: MarquezSpec, settings: MarquezRetention
    ) -> None:
        super().__init__(scope, id)
        pods, said = labels(spec, "retention"), command.retain(settings)
        template = _template(self, spec, pods, settings, said)
        cron_job(self, pods, template, settings)


def _template(
    scope: Construct, spec: MarquezSpec, pods: Labels, settings: JavaWorkload, said: list[str]
) -> k8s.PodTemplateSpec:
    files = config.files(spec, pods.object_name)
    config_map(scope, pods, files)
    mounts = [folder("config", files), scratch("tmp", "/tmp")]  # noqa: S108  the pod's own
    mounts += authority(spec.database.ca)
    return pod_template(
        pods,
        settings,
        [
            container(
                pods.component,
                image=spec.image,
                command=said,
                env=command.variables(spec, settings),
                settings=settings,
                mounts=mounts,
            )
        ],
        service_account=service_account(scope, pods),
        mounts=mounts,
        files=[files],
        restart_policy="Never",
    )
