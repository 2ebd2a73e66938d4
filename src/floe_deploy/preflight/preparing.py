"""What is found out before the first connection: that everything is there to make it."""

from collections.abc import Sequence
from typing import Literal

from floe_constructs.preflight.targets import PreflightConfig
from floe_constructs.problem import Problem, nearest
from floe_deploy.preflight import selection
from floe_deploy.preflight.asked import Asked
from floe_deploy.preflight.check import Check
from floe_deploy.preflight.checks import checks, lacking
from floe_deploy.preflight.code import Fault
from floe_deploy.preflight.codes import codes
from floe_deploy.preflight.credentials import Credentials, resolve
from floe_deploy.preflight.layers import SECRET_UNRESOLVED
from floe_deploy.preflight.report import ConfigurationError, ConfigurationFault


class NothingCheckedError(Exception):
    """Nothing can be checked: the configuration, or what was asked of it, is wrong."""

    def __init__(self, error: ConfigurationError) -> None:
        super().__init__(error.message)
        self.error = error


def prepared(asked: Asked, config: PreflightConfig) -> tuple[Credentials, list[Check]]:
    """Find all that is wrong before the first connection."""
    if lacks := list(dict.fromkeys(map(_lacking, lacking(config)))):
        raise _nothing("config_invalid", "This cannot be checked here:", lacks)
    there = checks(config)
    problems = selection.unknown(there, "--only", asked.only)
    problems += selection.unknown(there, "--skip", asked.skip)
    problems += _unknown_codes(asked.ignore)
    problems += [
        Problem(
            where=f"--check-{service}",
            found="a configuration that names none",
            allowed=", ".join(sorted({check.service for check in there})) or "nothing",
            fix="add it to the configuration, or leave the option out",
        )
        for service in asked.services
        if not any(check.service == service for check in there)
    ]
    if problems:
        subject = "What was asked for cannot be checked:"
        told = [
            ConfigurationFault(where=problem.where, message=str(problem)) for problem in problems
        ]
        raise _nothing("config_invalid", subject, told)
    chosen = selection.select(there, services=asked.services, only=asked.only, skip=asked.skip)
    if not chosen:
        raise _nothing("config_invalid", "There is nothing to check: no service is left.", [])
    credentials, missing = resolve(config)
    wanted = {check.service for check in chosen}
    absent = [
        ConfigurationFault(
            where=one.where,
            message=f"{one.where}: {fault.message}. {fault.remediation}",
            service=one.service,
            code=fault.code.id,
        )
        for one in missing
        for fault in [SECRET_UNRESOLVED(place=one.kept.told, seen=one.seen)]
        if one.service in wanted
    ]
    if absent and not asked.listing:
        raise _nothing("missing_credentials", "Credentials are missing:", absent)
    return credentials, chosen


def _lacking(fault: Fault) -> ConfigurationFault:
    text = f"{fault.message}. {fault.remediation}"
    return ConfigurationFault(where="", message=text, code=fault.code.id)


def _unknown_codes(given: Sequence[str]) -> list[Problem]:
    there = [code.id for said in codes().values() for code in said] if given else []
    return [
        Problem(
            where="--ignore",
            found=name,
            allowed="a code of the reference: CERT_EXPIRES_SOON",
            fix=nearest(name, there),
        )
        for name in given
        if name not in there
    ]


def _nothing(
    error: Literal["config_not_found", "config_invalid", "missing_credentials"],
    subject: str,
    details: list[ConfigurationFault],
) -> NothingCheckedError:
    message = "\n".join([subject, *(f"  {detail.message}" for detail in details)])
    return NothingCheckedError(ConfigurationError(error=error, message=message, details=details))
