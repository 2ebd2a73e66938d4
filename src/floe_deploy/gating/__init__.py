"""What preflight checks of an environment: precisely what its workloads use.

The same targets are what the gate's pods check in the cluster and `floe preflight --env` checks
from anywhere.
"""

from collections.abc import Iterable, Iterator

from floe_constructs.artifacts import CompiledArtifacts
from floe_constructs.cube.flows import labels as cube_labels
from floe_constructs.cube.spec import CubeSpec
from floe_constructs.dagster.flows import labels as dagster_labels
from floe_constructs.dagster.flows import user_code
from floe_constructs.dagster.spec import WEBSERVER, DagsterSpec
from floe_constructs.jaeger.spec import JaegerSpec
from floe_constructs.jaeger.storage import SearchStorage
from floe_constructs.kubernetes.cloud_identity import CloudIdentity
from floe_constructs.kubernetes.endpoint import endpoint_of
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.marquez.spec import MarquezSpec
from floe_constructs.preflight.spec import FOLDER, Account
from floe_constructs.preflight.targets import PreflightConfig
from floe_constructs.problem import Problem
from floe_deploy.environment import Environment
from floe_deploy.gating import buckets, databases
from floe_deploy.gating.derived import Derived, reached
from floe_deploy.gating.lakehouse import lakehouse


def derive(  # noqa: PLR0913  each component has its own
    environment: Environment,
    artifacts: CompiledArtifacts,
    *,
    dagster: DagsterSpec | None,
    cube: CubeSpec | None,
    marquez: MarquezSpec | None,
    jaeger: JaegerSpec | None,
) -> tuple[tuple[Derived, ...], tuple[Problem, ...]]:
    """Answer what the workloads cannot do without, as targets, and why some of it is none."""
    found: list[Derived] = []
    problems: list[Problem] = []
    if dagster and user_code(dagster):
        found += lakehouse(environment, artifacts, dagster, problems)
    if dagster:
        found += _dagster(dagster)
    if cube:
        found += _cube(cube)
    if marquez:
        found.append(databases.with_password(marquez.database, "marquez", "MARQUEZ_PG"))
    if jaeger:
        found += _traces(jaeger)
    once: dict[object, Derived] = {}
    for derived in found:
        once.setdefault((derived.service, _asked(derived), derived.account), derived)
    return tuple(once.values()), tuple(dict.fromkeys(problems))


def _asked(derived: Derived) -> str:
    """Answer what is the same for two that ask the same with the same credentials."""
    said = derived.target.model_dump(exclude={"name", "ca_file", "credentials_file"})
    for kept in said.values():
        if isinstance(kept, dict):
            kept.pop("env", None)  # a variable's name says who has it
    return str(said)


def config(name: str, found: Iterable[Derived]) -> PreflightConfig:
    """Answer targets as one configuration."""
    lists: dict[str, list[object]] = {}
    for derived in found:
        lists.setdefault(derived.service, []).append(derived.target)
    return PreflightConfig.model_validate({"environment": name, **lists})


def moved(config: PreflightConfig, folder: str) -> PreflightConfig:
    """Answer a configuration whose files are in another folder than pods have them in."""
    text = config.model_dump_json(by_alias=True, exclude_defaults=True)
    return PreflightConfig.model_validate_json(text.replace(f'"{FOLDER}/', f'"{folder}/'))


def _account(pods: Labels, identity: CloudIdentity | None) -> Account | None:
    """Answer whom pods are, if they are anybody to a cloud."""
    return Account(service_account=pods.object_name, identity=identity) if identity else None


def _dagster(dagster: DagsterSpec) -> Iterator[Derived]:
    account = _account(dagster_labels(dagster, WEBSERVER), dagster.own_identity)
    yield databases.dagster(dagster.database, account)
    if dagster.demo and dagster.demo.serving:
        yield databases.serving(dagster.demo.serving)
    if dagster.compute_logs:
        yield from buckets.compute_logs(dagster.compute_logs, account)


def _cube(cube: CubeSpec) -> Iterator[Derived]:
    account = _account(cube_labels(cube, "api"), cube.identity)
    yield from databases.sources(cube, account)
    yield from buckets.exports(cube, account)
    router = cube_labels(cube, "store-router").object_name
    yield from buckets.cube_store(cube.store.storage, router)


def _traces(jaeger: JaegerSpec) -> Iterator[Derived]:
    storage = jaeger.storage
    if not isinstance(storage, SearchStorage):
        return
    for number, url in enumerate(storage.urls, 1):
        name = f"traces-{number}" if len(storage.urls) > 1 else "traces"
        at, tls = endpoint_of("traces", url, storage.cidrs), url.startswith("https:")
        yield from reached("storage", storage.type, name, at, tls=tls, ca=storage.ca)
