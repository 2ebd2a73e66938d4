"""Objects that point Flux and Argo CD at an environment: what would let a release past its gate."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from floe_constructs.kubernetes.phase import Phase
from floe_deploy.rules.objects import Object
from floe_deploy.rules.rule import Breach, Rule
from floe_deploy.rules.shape import entries, inside, mapping, number, text, texts

FLUX = "kustomize.toolkit.fluxcd.io"
ARGOCD = "argoproj.io"

_LEAST = 30
"""Seconds that Flux waits at least, and by which it is done before the next interval."""

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = re.compile(r"(?P<number>\d+(\.\d+)?)(?P<unit>ms|[hms])")
_WITHOUT_STATUS = ("ExternalSecret", "SealedSecret")
"""Kinds that Flux takes for ready at once, unless it is told what to look at."""

_ROOTS = frozenset({"", "dist"})

_OPENING = frozenset({"ApplyOutOfSyncOnly=true", "Force=true", "Replace=true"})
"""Options by which Argo CD leaves out a gate that has failed, or makes it anew with each sync."""


def _is_flux(it: Object) -> bool:
    return it.kind == "Kustomization" and it.group == FLUX


def _path(it: Object) -> PurePosixPath:
    return PurePosixPath(text(it.spec.get("path")))


def _phase(it: Object) -> Phase | None:
    """Answer the phase of the environment that a Kustomization applies."""
    name = _path(it).name
    return Phase(name) if _is_flux(it) and name in set(Phase) else None


def _root(it: Object) -> Iterator[Breach]:
    if _is_flux(it) and _path(it).name in {it.among.environment, *_ROOTS}:
        path = _path(it)
        yield Breach(found=f"path: {path}", allowed=", ".join(f"{path}/{one}" for one in Phase))


def _chain(it: Object) -> Iterator[Breach]:
    phase = _phase(it)
    if phase is None:
        return
    needed = entries(it.spec.get("dependsOn"))
    for said in needed:
        if "readyExpr" in said:
            yield Breach(
                found=f"a readyExpr for {text(said.get('name'))}",
                allowed="none: it takes the place of Flux' own look at readiness and revision",
            )
    if phase is not Phase.CLUSTER and not needed:
        yield Breach(found="no dependsOn", allowed="dependsOn with the phase before")
        return
    yield from _after(it, phase, {text(said.get("name")) for said in needed})


def _after(it: Object, phase: Phase, needed: set[str]) -> Iterator[Breach]:
    """Look at the phase before, as far as it is known who applies it."""
    before = {one: at for one in _beside(it) if (at := _phase(one)) and at < phase}
    last = max(before.values(), default=phase)
    for between in Phase:
        if last < between < phase and any(one.phase is between for one in it.among):
            yield Breach(found=f"no Kustomization for {between}", allowed="one for each phase")
    for one, at in before.items():
        if at is not last:
            continue
        if one.name not in needed:
            yield Breach(found=f"no dependsOn of {one.name}", allowed=f"dependsOn: {one.name}")
        if one.spec.get("sourceRef") != it.spec.get("sourceRef"):
            yield Breach(found=f"another source than {one.name}", allowed="the same sourceRef")


def _beside(it: Object) -> list[Object]:
    """Answer the Kustomizations of the same environment."""
    there = (*it.among.of("Kustomization"), *it.among.delivery)
    return [one for one in there if _is_flux(one) and _path(one).parent == _path(it).parent]


def _wait(it: Object) -> Iterator[Breach]:
    phase = _phase(it)
    if phase is None:
        return
    for key, wanted in (("wait", True), ("prune", True), ("force", False), ("suspend", False)):
        if it.spec.get(key, False) is not wanted:
            found, allowed = (f"{key}: {str(value).lower()}" for value in (not wanted, wanted))
            yield Breach(found=found, allowed=allowed)
    told = {text(said.get("kind")) for said in entries(it.spec.get("healthCheckExprs"))}
    for kind in _WITHOUT_STATUS:
        if kind not in told and any(one.phase is phase for one in it.among.of(kind)):
            yield Breach(found=f"no healthCheckExprs for {kind}")


def _timeout(it: Object) -> Iterator[Breach]:
    """Flux has to wait longer than any Job of the phase: else it never learns how that ended."""
    phase = _phase(it)
    given = _seconds(it.spec.get("timeout")) or _seconds(it.spec.get("interval")) - _LEAST
    timeout = max(given, _LEAST)
    for job in it.among.of("Job") if phase else ():
        deadline = number(job.spec.get("activeDeadlineSeconds"), 0)
        if job.phase is phase and deadline >= timeout:
            yield Breach(found=f"a wait of {timeout:g} s for {job}, which may take {deadline} s")


def _seconds(duration: object) -> float:
    return sum(
        float(part["number"]) * _UNITS[part["unit"]] for part in _DURATION.finditer(text(duration))
    )


def _application(it: Object) -> dict[str, Any] | None:
    """Answer what an object says of an Application over the environment; None for others."""
    if it.group != ARGOCD or it.kind not in {"Application", "ApplicationSet"}:
        return None
    folders = {it.among.environment, *Phase}
    if not any(PurePosixPath(value).name in folders for _, value in texts(it.spec)):
        return None
    return it.spec if it.kind == "Application" else inside(it.spec, "template", "spec")


def _sync(it: Object) -> Iterator[Breach]:
    said = _application(it)
    if said is None:
        return
    for source in [mapping(said.get("source")), *entries(said.get("sources"))]:
        path = PurePosixPath(text(source.get("path")))
        if path.name in set(Phase):
            yield Breach(found=f"an Application over {path}", allowed=f"one over {path.parent}")
    given = inside(said, "syncPolicy").get("syncOptions")
    options = [text(option) for option in given] if isinstance(given, list) else []
    if "PruneLast=true" not in options:
        yield Breach(found="no PruneLast=true", allowed="syncOptions with PruneLast=true")
    for option in options:
        if option in _OPENING:
            yield Breach(found=option, allowed="ServerSideApply=true, PruneLast=true")


RULES = (
    Rule(
        id="engine-root",
        summary="No Flux Kustomization is over the whole folder of an environment.",
        why="It would apply workloads together with their gate, and before it.",
        remedy="make one Kustomization for each phase, each depending on the one before",
        check=_root,
    ),
    Rule(
        id="flux-chain",
        summary="The Flux Kustomization of a phase depends on that of the phase before, as Flux "
        "looks at it, and reads the same source; no phase between two of them is left out.",
        why="A phase would be applied before its gate, or after the gate of another revision.",
        remedy="correct dependsOn and sourceRef, leave out readyExpr, and add what is missing",
        check=_chain,
    ),
    Rule(
        id="flux-wait",
        summary="The Flux Kustomization of a phase waits for all that it applies, prunes, forces "
        "nothing, and is told when Secrets are there.",
        why="The next phase would begin before a gate has passed or a Secret is made; what left "
        "Git would stay; what cannot be changed would be deleted and made anew.",
        remedy="set what is allowed, as `delivery` in the overlay does",
        check=_wait,
    ),
    Rule(
        id="flux-timeout",
        summary="Flux waits longer for a phase than its Jobs may take, and 30 seconds at least.",
        why="It would give up before the Job says why.",
        remedy="raise spec.timeout",
        check=_timeout,
    ),
    Rule(
        id="argocd-sync",
        summary="One Argo CD Application is over the whole environment, prunes last, applies all "
        "of it, and forces nothing.",
        why="Argo CD would delete what the running release needs while the gate of the next one "
        "fails; waves hold within one Application only; with ApplyOutOfSyncOnly=true the next try "
        "leaves out a gate that has failed, for its Job is as Git says.",
        remedy="set syncOptions, as `delivery` in the overlay does",
        check=_sync,
    ),
)
