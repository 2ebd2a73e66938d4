"""Containers with a read-only root and no privileges, so that no construct spells it out again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cdk8s_plus_34 import k8s

from floe_constructs.kubernetes.added_container import (
    ASKED_AT_MOST,
    ASKED_EVERY,
    AddedContainer,
    Answer,
)
from floe_constructs.kubernetes.environment import (
    Expanded,
    PodField,
    Variable,
    Variables,
    clashing,
    distinct,
    literal,
)
from floe_constructs.kubernetes.resources import CpuAndMemory
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.volume import Mount, added_mounts, user_mounts
from floe_constructs.kubernetes.workload import Workload


def variables(values: Variables, *, optional: bool = False) -> list[k8s.EnvVar]:
    """Environment variables in the order of their names, those that expand others last.

    Kubernetes knows only the variables before a `$(NAME)`, and keeps the text of any other.
    `optional` ones are left out while their Secret is not there.
    """
    order = sorted(values, key=lambda name: (isinstance(values[name], Expanded), name))
    return [_variable(name, values[name], optional=optional) for name in order]


def _variable(name: str, value: Variable, *, optional: bool) -> k8s.EnvVar:
    match value:
        case SecretKey():
            selector = k8s.SecretKeySelector(
                name=value.name, key=value.key, optional=optional or None
            )
            return k8s.EnvVar(name=name, value_from=k8s.EnvVarSource(secret_key_ref=selector))
        case PodField():
            field = k8s.ObjectFieldSelector(field_path=value.path)
            return k8s.EnvVar(name=name, value_from=k8s.EnvVarSource(field_ref=field))
        case Expanded():
            return k8s.EnvVar(name=name, value=value.text)
        case str():
            return k8s.EnvVar(name=name, value=literal(value))


def requirements(resources: CpuAndMemory) -> k8s.ResourceRequirements:
    """Requests and limits."""
    return k8s.ResourceRequirements(
        requests=_quantities(resources.requests), limits=_quantities(resources.limits)
    )


def _quantities(amounts: Mapping[str, str]) -> dict[str, k8s.Quantity]:
    return {name: k8s.Quantity.from_string(amount) for name, amount in amounts.items()}


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


def container(  # noqa: PLR0913  a container has that many independent parts
    name: str,
    *,
    image: str,
    settings: Workload,
    command: Sequence[str] | None = None,
    args: Sequence[str] | None = None,
    env: Variables | None = None,
    ports: Mapping[str, int] | None = None,
    probes: Probes | None = None,
    mounts: Sequence[Mount] = (),
    claims: Sequence[k8s.VolumeMount] = (),
    leaving: int | None = None,
) -> k8s.Container:
    """The main container of a workload, with a read-only root and no privileges.

    `claims` are mounts of a StatefulSet's own claims, whose volumes the StatefulSet brings.
    `leaving` is the seconds that it goes on before it is told to end, while Services forget it.
    """
    probes = probes or Probes()
    clashing(name, env or {}, settings.env)
    given = {**(env or {}), **settings.env}
    everywhere = [*mounts, *user_mounts(settings)]
    distinct(name, [*(mount.path for mount in everywhere), *(mount.mount_path for mount in claims)])
    volume_mounts = [*_mounted(everywhere), *claims]
    return k8s.Container(
        name=name,
        image=image,
        image_pull_policy="IfNotPresent",
        command=list(command) if command else None,
        args=list(args) if args else None,
        env=variables(given, optional=settings.optional_secrets) if given else None,
        ports=[
            k8s.ContainerPort(name=port, container_port=number)
            for port, number in (ports or {}).items()
        ]
        or None,
        startup_probe=probes.startup,
        liveness_probe=probes.liveness,
        readiness_probe=probes.readiness,
        lifecycle=_leaving(leaving) if leaving else None,
        resources=requirements(settings.resources),
        security_context=_restricted(),
        termination_message_policy="FallbackToLogsOnError",
        volume_mounts=volume_mounts or None,
    )


def _leaving(seconds: int) -> k8s.Lifecycle:
    sleep = k8s.SleepAction(seconds=seconds)
    return k8s.Lifecycle(pre_stop=k8s.LifecycleHandler(sleep=sleep))


def added_containers(settings: Workload) -> list[k8s.Container]:
    """The containers that an environment adds, in the order in which they start.

    A sidecar is what Kubernetes calls so: a container that comes first and is kept running.
    """
    sidecars = [
        _added(one, settings, restart_policy="Always", startup_probe=_answer(one.ready))
        for one in settings.sidecars
    ]
    return sidecars + [_added(one, settings) for one in settings.init_containers]


def _added(given: AddedContainer, settings: Workload, **more: Any) -> k8s.Container:
    mounts = _mounted(added_mounts(settings, given.mounts))
    return k8s.Container(
        name=given.name,
        image=given.image,
        image_pull_policy="IfNotPresent",
        command=list(given.command) or None,
        args=list(given.args) or None,
        env=variables(given.env, optional=settings.optional_secrets) or None,
        resources=requirements(given.resources),
        security_context=_restricted(),
        termination_message_policy="FallbackToLogsOnError",
        volume_mounts=mounts or None,
        **more,
    )


def _answer(ready: Answer | None) -> k8s.Probe | None:
    if ready is None:
        return None
    port = k8s.IntOrString.from_number(ready.port)
    return k8s.Probe(
        http_get=k8s.HttpGetAction(path=ready.path, port=port) if ready.path else None,
        tcp_socket=None if ready.path else k8s.TcpSocketAction(port=port),
        period_seconds=ASKED_EVERY,
        failure_threshold=ASKED_AT_MOST,
    )


def _mounted(mounts: Sequence[Mount]) -> list[k8s.VolumeMount]:
    return [
        k8s.VolumeMount(
            name=mount.volume.name,
            mount_path=mount.path,
            sub_path=mount.sub_path,
            read_only=mount.read_only or None,
        )
        for mount in mounts
    ]


def _restricted() -> k8s.SecurityContext:
    return k8s.SecurityContext(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        capabilities=k8s.Capabilities(drop=["ALL"]),
    )
