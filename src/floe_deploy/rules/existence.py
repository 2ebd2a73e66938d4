"""What objects refer to is there, and is there early enough."""

import re
from collections.abc import Callable, Iterable, Iterator

from floe_deploy.rules.objects import Object, Objects
from floe_deploy.rules.references import Reference
from floe_deploy.rules.rule import Breach, Rule, Severity
from floe_deploy.rules.secret_sources import sources
from floe_deploy.rules.shape import entries, mapping, text
from floe_deploy.rules.workloads import Workload, policies

_EVERYWHERE = re.compile(r"ServiceAccount/default|PriorityClass/system-.*")
"""What Kubernetes makes itself."""


def _missing(kind: str) -> Callable[[Object], Iterator[Breach]]:
    """Make the check of a kind whose objects are there under the names that pods use."""

    def check(it: Object) -> Iterator[Breach]:
        for reference in it.references:
            if reference.kind == kind and not _is_there(it.among, reference):
                yield _absent(reference)

    return check


def _is_there(among: Objects, reference: Reference) -> bool:
    known = among.find(reference.kind, reference.name) or reference in among.elsewhere
    return bool(known or _EVERYWHERE.fullmatch(f"{reference.kind}/{reference.name}"))


def _absent(reference: Reference) -> Breach:
    return Breach(found=f"a reference to {reference.kind}/{reference.name}, which is not there")


def _config_map(it: Object) -> Iterator[Breach]:
    for reference in it.references:
        if reference.kind != "ConfigMap":
            continue
        target = it.among.find("ConfigMap", reference.name)
        if target is None:
            if Reference("ConfigMap", reference.name) not in it.among.elsewhere:
                yield _absent(reference)
            continue
        data = mapping(target.manifest.get("data")) | mapping(target.manifest.get("binaryData"))
        if reference.key and reference.key not in data:
            yield _without(reference, data)


def _without(reference: Reference, keys: Iterable[str]) -> Breach:
    return Breach(
        found=f"a reference to {reference.kind}/{reference.name}, which has no key {reference.key}",
        allowed=", ".join(sorted(keys)) or "none",
    )


def _secret(it: Object) -> Iterator[Breach]:
    if not it.among.brings_secrets:
        return
    for reference in it.references:
        if reference.kind == "Secret":
            keys = sources(it.among).get(reference.name)
            if keys is None:
                yield _absent(reference)
            elif reference.key and keys.keys and reference.key not in keys.keys:
                yield _without(reference, keys.keys)


def _service_account(it: Object) -> Iterator[Breach]:
    yield from _missing("ServiceAccount")(it)
    for subject in entries(it.manifest.get("subjects")) if it.kind == "RoleBinding" else ():
        said = Reference(text(subject.get("kind")), text(subject.get("name")))
        here = subject.get("namespace") in (None, it.metadata.get("namespace"))
        if said.kind == "ServiceAccount" and here and not _is_there(it.among, said):
            yield _absent(said)


def _role(it: Object) -> Iterator[Breach]:
    if it.kind in {"RoleBinding", "ClusterRoleBinding"}:
        said = mapping(it.manifest.get("roleRef"))
        if said.get("kind") == "Role" and not it.among.find("Role", said.get("name")):
            yield _absent(Reference("Role", text(said.get("name"))))


def _scale_target(it: Object) -> Iterator[Breach]:
    if it.kind == "HorizontalPodAutoscaler":
        said = mapping(it.spec.get("scaleTargetRef"))
        target = it.among.find(text(said.get("kind")), said.get("name"))
        if target is None:
            yield _absent(Reference(text(said.get("kind")), text(said.get("name"))))
        elif "replicas" in target.spec:
            yield Breach(
                found=f"{target} with replicas of its own",
                fix="leave out replicas: each apply would undo what the autoscaler did",
            )


def _phase_order(it: Object) -> Iterator[Breach]:
    if it.phase is None:
        return
    for target in dict.fromkeys(_targets(it)):
        if target.phase and target.phase > it.phase:
            yield Breach(found=f"a reference to {target}, which comes later: {target.phase}")


def _targets(it: Object) -> Iterator[Object]:
    """Answer the objects that have to be there before this one works."""
    for reference in it.references:
        name = reference.name
        bringer = sources(it.among).get(name) if reference.kind == "Secret" else None
        found = bringer.object if bringer else it.among.find(reference.kind, name)
        if found:
            yield found
    if it.kind == "RoleBinding":
        subjects = entries(it.manifest.get("subjects"))
        for said in [mapping(it.manifest.get("roleRef")), *subjects]:
            if found := it.among.find(text(said.get("kind")), said.get("name")):
                yield found
    if it.kind == "Job" and it.pod:  # until the first policy is there, it can reach nothing
        opening = [one for one in policies(Workload(it, it.pod.labels)) if one.phase]
        yield from sorted(opening, key=lambda policy: policy.phase or "")[:1]


def _claim_order(it: Object) -> Iterator[Breach]:
    if it.kind != "PersistentVolumeClaim":
        return
    wanted = Reference("PersistentVolumeClaim", it.name)
    users = [item for item in it.among if wanted in item.references]
    if not users:
        yield Breach(found="a claim that no pod uses")
    elif it.phase and all(user.phase and user.phase > it.phase for user in users):
        yield Breach(found=f"a claim that stands before {users[0]}, which uses it")


_THERE = "correct the name, or add the object"

RULES = (
    Rule(
        id="reference-config-map",
        summary="Every ConfigMap, and every key of one, that a pod refers to is there.",
        why="The pod would not start: CreateContainerConfigError, or a folder where a file is "
        "mounted.",
        remedy=_THERE,
        check=_config_map,
    ),
    Rule(
        id="reference-secret",
        summary="Every Secret, and every key of one, that a pod refers to is brought by the "
        "environment's strategy. Secrets that are made elsewhere (`existing`) are not known here.",
        why="The pod would wait in CreateContainerConfigError for ever.",
        remedy="correct the name or key, or add it to what the strategy brings; `floe secrets` "
        "lists what is needed",
        check=_secret,
    ),
    Rule(
        id="reference-service-account",
        summary="Every ServiceAccount that pods and RoleBindings refer to is there.",
        why="The API server refuses the pods, which shows only as an event; a binding binds "
        "nobody.",
        remedy=_THERE,
        check=_service_account,
    ),
    Rule(
        id="reference-role",
        summary="Every Role that a binding refers to is there.",
        why="Kubernetes takes the binding all the same, and grants nothing.",
        remedy=_THERE,
        check=_role,
    ),
    Rule(
        id="reference-claim",
        summary="Every PersistentVolumeClaim that a pod refers to is there.",
        why="The pod would be pending for ever.",
        remedy=_THERE,
        check=_missing("PersistentVolumeClaim"),
    ),
    Rule(
        id="reference-priority-class",
        summary="Every PriorityClass that a pod refers to is the environment's or the system's.",
        why="Without it the API server refuses the pods. One that the cluster has for everybody "
        "cannot be seen here.",
        remedy="correct the name; if the cluster has it, except the object",
        check=_missing("PriorityClass"),
        severity=Severity.WARNING,
    ),
    Rule(
        id="scale-target",
        summary="What an autoscaler scales is there, and has no number of replicas of its own.",
        why="It would scale nothing; or each apply would set the number back, under load too.",
        remedy=_THERE,
        check=_scale_target,
    ),
    Rule(
        id="phase-order",
        summary="Nothing refers to an object of a later phase; a Job's policy comes no later "
        "than the Job.",
        why="A phase is applied when the one before is ready, and that one would wait for it.",
        remedy="give one of the two another phase",
        check=_phase_order,
    ),
    Rule(
        id="claim-order",
        summary="A PersistentVolumeClaim comes with a pod that uses it, not before.",
        why="A volume that binds at first use leaves the claim pending, so that its phase never "
        "gets ready.",
        remedy="give it the phase of the pod that uses it",
        check=_claim_order,
    ),
)
