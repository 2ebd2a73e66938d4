"""All pods of an environment with what it says of them, however they are made."""

from collections.abc import Iterable, Iterator

from floe_constructs.cube import flows as cube
from floe_constructs.cube.spec import CubeSpec
from floe_constructs.dagster import flows as dagster
from floe_constructs.dagster.spec import DagsterSpec
from floe_constructs.jaeger import flows as jaeger
from floe_constructs.jaeger.spec import JaegerSpec
from floe_constructs.kubernetes.endpoint import Flow
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.secret import Use, uses
from floe_constructs.kubernetes.user_volume import SecretVolume
from floe_constructs.kubernetes.workload import Workload
from floe_constructs.login import flows as login
from floe_constructs.login.spec import LoginSpec
from floe_constructs.marquez import flows as marquez
from floe_constructs.marquez.spec import MarquezSpec
from floe_constructs.preflight import flows as preflight
from floe_constructs.preflight.spec import PreflightSpec
from floe_constructs.services import flows as services
from floe_constructs.services.spec import ServicesSpec

Component = (
    DagsterSpec | CubeSpec | MarquezSpec | JaegerSpec | LoginSpec | PreflightSpec | ServicesSpec
)


def workloads(specs: Iterable[Component | None]) -> Iterator[tuple[Labels, Workload]]:
    """Answer the pods of components, each with its settings."""
    for spec in specs:
        match spec:
            case DagsterSpec():
                yield from dagster.workloads(spec)
            case CubeSpec():
                yield from cube.workloads(spec)
            case MarquezSpec():
                yield from marquez.workloads(spec)
            case JaegerSpec():
                yield from jaeger.workloads(spec)
            case LoginSpec():
                yield login.labels(spec), spec
            case PreflightSpec():
                yield from preflight.workloads(spec)
            case ServicesSpec():
                yield from services.workloads(spec)


def flows(specs: Iterable[Component | None]) -> Iterator[Flow]:
    """Answer what pods talk to because the environment says so."""
    for pods, settings in workloads(specs):
        for reached in settings.reaches:
            why = "reach what the environment adds"
            yield Flow(source=pods, target=reached.endpoint, port=reached.port, why=why)


def credentials(specs: Iterable[Component | None]) -> Iterator[Use]:
    """Answer which credentials pods get because the environment says so."""
    for pods, settings in workloads(specs):
        added = (*settings.sidecars, *settings.init_containers)
        for env in (settings.env, *(one.env for one in added)):
            yield from uses([pods], env)
        for volume in settings.volumes:
            if isinstance(volume, SecretVolume):
                places = (volume.path, *(one.mounts.get(volume.name) for one in added))
                for place in dict.fromkeys(place for place in places if place):
                    named = {f"{place}/{file}": key for file, key in volume.files.items()}
                    yield from uses([pods], {}, named)
