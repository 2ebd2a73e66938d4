"""What the compiler wrote, as what is to be checked."""

from collections.abc import Iterator, Mapping

from floe_constructs import artifacts as contract
from floe_constructs.artifacts import CompiledArtifacts
from floe_constructs.artifacts.credentials import Credential, credentials
from floe_constructs.preflight.targets import SERVICES, Kept
from floe_constructs.problem import Problem
from floe_constructs.variables import COMPUTE_TYPE
from floe_deploy import targets
from floe_deploy.preflight.reading import environment
from floe_deploy.preflight.reading.said import Said


def said(data: bytes, variables: Mapping[str, str]) -> Said:
    """Answer what the artifacts say, and what the variables do where the artifacts do not.

    As in pods, an engine that FLOE_COMPUTE_TYPE names wins over the artifacts'.

    Raises:
        ContractError: they are not valid.

    """
    artifacts = contract.read(data)

    def keep(item: Credential) -> Kept:
        if item.file:
            return Kept(file=variables.get(item.variable) or "-")
        return Kept(env=item.variable)

    known = {kind: environment.login(kind, variables) for kind in environment.LOGINS}
    config, problems = targets.derive(artifacts, targets.Login(keep=keep, known=known))
    dumped = config.model_dump(exclude_unset=True, by_alias=True, mode="json")
    services = {name: it for name, it in dumped.items() if it}
    problems += _without_file(artifacts, variables)
    if variables.get(COMPUTE_TYPE):
        services.pop("compute", None)
        problems = [problem for problem in problems if ".compute." not in problem.where]
    found = environment.said(variables, [name for name in SERVICES if name not in services])
    found.services |= services
    found.problems += problems
    return found


def _without_file(artifacts: CompiledArtifacts, variables: Mapping[str, str]) -> Iterator[Problem]:
    for item in credentials(artifacts):
        if item.file and not variables.get(item.variable):
            yield Problem(
                where=item.where,
                found=f"no path in {item.variable}",
                allowed="the file with the key",
                fix="set it",
            )
