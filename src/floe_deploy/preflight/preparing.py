"""What is found out before the first connection: that everything is there to make it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from floe_constructs.preflight.targets import PreflightConfig
from floe_constructs.problem import Problem, nearest
from floe_deploy.preflight import selection
from floe_deploy.preflight.asked import Asked
from floe_deploy.preflight.check import Check, Service
from floe_deploy.preflight.checks import made
from floe_deploy.preflight.code import Fault
from floe_deploy.preflight.codes import ids
from floe_deploy.preflight.credentials import Credentials, Missing, resolve
from floe_deploy.preflight.layers import SECRET_UNRESOLVED
from floe_deploy.preflight.report import ConfigurationError, ConfigurationFault


class NothingCheckedError(Exception):
    """Nothing can be checked: the configuration, or what was asked of it, is wrong."""

    def __init__(self, error: ConfigurationError) -> None:
        super().__init__(error.message)
        self.error = error


class _Choice(TypedDict):
    services: tuple[Service, ...]
    only: tuple[str, ...]
    skip: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """All that a run needs."""

    config: PreflightConfig
    """What is asked."""

    checks: list[Check]
    """What is asked, check by check."""

    credentials: Credentials
    """What it is asked with."""


def prepared(asked: Asked, config: PreflightConfig) -> Prepared:
    """Find all that is wrong before the first connection.

    Raises:
        NothingCheckedError: a credential or an extra is missing, or there is no such check.

    """
    choice: _Choice = {"services": asked.services, "only": asked.only, "skip": asked.skip}
    left = selection.narrowed(config, **choice)
    there, faults = made(left)
    wrong = list(dict.fromkeys(map(_lacking, faults)))
    wrong += [
        ConfigurationFault(where=problem.where, message=str(problem))
        for problem in _not_there(asked, config, there)
    ]
    credentials, missing = resolve(config)
    needed = [] if asked.listing else [one for one in missing if one.own in left.roots]
    absent = list(map(_absent, needed))
    if wrong:
        raise _nothing("config_invalid", "This cannot be checked:", [*wrong, *absent])
    if absent:
        raise _nothing("missing_credentials", "Credentials are missing:", absent)
    chosen = selection.select(there, **choice)
    if not chosen:
        raise _nothing("config_invalid", "There is nothing to check: no service is left.", [])
    return Prepared(config=left, checks=chosen, credentials=credentials)


def _not_there(asked: Asked, config: PreflightConfig, there: list[Check]) -> Iterator[Problem]:
    """Tell what was asked for and is not there."""
    roots = config.roots
    yield from selection.unknown(there, roots, "--only", asked.only)
    yield from selection.unknown(there, roots, "--skip", asked.skip)
    yield from _unknown_codes(asked.ignore)
    for service in asked.services:
        if not getattr(config, service):
            yield Problem(
                where="--verify" if service == "platform" else f"--check-{service}",
                found="a configuration that names none",
                allowed=", ".join(sorted({one.partition(".")[0] for one in roots})) or "nothing",
                fix="add it to the configuration, or leave the option out",
            )


def _absent(missing: Missing) -> ConfigurationFault:
    fault = SECRET_UNRESOLVED(place=missing.kept.told, seen=missing.seen)
    return ConfigurationFault(
        where=missing.where,
        message=f"{missing.where}: {fault.message}. {fault.remediation}",
        service=missing.service,
        code=fault.code.id,
    )


def _lacking(fault: Fault) -> ConfigurationFault:
    text = f"{fault.message}. {fault.remediation}"
    return ConfigurationFault(where="", message=text, code=fault.code.id)


def _unknown_codes(given: Sequence[str]) -> list[Problem]:
    there = ids() if given else []
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
