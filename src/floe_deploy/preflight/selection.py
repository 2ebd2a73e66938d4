"""Which checks of a configuration are run."""

from collections.abc import Collection, Sequence

from floe_constructs.preflight.targets import (
    CLUSTER,
    SECRETS,
    SERVICES,
    PreflightConfig,
    alike,
    begins,
)
from floe_constructs.problem import Problem, nearest
from floe_deploy.preflight.check import Check, Service


def select(
    checks: Sequence[Check],
    *,
    services: Collection[Service],
    only: Sequence[str],
    skip: Sequence[str],
) -> list[Check]:
    """Answer the checks that were asked for, with those that they build on.

    An id chooses all that begin with it: `postgres` those of each database. Without `services` and
    `only` all are asked for. What builds on a check that is left out is left out with it.
    """
    by_id = {check.id: check for check in checks}
    chosen = {
        check.id
        for check in checks
        if (not services or check.service in services) and (not only or _among(check.id, only))
    }
    for one in sorted(chosen):
        needed = by_id[one].requires
        while needed:
            chosen.add(needed)
            needed = by_id[needed].requires
    left_out = {one for one in by_id if _among(one, skip)}
    return [
        check for check in checks if check.id in chosen and not _builds_on(check, by_id, left_out)
    ]


def narrowed(
    config: PreflightConfig,
    *,
    services: Collection[Service],
    only: Sequence[str],
    skip: Sequence[str],
) -> PreflightConfig:
    """Answer the configuration of what is asked at all: the rest needs no credential, no extra."""

    def asked(service: Service, own: str) -> bool:
        chosen = not only or any(alike(own, one) for one in only)
        return chosen and (not services or service in services) and not _among(own, skip)

    left: dict[str, object] = {
        service: tuple(
            target for target in getattr(config, service) if asked(service, target.root(service))
        )
        for service in SERVICES
    }
    left["secrets"] = config.secrets if asked("cluster", SECRETS) else ()
    left["cluster"] = config.cluster if asked("cluster", CLUSTER) else None
    return config.model_copy(update=left)


def unknown(
    checks: Sequence[Check], roots: Collection[str], option: str, given: Sequence[str]
) -> list[Problem]:
    """Tell which ids there are no checks of; `roots` are what all of a configuration begin with."""
    there = sorted({part for one in (*(it.id for it in checks), *roots) for part in _prefixes(one)})
    unmade = [own for own in roots if not any(alike(own, check.id) for check in checks)]
    return [
        Problem(
            where=option,
            found=name,
            allowed=", ".join(there) or "nothing: the configuration names no service",
            fix=nearest(name, there),
        )
        for name in given
        if name not in there and not _among(name, unmade)
    ]


def _prefixes(id: str) -> list[str]:
    parts = id.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]


def _among(id: str, given: Collection[str]) -> bool:
    return any(begins(id, one) for one in given)


def _builds_on(check: Check, by_id: dict[str, Check], left_out: set[str]) -> bool:
    while check.id not in left_out:
        if not check.requires:
            return False
        check = by_id[check.requires]
    return True
