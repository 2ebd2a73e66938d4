"""Objects are in the phase that suits them, and in no other one for Argo CD."""

from collections.abc import Iterator

from floe_constructs.kubernetes.phase import Phase
from floe_deploy.manifests import WAVE
from floe_deploy.rules.objects import Object
from floe_deploy.rules.rule import Breach, Rule
from floe_deploy.rules.shape import text

_FROM = {Phase.SERVICES, Phase.PLATFORM, Phase.VERIFY}
"""Phases in which something may go on running."""

_JOBS = {*_FROM, Phase.PREFLIGHT, Phase.MIGRATE}
"""Phases in which something may run once."""

_WAVES = {phase: (phase.wave, phase.wave) for phase in Phase}
_WAVES[Phase.PLATFORM] = (Phase.MIGRATE.wave + 1, Phase.VERIFY.wave - 1)
"""The waves of each phase: within the platform there may be an order."""


def _workload(it: Object) -> Iterator[Breach]:
    if it.phase and it.pod and it.phase not in (_JOBS if it.kind == "Job" else _FROM):
        yield Breach(
            found=f"a {it.kind} in {it.phase}",
            allowed="Jobs from 20-services on; what goes on running in 20-services, 50-platform",
        )


def _wave(it: Object) -> Iterator[Breach]:
    if it.phase is None:
        return
    first, last = _WAVES[it.phase]
    said = text(it.annotations.get(WAVE, "0"))
    wave = int(said) if said.removeprefix("-").isdecimal() else None
    if wave is None or not first <= wave <= last:
        allowed = str(first) if first == last else f"{first} to {last}"
        yield Breach(found=f"{WAVE}: {said} in {it.phase}", allowed=allowed)


RULES = (
    Rule(
        id="phase-workload",
        summary="Before the platform nothing runs but Jobs of gate and migration, and what the "
        "environment brings as its own services.",
        why="A workload that comes before the gate is rolled out although the gate stays closed.",
        remedy="leave out the phase: workloads belong to 50-platform",
        check=_workload,
    ),
    Rule(
        id="phase-wave",
        summary="An object's sync wave is that of its phase; in `50-platform` it may be any "
        "between those of migration and verification.",
        why="Argo CD goes by the wave, Flux by the folder: in Argo CD the object would be applied "
        "before the gate, or after the platform.",
        remedy="leave out the annotation: `floe synth` writes it",
        check=_wave,
    ),
)
