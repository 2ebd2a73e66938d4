"""What an environment needs of Secrets: keys, who gets them, and where they come from."""

from collections.abc import Iterator
from dataclasses import dataclass

from floe_constructs.cube import credentials as cube
from floe_constructs.dagster import credentials as dagster
from floe_constructs.jaeger import credentials as jaeger
from floe_constructs.kubernetes.secret import SecretKey, Use
from floe_constructs.login import credentials as login
from floe_constructs.marquez import credentials as marquez
from floe_constructs.preflight import credentials as preflight
from floe_constructs.problem import Problem
from floe_constructs.secrets.spec import EncryptedSecrets, ExternalSecrets
from floe_constructs.services import credentials as services
from floe_deploy import workloads
from floe_deploy.secrets import encrypted
from floe_deploy.wiring import Wired

MADE = "made in the cluster"
"""Where Secrets come from that a Job makes at random."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """One key of a Secret."""

    key: str
    """Its name."""

    uses: tuple[Use, ...]
    """Who gets it; none where only a composition of the user's refers to it."""


@dataclass(frozen=True, kw_only=True)
class Needed:
    """One Secret that an environment needs."""

    name: str
    """Its name."""

    source: str
    """Where it comes from: a name in the store, a file of the overlay, or nothing that is known."""

    problems: tuple[Problem, ...]
    """What is wrong with its file."""

    keys: tuple[Key, ...]
    """Its keys."""


def listing(wired: Wired) -> list[Needed]:
    """Answer every Secret that an environment needs, by name."""
    secrets = wired.environment.secrets
    problems = encrypted.check(wired) if isinstance(secrets, EncryptedSecrets) else {}
    by_key: dict[SecretKey, list[Use]] = {}
    for use in _uses(wired):
        by_key.setdefault(use.secret, []).append(use)
    return [
        Needed(
            name=name,
            source=source_of(wired, name),
            problems=tuple(problems.get(encrypted.path_of(name), ())),
            keys=tuple(
                Key(
                    key=key,
                    uses=tuple(by_key.get(SecretKey(name=name, key=key), ())),
                )
                for key in keys
            ),
        )
        for name, keys in sorted({**wired.secrets, **wired.made}.items())
    ]


def source_of(wired: Wired, name: str) -> str:
    """Answer where a Secret comes from."""
    secrets = wired.environment.secrets
    if name in wired.made:
        return MADE
    if isinstance(secrets, ExternalSecrets):
        return secrets.remote(name)
    return encrypted.path_of(name) if isinstance(secrets, EncryptedSecrets) else ""


def _uses(wired: Wired) -> Iterator[Use]:
    if wired.dagster:
        yield from dagster.credentials(wired.dagster)
    if wired.cube:
        yield from cube.credentials(wired.cube)
    if wired.marquez:
        yield from marquez.credentials(wired.marquez)
    if wired.jaeger:
        yield from jaeger.credentials(wired.jaeger)
    if wired.services:
        yield from services.credentials(wired.services)
    checking = [spec for spec in (wired.gate, wired.verification) if spec]
    for spec in checking:
        yield from preflight.credentials(spec)
    for one in wired.logins:
        yield from login.credentials(one)
    specs = (wired.dagster, wired.cube, wired.marquez, wired.jaeger, wired.services)
    yield from workloads.credentials((*specs, *checking, *wired.logins))
