"""Pods as Pod Security *restricted* wants them, so that no construct spells it out again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdk8s_plus_34 import k8s

from floe_constructs.kubernetes import PREFIX
from floe_constructs.kubernetes.environment import (
    Expanded,
    PodField,
    Variable,
    Variables,
    literal,
)
from floe_constructs.kubernetes.files import Files
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.user import SECRET_MODE, USER
from floe_constructs.kubernetes.workload import Resources, Workload


@dataclass(frozen=True, kw_only=True)
class Mount:
    """A volume and where a container sees it."""

    volume: k8s.Volume
    path: str
    sub_path: str | None = None
    read_only: bool = False


def scratch(name: str, path: str, size: str = "1Gi") -> Mount:
    """Writable space that ends with the pod."""
    source = k8s.EmptyDirVolumeSource(size_limit=k8s.Quantity.from_string(size))
    return Mount(volume=k8s.Volume(name=name, empty_dir=source), path=path)


def folder(name: str, files: Files) -> Mount:
    """All files of a ConfigMap; a change reaches running pods."""
    source = k8s.ConfigMapVolumeSource(name=files.name)
    return Mount(volume=k8s.Volume(name=name, config_map=source), path=files.path, read_only=True)


def single(name: str, files: Files) -> list[Mount]:
    """Each file of a ConfigMap on its own, for readers that trip over a ConfigMap's links."""
    volume = k8s.Volume(name=name, config_map=k8s.ConfigMapVolumeSource(name=files.name))
    return [
        Mount(volume=volume, path=f"{files.path}/{file}", sub_path=file, read_only=True)
        for file in sorted(files.data)
    ]


def variables(values: Variables) -> list[k8s.EnvVar]:
    """Environment variables in the order of their names, those that expand others last.

    Kubernetes knows only the variables before a `$(NAME)`, and keeps the text of any other.
    """
    order = sorted(values, key=lambda name: (isinstance(values[name], Expanded), name))
    return [_variable(name, values[name]) for name in order]


def _variable(name: str, value: Variable) -> k8s.EnvVar:
    match value:
        case SecretKey():
            selector = k8s.SecretKeySelector(name=value.name, key=value.key)
            return k8s.EnvVar(name=name, value_from=k8s.EnvVarSource(secret_key_ref=selector))
        case PodField():
            field = k8s.ObjectFieldSelector(field_path=value.path)
            return k8s.EnvVar(name=name, value_from=k8s.EnvVarSource(field_ref=field))
        case Expanded():
            return k8s.EnvVar(name=name, value=value.text)
        case str():
            return k8s.EnvVar(name=name, value=literal(value))


def requirements(resources: Resources) -> k8s.ResourceRequirements:
    """Requests and limits."""
    quantity = k8s.Quantity.from_string
    limits = {"memory": quantity(resources.memory_limit or resources.memory)}
    if resources.cpu_limit:
        limits["cpu"] = quantity(resources.cpu_limit)
    requests = {"cpu": quantity(resources.cpu), "memory": quantity(resources.memory)}
    return k8s.ResourceRequirements(requests=requests, limits=limits)


@dataclass(frozen=True, kw_only=True)
class Probes:
    """How a container is asked whether it has started, lives and is ready."""

    startup: k8s.Probe | None = None
    liveness: k8s.Probe | None = None
    readiness: k8s.Probe | None = None


def http(path: str, port: str = "http") -> k8s.HttpGetAction:
    """Ask by HTTP."""
    return k8s.HttpGetAction(path=path, port=k8s.IntOrString.from_string(port))


def tcp(port: str) -> k8s.TcpSocketAction:
    """Ask by opening a connection."""
    return k8s.TcpSocketAction(port=k8s.IntOrString.from_string(port))


def secret_files(name: str, path: str, keys: Mapping[str, SecretKey]) -> Mount:
    """Keys of Secrets as files of one folder, by file name; the pod's group may read them."""
    sources = [
        k8s.VolumeProjection(
            secret=k8s.SecretProjection(
                name=keys[file].name, items=[k8s.KeyToPath(key=keys[file].key, path=file)]
            )
        )
        for file in sorted(keys)
    ]
    projected = k8s.ProjectedVolumeSource(default_mode=SECRET_MODE, sources=sources)
    return Mount(volume=k8s.Volume(name=name, projected=projected), path=path, read_only=True)


def container(  # noqa: PLR0913  a container has that many independent parts
    name: str,
    *,
    image: str,
    resources: Resources,
    command: Sequence[str] | None = None,
    args: Sequence[str] | None = None,
    env: Variables | None = None,
    ports: Mapping[str, int] | None = None,
    probes: Probes | None = None,
    mounts: Sequence[Mount] = (),
    claims: Sequence[k8s.VolumeMount] = (),
) -> k8s.Container:
    """One container with a read-only root and no privileges.

    `claims` are mounts of a StatefulSet's own claims, whose volumes the StatefulSet brings.
    """
    probes = probes or Probes()
    volume_mounts = [
        k8s.VolumeMount(
            name=mount.volume.name,
            mount_path=mount.path,
            sub_path=mount.sub_path,
            read_only=mount.read_only or None,
        )
        for mount in mounts
    ] + list(claims)
    return k8s.Container(
        name=name,
        image=image,
        image_pull_policy="IfNotPresent",
        command=list(command) if command else None,
        args=list(args) if args else None,
        env=variables(env) if env else None,
        ports=[
            k8s.ContainerPort(name=port, container_port=number)
            for port, number in (ports or {}).items()
        ]
        or None,
        startup_probe=probes.startup,
        liveness_probe=probes.liveness,
        readiness_probe=probes.readiness,
        resources=requirements(resources),
        security_context=k8s.SecurityContext(
            allow_privilege_escalation=False,
            read_only_root_filesystem=True,
            capabilities=k8s.Capabilities(drop=["ALL"]),
        ),
        termination_message_policy="FallbackToLogsOnError",
        volume_mounts=volume_mounts or None,
    )


def pod_template(  # noqa: PLR0913  a pod has that many independent parts
    labels: Labels,
    settings: Workload,
    containers: Sequence[k8s.Container],
    *,
    service_account: str,
    mounts: Sequence[Mount] = (),
    files: Sequence[Files] = (),
    user: int = USER,
    token: bool = False,
    spread: bool = False,
    restart_policy: str | None = None,
    grace_seconds: int | None = None,
) -> k8s.PodTemplateSpec:
    """A pod of one workload.

    `mounts` are those of all containers; `files` are hashed into an annotation, so that the pods
    are replaced when a text changes that they read only once. `grace_seconds` is the time between
    SIGTERM and SIGKILL (Kubernetes gives 30 when silent).
    """
    volumes = {mount.volume.name: mount.volume for mount in mounts}
    annotations = {f"{PREFIX}/files-{file.name}": file.digest for file in files}
    return k8s.PodTemplateSpec(
        metadata=k8s.ObjectMeta(labels=labels.all, annotations=annotations or None),
        spec=k8s.PodSpec(
            service_account_name=service_account,
            automount_service_account_token=token,
            enable_service_links=False,
            security_context=k8s.PodSecurityContext(
                run_as_non_root=True,
                run_as_user=user,
                run_as_group=user,
                fs_group=user,
                fs_group_change_policy="OnRootMismatch",
                seccomp_profile=k8s.SeccompProfile(type="RuntimeDefault"),
            ),
            containers=list(containers),
            volumes=[volumes[name] for name in sorted(volumes)] or None,
            node_selector=settings.node_selector or None,
            tolerations=[
                k8s.Toleration(
                    key=taint.key, operator=taint.operator, value=taint.value, effect=taint.effect
                )
                for taint in settings.tolerations
            ]
            or None,
            topology_spread_constraints=_spread(labels) if spread else None,
            restart_policy=restart_policy,
            termination_grace_period_seconds=grace_seconds,
        ),
    )


def _spread(labels: Labels) -> list[k8s.TopologySpreadConstraint]:
    return [
        k8s.TopologySpreadConstraint(
            max_skew=1,
            topology_key=key,
            when_unsatisfiable="ScheduleAnyway",
            label_selector=k8s.LabelSelector(match_labels=labels.selector),
        )
        for key in ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
    ]
