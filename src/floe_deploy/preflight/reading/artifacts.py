"""What the compiler wrote, as what is to be checked."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from floe_constructs.artifacts import CompiledArtifacts
from floe_constructs.artifacts.credentials import Credential, credentials
from floe_constructs.preflight.targets import Kept
from floe_constructs.problem import Problem
from floe_constructs.variables import COMPUTE_TYPE
from floe_deploy import targets
from floe_deploy.preflight.reading import environment
from floe_deploy.preflight.reading.said import SERVICES, Said

_KEYS = frozenset({"metadata", "resolved_profiles"})
"""Keys that the compiler writes, and that no other file has that preflight may be given."""


def content(file: Path) -> bytes | None:
    """Answer the content of a file, if it is what the compiler writes."""
    if not file.is_file():
        return None
    data = file.read_bytes()
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(found, dict) and found.keys() & _KEYS else None


def said(artifacts: CompiledArtifacts, variables: Mapping[str, str]) -> Said:
    """Answer what the artifacts say, and what the variables do where the artifacts do not.

    As in pods, an engine that FLOE_COMPUTE_TYPE names wins over the artifacts'.
    """

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
