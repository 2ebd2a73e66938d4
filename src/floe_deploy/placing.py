"""When objects are applied that others use: early enough for all of them, and no earlier.

What comes before the gate is changed and removed although the gate stays closed. So accounts, and
what binds rights to them, come with the workloads that run as them, unless gate or migration do;
and Flux leaves in place what stands before the gate for a workload too.
"""

from collections.abc import Iterable, Iterator

from floe_constructs.kubernetes.phase import ANNOTATION, Phase
from floe_deploy.manifests import Manifest, phase_of
from floe_deploy.rules.objects import Object, Objects
from floe_deploy.rules.shape import entries, mapping, text

PRUNE = "kustomize.toolkit.fluxcd.io/prune"
"""Annotation that keeps an object, when `disabled`, where Flux would delete it."""

Who = tuple[str, str]
"""Kind and name."""

_BINDINGS = ("RoleBinding", "ClusterRoleBinding")


def settled(manifests: Iterable[Manifest]) -> list[Manifest]:
    """Answer objects that say when they are applied, where that follows from who uses them."""
    objects = list(Objects({str(number): each for number, each in enumerate(manifests)}))
    users: dict[Who, set[Phase]] = {}
    for it in objects:
        for reference in it.references:
            _use(users, (reference.kind, reference.name), {_phase(it)})
    for it in objects:
        for account in _subjects(it) if it.kind == "RoleBinding" else ():
            _use(users, account, {_phase(it)})
    for it in objects:
        if it.kind in _BINDINGS:
            bound = set().union(*(users.get(account, set()) for account in _subjects(it)))
            role = mapping(it.manifest.get("roleRef"))
            for who in ((it.kind, it.name), (text(role.get("kind")), text(role.get("name")))):
                _use(users, who, bound or {Phase.PLATFORM})
    return [_settled(it, users.get((it.kind, it.name), set())) for it in objects]


def _use(users: dict[Who, set[Phase]], who: Who, phases: set[Phase]) -> None:
    users.setdefault(who, set()).update(phases)


def _phase(it: Object) -> Phase:
    said = it.annotations.get(ANNOTATION)
    if said is not None and said not in set(Phase):
        return Phase.PLATFORM  # which is told where objects get their files
    return phase_of(it.manifest | {"metadata": it.metadata})


def _subjects(it: Object) -> Iterator[Who]:
    for subject in entries(it.manifest.get("subjects")):
        yield text(subject.get("kind")), text(subject.get("name"))


def _settled(it: Object, users: set[Phase]) -> Manifest:
    phase = _phase(it)
    if ANNOTATION not in it.annotations and _follows(it, users):
        phase = Phase.PLATFORM
    kept = phase < Phase.PREFLIGHT and Phase.PLATFORM in users
    if phase is _phase(it) and not kept:
        return it.manifest
    said = {PRUNE: "disabled"} if kept else {}
    annotations = it.annotations | {ANNOTATION: phase.value} | said
    return it.manifest | {"metadata": it.metadata | {"annotations": annotations}}


def _follows(it: Object, users: set[Phase]) -> bool:
    """Tell whether an object is for what comes with the platform, or after it, alone."""
    later = all(phase >= Phase.PLATFORM for phase in users)
    if it.kind == "ServiceAccount":
        return later
    return it.kind in {"ClusterRole", "ClusterRoleBinding"} and bool(users) and later
