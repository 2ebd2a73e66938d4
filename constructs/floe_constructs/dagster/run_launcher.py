"""What an environment decides about the Jobs of runs, and what data teams may change of them."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from floe_constructs.kubernetes.value import VariableName
from floe_constructs.spec import Spec

_Field = Literal[
    "container_config.env",
    "container_config.env_from",
    "container_config.image",
    "container_config.image_pull_policy",
    "container_config.lifecycle",
    "container_config.ports",
    "container_config.resources",
    "container_config.security_context",
    "container_config.volume_mounts",
    "container_config.working_dir",
    "job_metadata.annotations",
    "job_metadata.labels",
    "job_spec_config.active_deadline_seconds",
    "job_spec_config.pod_failure_policy",
    "job_spec_config.ttl_seconds_after_finished",
    "pod_spec_config.active_deadline_seconds",
    "pod_spec_config.affinity",
    "pod_spec_config.automount_service_account_token",
    "pod_spec_config.containers",
    "pod_spec_config.dns_config",
    "pod_spec_config.host_aliases",
    "pod_spec_config.image_pull_secrets",
    "pod_spec_config.init_containers",
    "pod_spec_config.node_selector",
    "pod_spec_config.priority_class_name",
    "pod_spec_config.resource_claims",
    "pod_spec_config.runtime_class_name",
    "pod_spec_config.scheduler_name",
    "pod_spec_config.security_context",
    "pod_spec_config.service_account_name",
    "pod_spec_config.termination_grace_period_seconds",
    "pod_spec_config.tolerations",
    "pod_spec_config.topology_spread_constraints",
    "pod_spec_config.volumes",
    "pod_template_spec_metadata.annotations",
    "pod_template_spec_metadata.labels",
]

ConfigField = Annotated[
    _Field,
    Field(
        json_schema_extra={
            "rule": "a field that the page on the run queue lists, such as container_config.image"
        }
    ),
]
"""A field of a run's pod or Job, where Dagster's configuration has it.

What would break every run is not among them: a second attempt by Kubernetes runs everything twice,
and the node's own namespaces are closed to restricted pods.
"""

FIELDS: tuple[_Field, ...] = get_args(_Field)

SIZE_AND_PLACE: tuple[ConfigField, ...] = (
    "container_config.env",
    "container_config.resources",
    "pod_spec_config.affinity",
    "pod_spec_config.node_selector",
    "pod_spec_config.tolerations",
    "pod_template_spec_metadata.annotations",
    "pod_template_spec_metadata.labels",
)


class RunLauncher(Spec):
    """The launcher, which makes a Job for each run."""

    ttl_seconds_after_finished: int = Field(default=3600, ge=0, le=31_536_000)
    """Seconds for which a finished run's Job is kept, pod and all; the run itself, its events and
    its compute logs stay where they are."""

    only_allow_user_defined_k8s_config_fields: tuple[ConfigField, ...] | None = SIZE_AND_PLACE
    """What tags (`dagster-k8s/config`) and code servers may say of a run's pod: how large it is and
    where it runs, by default; null is everything. A run that asks for more does not start, and says
    so. Dagster compares fields, not values, so what an overlay can say of runs (service account,
    volumes, labels, priority, user) is open to tags as well; and it does not look at the tags of a
    step that has a pod of its own."""

    only_allow_user_defined_env_vars: tuple[VariableName, ...] | None = None
    """Names of the environment variables that tags may set; any, when silent. Dagster leaves out
    the others and tells it in the daemon's log alone."""
