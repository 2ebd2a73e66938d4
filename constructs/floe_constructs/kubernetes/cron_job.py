"""Jobs that run at times."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.metadata import metadata
from floe_constructs.kubernetes.schedule import Scheduled


def cron_job(
    scope: Construct, labels: Labels, template: k8s.PodTemplateSpec, settings: Scheduled
) -> None:
    """A CronJob whose runs never overlap.

    What was missed for an hour is left out; a failure is tried once more.
    """
    k8s.KubeCronJob(
        scope,
        "cron-job",
        metadata=metadata(labels),
        spec=k8s.CronJobSpec(
            schedule=settings.schedule,
            time_zone=settings.time_zone,
            concurrency_policy="Forbid",
            starting_deadline_seconds=3600,
            successful_jobs_history_limit=1,
            failed_jobs_history_limit=3,
            job_template=k8s.JobTemplateSpec(
                metadata=k8s.ObjectMeta(labels=labels.all),
                spec=k8s.JobSpec(
                    template=template,
                    active_deadline_seconds=settings.deadline_minutes * 60,
                    backoff_limit=1,
                ),
            ),
        ),
    )
