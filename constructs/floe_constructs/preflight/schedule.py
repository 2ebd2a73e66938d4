"""Checking between releases."""

from math import ceil

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.cron_job import cron_job
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.schedule import Scheduled
from floe_constructs.preflight.config import pod_seconds
from floe_constructs.preflight.spec import PreflightSpec


def repeated(
    scope: Construct, spec: PreflightSpec, labels: Labels, template: k8s.PodTemplateSpec
) -> None:
    """The CronJob of pods that check now and then.

    It comes with the platform, as all that it uses: it asks what the release needs that runs, also
    while the gate of the next one is closed.
    """
    settings = Scheduled(
        resources=spec.resources,
        schedule=spec.schedule or "",
        deadline_minutes=ceil(2 * pod_seconds(spec) / 60) + 1,
    )
    cron_job(scope, labels, template, settings)
