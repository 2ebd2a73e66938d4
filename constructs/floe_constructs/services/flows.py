"""Which pods the services are, where they are reached, and what they talk to."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from floe_constructs.kubernetes.endpoint import Endpoint, Flow
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.phase import Phase
from floe_constructs.kubernetes.workload import Workload
from floe_constructs.services import names
from floe_constructs.services.spec import PolarisSettings, SeaweedFsCatalog, ServicesSpec

SERVER = "server"

_SUFFIXES = ("", ".{}", ".{}.svc", ".{}.svc.cluster.local")
"""What a Service of a namespace is called besides, from within the cluster."""


def labels(spec: ServicesSpec, name: str, component: str = SERVER) -> Labels:
    """Labels of one role, whose objects are there before the gate."""
    return Labels(name=name, instance=spec.instance, component=component, phase=Phase.SERVICES)


def secrets(spec: ServicesSpec) -> Labels:
    """Labels of the Job that makes Secrets."""
    return labels(spec, "floe", "secrets")


def workloads(spec: ServicesSpec) -> list[tuple[Labels, Workload]]:
    """Answer all pods, and what an environment says of them."""
    found: list[tuple[Labels, Workload]] = [(secrets(spec), spec.preparation)]
    if spec.object_store:
        found.append((labels(spec, names.SEAWEEDFS), spec.object_store))
    if spec.postgres:
        found.append((labels(spec, names.POSTGRES), spec.postgres))
        found.append((labels(spec, names.POSTGRES, "databases"), spec.preparation))
    if isinstance(spec.catalog, PolarisSettings):
        found.append((labels(spec, names.POLARIS), spec.catalog))
        found.append((labels(spec, names.POLARIS, "bootstrap"), tool(spec.catalog)))
        found.append((labels(spec, names.POLARIS, "setup"), spec.preparation))
    return found


def tool(settings: PolarisSettings) -> PolarisSettings:
    """Answer the settings of the admin tool's pods, which are no server that is started anew."""
    return settings.model_copy(update={"restart": None})


def flows(spec: ServicesSpec) -> Iterator[Flow]:
    """Answer what the services talk to, but for the cluster's API server."""
    database, port = labels(spec, names.POSTGRES), names.POSTGRES_PORT
    if spec.postgres:
        making = labels(spec, names.POSTGRES, "databases")
        yield Flow(source=making, target=database, port=port, why="make databases")
    if isinstance(spec.catalog, PolarisSettings):
        server, store = labels(spec, names.POLARIS), labels(spec, names.SEAWEEDFS)
        for pods in (server, labels(spec, names.POLARIS, "bootstrap")):
            yield Flow(source=pods, target=database, port=port, why="keep the catalog")
        yield Flow(source=server, target=store, port=names.S3, why="keep metadata of tables")
        setup = labels(spec, names.POLARIS, "setup")
        yield Flow(source=setup, target=server, port=names.POLARIS_API, why="make catalogs")


def reached(spec: ServicesSpec) -> Iterator[tuple[str, int, Labels]]:
    """Answer which Services there are: name, port, and whose pods they lead to."""
    if spec.object_store:
        yield names.SEAWEEDFS, names.S3, labels(spec, names.SEAWEEDFS)
    if isinstance(spec.catalog, SeaweedFsCatalog):
        yield names.SEAWEEDFS, names.ICEBERG, labels(spec, names.SEAWEEDFS)
    if isinstance(spec.catalog, PolarisSettings):
        yield names.POLARIS, names.POLARIS_API, labels(spec, names.POLARIS)
    if spec.postgres:
        yield names.POSTGRES, names.POSTGRES_PORT, labels(spec, names.POSTGRES)


def is_service(host: str | None, name: str, namespace: str) -> bool:
    """Tell whether a host is a Service of the namespace, however it is written."""
    return host in {f"{name}{suffix.format(namespace)}" for suffix in _SUFFIXES}


def inward(spec: ServicesSpec, namespace: str, given: Iterable[Flow]) -> Iterator[Flow]:
    """Answer flows of which those to an address of a service lead to its pods."""
    there = list(reached(spec))
    for flow in given:
        pods = [
            pods
            for name, port, pods in there
            if isinstance(flow.target, Endpoint)
            and flow.port == port
            and is_service(flow.target.host, name, namespace)
        ]
        yield replace(flow, target=pods[0]) if pods else flow
