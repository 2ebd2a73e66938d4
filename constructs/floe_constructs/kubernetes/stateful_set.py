"""StatefulSets: pods with names and, where asked, a claim each."""

from dataclasses import dataclass

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.metadata import metadata
from floe_constructs.kubernetes.workload import Storage


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Space of its own for each pod of a StatefulSet."""

    name: str
    path: str
    storage: Storage

    @property
    def mount(self) -> k8s.VolumeMount:
        """Where a container sees it."""
        return k8s.VolumeMount(name=self.name, mount_path=self.path)


def stateful_set(  # noqa: PLR0913  a StatefulSet has that many independent parts
    scope: Construct,
    labels: Labels,
    template: k8s.PodTemplateSpec,
    *,
    service_name: str,
    replicas: int = 1,
    parallel: bool = False,
    claim: Claim | None = None,
) -> None:
    """A StatefulSet whose claims outlive it.

    `service_name` is the headless Service that names the pods. `parallel` starts all at once.
    """
    k8s.KubeStatefulSet(
        scope,
        "stateful-set",
        metadata=metadata(labels),
        spec=k8s.StatefulSetSpec(
            replicas=replicas,
            service_name=service_name,
            selector=k8s.LabelSelector(match_labels=labels.selector),
            pod_management_policy="Parallel" if parallel else "OrderedReady",
            persistent_volume_claim_retention_policy=k8s.StatefulSetPersistentVolumeClaimRetentionPolicy(
                when_deleted="Retain", when_scaled="Retain"
            ),
            template=template,
            volume_claim_templates=[_template(labels, claim)] if claim else None,
        ),
    )


def _template(labels: Labels, claim: Claim) -> k8s.KubePersistentVolumeClaimProps:
    return k8s.KubePersistentVolumeClaimProps(
        metadata=k8s.ObjectMeta(name=claim.name, labels=labels.selector),
        spec=k8s.PersistentVolumeClaimSpec(
            access_modes=["ReadWriteOnce"],
            storage_class_name=claim.storage.storage_class,
            resources=k8s.VolumeResourceRequirements(
                requests={"storage": k8s.Quantity.from_string(claim.storage.size)}
            ),
        ),
    )
