"""Jobs that run once for each content."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.files import digest
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.metadata import metadata
from floe_constructs.kubernetes.phase import Phase


def job(  # noqa: PLR0913  a Job has that many independent parts
    scope: Construct,
    labels: Labels,
    template: k8s.PodTemplateSpec,
    *,
    phase: Phase,
    deadline_seconds: int,
    retries: int = 3,
    failure: k8s.PodFailurePolicy | None = None,
) -> None:
    """A Job named by a hash of its own content.

    A Job cannot be changed, so whatever changes it has to be another Job; and one that did not
    change must not run again. The texts that it reads are part of its template: their hashes are
    annotations there. It has no TTL: a GitOps controller would make it again. `failure` says which
    ends of a pod are final, and which do not count.
    """
    spec = k8s.JobSpec(
        template=template,
        active_deadline_seconds=deadline_seconds,
        backoff_limit=retries,
        pod_failure_policy=failure,
    )
    content = k8s.KubeJob.manifest(spec=spec)["spec"]
    k8s.KubeJob(
        scope,
        "job",
        metadata=metadata(labels, f"{labels.object_name}-{digest(content)[:10]}", phase=phase),
        spec=spec,
    )
