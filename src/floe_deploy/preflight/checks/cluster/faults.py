"""What a cluster may lack."""

from floe_deploy.preflight.code import Code, Stage

CLUSTER_NO_ACCOUNT = Code(
    id="CLUSTER_NO_ACCOUNT",
    stage=Stage.CONFIG,
    message="this process is no pod with an account: {seen}",
    remediation="Run it as the gate's Job for the cluster, whose pods have a token "
    "(automountServiceAccountToken: true), or leave `cluster` out",
    detection="the variables and files that Kubernetes gives to pods",
    definitive=True,
)

CLUSTER_UNAUTHORIZED = Code(
    id="CLUSTER_UNAUTHORIZED",
    stage=Stage.AUTH,
    message="the API server at {host} does not take the pod's token",
    remediation="See that the ServiceAccount has not been made anew, and that clocks agree",
    detection="HTTP 401",
)

CLUSTER_FORBIDDEN = Code(
    id="CLUSTER_FORBIDDEN",
    stage=Stage.AUTHZ,
    message="the API server refuses: {said}",
    remediation="Apply the ClusterRole and its binding that come with the gate (00-cluster); "
    "somebody may have changed them",
    detection="HTTP 403",
    definitive=True,
)

CLUSTER_OLDER = Code(
    id="CLUSTER_OLDER",
    stage=Stage.OPERATION,
    message="the cluster is Kubernetes {found}, and the manifests are for {wanted}",
    remediation="Set cluster.kubernetes in the overlay to what the cluster is, or upgrade it",
    detection="`/version`, compared by its minor",
    warning=True,
)

CLUSTER_KIND_MISSING = Code(
    id="CLUSTER_KIND_MISSING",
    stage=Stage.OPERATION,
    message="the cluster does not know {missing}",
    remediation="Install the operator that they belong to, with its CustomResourceDefinitions, "
    "before the platform",
    detection="the group or the kind is not among what the API server serves; an operator may be "
    "about to come",
)

CLUSTER_KIND_VERSION = Code(
    id="CLUSTER_KIND_VERSION",
    stage=Stage.OPERATION,
    message="the cluster knows {group} as {served}, not as {wanted}",
    remediation="Upgrade the operator to a release that serves {wanted}",
    detection="the group is served, the version is not",
    definitive=True,
)

CLUSTER_CLASS_MISSING = Code(
    id="CLUSTER_CLASS_MISSING",
    stage=Stage.OPERATION,
    message="there is no {kind} {missing}",
    remediation="Correct the name in the overlay, or let the cluster's operators make it",
    detection="HTTP 404 for the name; a controller may be about to make it",
)

CLUSTER_NO_DEFAULT_CLASS = Code(
    id="CLUSTER_NO_DEFAULT_CLASS",
    stage=Stage.OPERATION,
    message="none of {count} StorageClasses is the default, and claims of the platform name none",
    remediation="Give storage_class in the overlay, or annotate a StorageClass with "
    "storageclass.kubernetes.io/is-default-class: 'true'",
    detection="the annotation, in the list of StorageClasses",
)

CODES = (
    CLUSTER_NO_ACCOUNT,
    CLUSTER_UNAUTHORIZED,
    CLUSTER_FORBIDDEN,
    CLUSTER_OLDER,
    CLUSTER_KIND_MISSING,
    CLUSTER_KIND_VERSION,
    CLUSTER_CLASS_MISSING,
    CLUSTER_NO_DEFAULT_CLASS,
)
"""Codes of the cluster."""
