"""The gate of an environment: what each of its pods checks, and as whom."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from pydantic import ValidationError

from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.preflight import config as config_of_pods
from floe_constructs.preflight.spec import FOLDER, GateSettings, PreflightSpec, Suite
from floe_constructs.preflight.targets import Kept
from floe_constructs.problem import Problem, nearest
from floe_deploy.environment import Environment
from floe_deploy.errors import InputError
from floe_deploy.gating import config
from floe_deploy.gating.derived import Derived

WITH_SECRETS = "services"
"""Suite of all that is reached with secrets, or without any login."""


def suites(
    name: str, found: Iterable[Derived], secrets: Iterable[SecretKey] = ()
) -> tuple[Suite, ...]:
    """Answer what each pod checks: all that is reached as nobody, then a suite for each identity.

    They are apart because a pod with both would not show what the workload can: clients take a key
    that they find before an identity. Of `secrets`, all that workloads read, those are looked for
    that nothing is asked with.
    """
    groups: dict[object, list[Derived]] = {None: []}
    for derived in found:
        key = derived.account.told_apart_by if derived.account else None
        groups.setdefault(key, []).append(derived)
    made = tuple(
        Suite(
            name=group[0].account.service_account if group[0].account else WITH_SECRETS,
            config=config(name, group),
            authorities={path: ca for one in group for path, ca in one.authorities.items()},
            account=group[0].account,
            endpoints=tuple(dict.fromkeys(at for one in group for at in one.endpoints)),
        )
        for group in groups.values()
        if group
    )
    used = {key for suite in made for key in (*suite.variables.values(), *suite.files.values())}
    others = sorted(set(secrets) - used, key=lambda key: (key.name, key.key))
    return _looking(name, made, [_looked_for(key) for key in others])


def _looked_for(key: SecretKey) -> Kept:
    """Answer where the pods have it; no name of a Secret has a `_`."""
    return Kept(file=f"{FOLDER}/{key.name}__{key.key}", secret=key)


def _looking(name: str, made: tuple[Suite, ...], others: list[Kept]) -> tuple[Suite, ...]:
    """Answer the suites, of which the one of nobody looks for other Secrets."""
    if not others:
        return made
    nobody = [suite for suite in made if suite.account is None]
    first = nobody[0] if nobody else Suite(name=WITH_SECRETS, config=config(name, ()))
    said = first.config.model_copy(update={"secrets": tuple(others)})
    rest = tuple(suite for suite in made if suite.account)
    return (first.model_copy(update={"config": said}), *rest)


def gate(
    name: str,
    environment: Environment,
    found: Iterable[Derived],
    unchecked: Iterable[Problem] = (),
    secrets: Iterable[SecretKey] = (),
) -> PreflightSpec | None:
    """Answer the gate, if there is to be one; `secrets` is all that workloads read.

    Raises:
        InputError: its settings do not suit what there is to check, or the artifacts do not say
            enough to check what they name.

    """
    settings = environment.gate
    if settings is None:
        return None
    subject = f"{name}: the gate cannot be made"
    try:
        spec = PreflightSpec(**dict(settings), instance=name, suites=suites(name, found, secrets))
    except ValidationError as failure:
        told = [Problem(where="gate", found=fault["msg"]) for fault in failure.errors()]
        raise InputError(subject, told) from failure
    lacking = [each for each in unchecked if not _is_left_out(settings, each)]
    if problems := [*map(_to_skip, lacking), *unknown("gate", spec, unchecked)]:
        raise InputError(subject, problems)
    left = [
        suite
        for suite in spec.suites
        if not all(config_of_pods.left_out(settings, root) for root in suite.config.roots)
    ]
    return spec.model_copy(update={"suites": tuple(left)})


def unknown(
    setting: str, spec: PreflightSpec, unchecked: Iterable[Problem] = ()
) -> Iterator[Problem]:
    """Answer what a setting of the overlay leaves out that there is not."""
    roots = sorted({*spec.roots})
    lacking = {_service(each) for each in unchecked}
    for one in config_of_pods.unknown(spec):
        if one not in lacking:
            yield Problem(
                where=f"{setting}.skip",
                found=f"no check {one}",
                allowed=", ".join(roots),
                fix=nearest(one, roots),
            )
    if spec.ignore:
        from floe_deploy.preflight.codes import ids  # imports what checks with

        there = ids()
        for one in spec.ignore:
            if one not in there:
                allowed = "a code of the reference page of preflight"
                fix = nearest(one, there)
                yield Problem(where=f"{setting}.ignore", found=one, allowed=allowed, fix=fix)


def _service(problem: Problem) -> str:
    """Answer whose check it is that a problem of the artifacts prevents."""
    parts = problem.where.split(".")
    return next((one for one in ("storage", "catalog", "compute") if one in parts), "")


def _is_left_out(settings: GateSettings, problem: Problem) -> bool:
    return _service(problem) in settings.skip


def _to_skip(problem: Problem) -> Problem:
    fix = f"compile it in, or leave it out: gate.skip: [{_service(problem)}]"
    return replace(problem, where=f"compiled_artifacts.json: {problem.where}", fix=fix)
