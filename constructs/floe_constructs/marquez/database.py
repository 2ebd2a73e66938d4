"""Marquez' pods that work on its database and end: migration and retention."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.access import service_account
from floe_constructs.kubernetes.config_map import config_map
from floe_constructs.kubernetes.container import container
from floe_constructs.kubernetes.files import Files
from floe_constructs.kubernetes.job import job
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.metadata import metadata
from floe_constructs.kubernetes.phase import Phase
from floe_constructs.kubernetes.pod import pod_template
from floe_constructs.kubernetes.volume import authority, folder, scratch
from floe_constructs.marquez import config
from floe_constructs.marquez.flows import labels, migration
from floe_constructs.marquez.spec import MarquezSpec

_DEADLINE_SECONDS = 1800
_NIGHTLY = "15 3 * * *"


class MarquezMigration(Construct):
    """The Job that runs the pending migrations, before an API that needs them is started.

    Objects: ServiceAccount/marquez-migrate, ConfigMap/marquez-migrate, Job/marquez-migrate-HASH.
    Needs: the database and the Secrets of its login.
    """

    def __init__(self, scope: Construct, id: str, spec: MarquezSpec) -> None:
        super().__init__(scope, id)
        pods = migration(spec)
        files = config.files(spec, config.MIGRATION)
        config_map(self, pods, files)
        template = _template(self, spec, pods, files, config.migrate())
        job(self, pods, template, phase=Phase.MIGRATE, deadline_seconds=_DEADLINE_SECONDS)


class MarquezRetention(Construct):
    """The CronJob that deletes old lineage at night.

    Its program ends with 0 whatever happens: failures are in its log alone.

    Objects: ServiceAccount/marquez-retention, CronJob/marquez-retention.
    Needs: ConfigMap/marquez-api, the database and the Secrets of its login.
    """

    def __init__(self, scope: Construct, id: str, spec: MarquezSpec, days: int) -> None:
        super().__init__(scope, id)
        pods = labels(spec, "retention")
        files = config.files(spec, config.API)
        template = _template(self, spec, pods, files, config.retain(days))
        k8s.KubeCronJob(
            self,
            "cron-job",
            metadata=metadata(pods),
            spec=k8s.CronJobSpec(
                schedule=_NIGHTLY,
                time_zone="Etc/UTC",
                concurrency_policy="Forbid",
                starting_deadline_seconds=3600,
                successful_jobs_history_limit=1,
                failed_jobs_history_limit=3,
                job_template=k8s.JobTemplateSpec(
                    metadata=k8s.ObjectMeta(labels=pods.all),
                    spec=k8s.JobSpec(
                        template=template,
                        active_deadline_seconds=_DEADLINE_SECONDS,
                        backoff_limit=1,
                    ),
                ),
            ),
        )


def _template(
    scope: Construct, spec: MarquezSpec, pods: Labels, files: Files, command: list[str]
) -> k8s.PodTemplateSpec:
    mounts = [folder("config", files), scratch("tmp", "/tmp")]  # noqa: S108  the pod's own
    mounts += authority(spec.database.ca)
    return pod_template(
        pods,
        spec.migration,
        [
            container(
                pods.component,
                image=spec.image,
                command=command,
                env=config.variables(spec),
                settings=spec.migration,
                mounts=mounts,
            )
        ],
        service_account=service_account(scope, pods),
        mounts=mounts,
        files=[files],
        restart_policy="Never",
    )
