"""The services of the lakehouse, as targets of preflight's: as whom user code reaches them."""

from collections.abc import Iterator
from dataclasses import replace

from floe_constructs.artifacts import CompiledArtifacts
from floe_constructs.artifacts.credentials import Credential
from floe_constructs.dagster.flows import code_server, runs
from floe_constructs.dagster.spec import DagsterSpec
from floe_constructs.preflight.flows import endpoints
from floe_constructs.preflight.spec import Account
from floe_constructs.preflight.targets import DuckDb, Kept, Other, Target, TargetService
from floe_constructs.problem import Problem
from floe_deploy import targets
from floe_deploy.environment import Environment
from floe_deploy.gating import databases
from floe_deploy.gating.derived import Derived, file
from floe_deploy.targets import Login

_NAME = "lake"
"""What services of the lakehouse are called among those of components, unless layers have several:
`storage` alone would be all buckets."""


def lakehouse(
    environment: Environment,
    artifacts: CompiledArtifacts,
    dagster: DagsterSpec,
    problems: list[Problem],
) -> Iterator[Derived]:
    """Answer what user code works with: once, and for each identity what is reached as it.

    What the artifacts do not say enough of is told in `problems`.
    """
    if trino := environment.compute:
        yield databases.trino(trino, _NAME)
    for number, account in enumerate((*accounts(dagster), None)):
        for derived in _as(environment, artifacts, account, problems):
            name = derived.target.name or _NAME
            if number and account:  # the same again, as somebody else
                name = f"{name}-{account.service_account}"
            yield replace(derived, target=derived.target.model_copy(update={"name": name}))


def accounts(dagster: DagsterSpec) -> list[Account]:
    """Answer whom the pods of user code are, each identity once."""
    found: dict[object, Account] = {}
    for location in dagster.deployed:
        pods = {
            code_server(dagster, location): dagster.identity(location),
            runs(dagster, location): dagster.run_identity(location),
        }
        for who, identity in pods.items():
            if identity:
                account = Account(service_account=who.object_name, identity=identity)
                found.setdefault(account.told_apart_by, account)
    return list(found.values())


def _as(
    environment: Environment,
    artifacts: CompiledArtifacts,
    account: Account | None,
    problems: list[Problem],
) -> Iterator[Derived]:
    """Answer what is reached as one account; as nobody, what is reached with secrets."""

    def keep(item: Credential) -> Kept:
        key = environment.secrets.resolve(item.reference, item.variable, item.key)
        if item.file:
            return Kept(file=file(f"{key.name}-{key.key}"), secret=key)
        return Kept(env=item.variable, secret=key)

    identity = account.identity if account else None
    login = Login(keep=keep, identity=identity.type if identity else None)
    config, lacking = targets.derive(artifacts, login)
    by_overlay = "compute" if environment.compute else ""
    problems += [each for each in lacking if by_overlay not in each.where.split(".")]
    for service in ("storage", "catalog", "compute"):
        for target in getattr(config, service):
            if isinstance(target, DuckDb) or (service == "compute" and environment.compute):
                continue  # it runs within user code; the overlay's engine wins
            as_somebody = getattr(target, "identity", None)
            if as_somebody is None and identity is None:
                yield _derived(environment, service, target)
            elif as_somebody and identity and as_somebody.startswith(identity.cloud):
                same = target.model_copy(update={"identity": identity.type})
                yield replace(_derived(environment, service, same), account=account)


def _derived(environment: Environment, service: TargetService, target: Target) -> Derived:
    cidrs = getattr(environment.addresses, service)
    at = endpoints(target, cidrs)
    if isinstance(target, Other):
        at = tuple(replace(endpoint, name=service) for endpoint in at)
    return Derived(service=service, target=target, endpoints=at)
