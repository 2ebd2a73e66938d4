"""What an environment may decide about every workload's pods."""

from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from floe_constructs.kubernetes import PREFIX
from floe_constructs.kubernetes.added_container import AddedContainer, Env, Sidecar
from floe_constructs.kubernetes.reached import Reached
from floe_constructs.kubernetes.resources import Resources
from floe_constructs.kubernetes.scheduling import NodeAffinity, Spreading, Toleration
from floe_constructs.kubernetes.secret import PullSecret
from floe_constructs.kubernetes.user_volume import UserVolume
from floe_constructs.kubernetes.value import DnsName, LabelKey, LabelValue, Memory
from floe_constructs.spec import Spec

_OURS = (
    f"{PREFIX}/",
    "app.kubernetes.io/",
    "argocd.argoproj.io/",
    "batch.kubernetes.io/",
    "controller-uid",
    "dagster/",
    "job-name",
    "kustomize.toolkit.fluxcd.io/",
)


def _free(keys: dict[str, str]) -> dict[str, str]:
    if taken := sorted(key for key in keys if key.startswith(_OURS)):
        givers = "floe, Dagster, delivery or Kubernetes"
        msg = f"{', '.join(taken)}: keys with these prefixes are given by {givers}"
        raise ValueError(msg)
    return keys


class Workload(Spec):
    """Settings of one workload's pods."""

    optional_secrets: ClassVar[bool] = False
    """Whether the pods start without their Secrets, because what runs in them says what is missing
    better than a pod that waits for it does."""

    resources: Resources
    """CPU and memory of the main container."""

    node_selector: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    """Labels of the nodes that the pods may run on."""

    tolerations: tuple[Toleration, ...] = ()
    """Taints that the pods accept."""

    affinity: NodeAffinity | None = None
    """What the nodes have to be, or had better be, where `node_selector` cannot say it."""

    priority_class: DnsName | None = None
    """PriorityClass of the pods; the environment's (`capacity.priorities`) when silent."""

    scheduler: DnsName | None = None
    """Scheduler that finds nodes for the pods; the cluster's own when silent."""

    env: Env = Field(default_factory=dict)
    """More environment variables of the main container: a text, or where it is kept. A variable
    that is set already cannot be set again."""

    volumes: tuple[UserVolume, ...] = ()
    """More volumes of the pods, for the main container and for those that are added."""

    sidecars: tuple[Sidecar, ...] = ()
    """More containers beside the main one, of images of their own. They start before it, one after
    the other, and end after it; in pods that end, they do not keep them from ending."""

    init_containers: tuple[AddedContainer, ...] = ()
    """More containers that end before the main one starts, one after the other; sidecars are there
    by then."""

    reaches: tuple[Reached, ...] = ()
    """What else the pods talk to: the network policies open it to all of their containers."""

    labels: Annotated[dict[LabelKey, LabelValue], AfterValidator(_free)] = Field(
        default_factory=dict
    )
    """More labels of the pods."""

    annotations: Annotated[
        dict[LabelKey, Annotated[str, Field(max_length=32_768)]], AfterValidator(_free)
    ] = Field(default_factory=dict)
    """More annotations of the pods."""

    pull_secrets: tuple[PullSecret, ...] = ()
    """Registry logins that these pods need beside those of all pods (`images.pull_secrets`); what
    a code location's server needs for its image, its runs get too, and the other way round."""

    @field_validator("volumes")
    @classmethod
    def _names_differ(cls, volumes: tuple[UserVolume, ...]) -> tuple[UserVolume, ...]:
        names = [volume.name for volume in volumes]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            msg = f"each volume needs a name of its own; used more than once: {twice}"
            raise ValueError(msg)
        return volumes

    @model_validator(mode="after")
    def _containers_fit(self) -> Self:
        added = (*self.sidecars, *self.init_containers)
        names = [container.name for container in added]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            msg = f"each container needs a name of its own; used more than once: {twice}"
            raise ValueError(msg)
        volumes = {volume.name for volume in self.volumes}
        for container in added:
            if missing := sorted(container.mounts.keys() - volumes):
                msg = f"{container.name} mounts {missing}: its volumes are {sorted(volumes)}"
                raise ValueError(msg)
            paths = [*container.mounts.values()]
            if taken := sorted({path for path in paths if paths.count(path) > 1}):
                msg = f"{container.name} mounts several volumes at {taken}: give each its folder"
                raise ValueError(msg)
        seen = {name for container in added for name in container.mounts}
        if unseen := sorted(v.name for v in self.volumes if not v.path and v.name not in seen):
            msg = f"volumes that no container sees: {unseen}; give path, or mount them"
            raise ValueError(msg)
        return self


class LongRunning(Workload):
    """Settings of pods that run until they are replaced."""

    restart: (
        Annotated[
            str,
            Field(
                pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._:-]{0,62}$",
                json_schema_extra={"rule": "any word or date of at most 63 characters"},
            ),
        ]
        | None
    ) = None
    """A text of no meaning, in an annotation of the pods: another one replaces them, so that they
    read their Secrets anew."""


class Replicated(Spreading, LongRunning):
    """Settings of a workload that may run more than once."""

    replicas: int = Field(default=1, ge=1, le=1000)
    """Number of pods. From 2 on they are spread and get a PodDisruptionBudget."""


class Autoscale(Spec):
    """How far the number of pods follows the load; the cluster has to measure it (metrics-server).

    It goes up at once and down after five minutes of calm, as Kubernetes has it.
    """

    max_replicas: int = Field(ge=2, le=1000)
    """The most pods; `replicas` is the least."""

    cpu_percent: int = Field(default=70, ge=10, le=400)
    """CPU that pods use on average, in percent of `resources.cpu`: above it there are more."""


class Scalable(Replicated):
    """Settings of a workload whose number of pods may follow its load."""

    autoscale: Autoscale | None = None
    """More pods than `replicas` under load; always `replicas` when silent."""

    @property
    def most(self) -> int:
        """The most pods there may be."""
        return self.autoscale.max_replicas if self.autoscale else self.replicas

    @model_validator(mode="after")
    def _there_is_room(self) -> Self:
        if self.autoscale and self.autoscale.max_replicas <= self.replicas:
            msg = (
                f"autoscale.max_replicas {self.autoscale.max_replicas} is not above replicas, "
                f"{self.replicas}"
            )
            raise ValueError(msg)
        return self


class Storage(Spec):
    """Space that outlives a pod."""

    size: Memory
    """How much. Most storage classes let it grow later, none lets it shrink."""

    storage_class: DnsName | None = None
    """StorageClass; the cluster's default when silent."""
