"""What becomes of rendered objects: a phase, a file name and bytes for each."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from floe_constructs.kubernetes.phase import ANNOTATION, Phase
from floe_constructs.problem import Problem
from floe_constructs.yaml_text import dump
from floe_deploy.errors import InputError

Manifest = dict[str, Any]
"""A Kubernetes object as a mapping."""

MARK = '# Made by "floe synth"'
"""How every generated manifest begins."""

WAVE = "argocd.argoproj.io/sync-wave"
NO_SUBSTITUTION = "kustomize.toolkit.fluxcd.io/substitute"
NAME = "app.kubernetes.io/name"

CLUSTER_SCOPED = frozenset(
    {
        "APIService",
        "ClusterExternalSecret",
        "ClusterIssuer",
        "ClusterRole",
        "ClusterRoleBinding",
        "ClusterSecretStore",
        "CustomResourceDefinition",
        "GatewayClass",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "PersistentVolume",
        "PriorityClass",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeSnapshotClass",
    }
)
"""Kinds without a namespace: a cdk8s chart stamps its namespace on them as well."""

_RIGHTS = frozenset({"Role", "RoleBinding"})
"""Kinds with a namespace that whoever applies the rest needs before."""

_FOUNDATION = frozenset(
    {
        "ExternalSecret",
        "LimitRange",
        "ResourceQuota",
        "SealedSecret",
        "SecretStore",
        "ServiceAccount",
    }
)
"""Kinds that gate and migration need before the workloads come."""


@dataclass(frozen=True, order=True)
class Identity:
    """What makes an object the same object: apply would overwrite, so it has to be unique."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """As `kind/name`, which is enough within one environment."""
        return f"{self.kind}/{self.name}"


def identity(manifest: Manifest) -> Identity:
    """Answer who an object is."""
    group, _, _ = manifest["apiVersion"].rpartition("/")
    metadata = manifest["metadata"]
    return Identity(group, manifest["kind"], metadata.get("namespace", ""), metadata["name"])


def phase_of(manifest: Manifest) -> Phase:
    """Answer when an object is applied: as it says itself, else as its kind says."""
    if said := manifest["metadata"].get("annotations", {}).get(ANNOTATION):
        return Phase(said)
    if manifest["kind"] in CLUSTER_SCOPED:
        return Phase.CLUSTER
    return Phase.FOUNDATION if manifest["kind"] in _FOUNDATION else Phase.PLATFORM


def placed(manifest: Manifest) -> tuple[Phase, Manifest]:
    """Answer an object's phase, and the object as it is written: with its wave, in one order."""
    phase = phase_of(manifest)
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "annotations"}
    kind = manifest["kind"]
    if kind in CLUSTER_SCOPED or (phase is Phase.CLUSTER and kind not in _RIGHTS):
        metadata.pop("namespace", None)
    annotations = dict(manifest["metadata"].get("annotations", {}))
    annotations.pop(ANNOTATION, None)
    if phase.wave:
        annotations[WAVE] = str(phase.wave)
    if annotations:
        metadata["annotations"] = dict(sorted(annotations.items()))
    return phase, ordered(manifest | {"metadata": metadata})


def ordered(manifest: Manifest) -> Manifest:
    """Answer an object in the order in which it is read: what it is, who it is, what it says."""
    metadata = manifest["metadata"]
    first = ("name", "namespace")
    who = {key: metadata[key] for key in first if key in metadata}
    who |= {key: metadata[key] for key in sorted(metadata.keys() - set(first))}
    body = {key: value for key, value in manifest.items() if key != "metadata"}
    head = {"apiVersion": body.pop("apiVersion"), "kind": body.pop("kind")}
    return head | {"metadata": who} | body


def path_of(phase: Phase, manifest: Manifest) -> str:
    """Answer the file of an object, below the environment's folder.

    It does not hold the content hash of a Job's name, so that a review shows a change as one.
    """
    metadata = manifest["metadata"]
    name = metadata["name"]
    labels = metadata.get("labels", {})
    if manifest["kind"] == "Job" and phase is not Phase.PLATFORM:
        name = re.sub(r"-[0-9a-f]{10}$", "", name)
    file = re.sub(r"[^a-z0-9.-]", "-", f"{manifest['kind']}-{name}".lower())
    folder = f"{labels[NAME]}/" if phase is Phase.PLATFORM and NAME in labels else ""
    return f"{phase}/{folder}{file}.yaml"


def header(environment: str) -> str:
    """Answer the first line of every generated file; it names no version, path or time."""
    return f"{MARK} for the environment {environment}: change its overlay, not this file.\n"


def files_of(
    environment: str,
    manifests: Iterable[Manifest],
    copies: Iterable[tuple[str, Manifest]] = (),
) -> dict[str, tuple[str, Manifest]]:
    """Answer text and object of every object's file, by path.

    `copies` are objects of the foundation whose text is kept as it is: a signature would break.

    Raises:
        InputError: an object has no name or no phase that there is; two are the same, or would
            share a file.

    """
    manifests = fitting(environment, manifests)
    files: dict[str, tuple[str, Manifest]] = {}
    seen: dict[Identity, str] = {}
    problems = []
    first_line = header(environment)
    made = [(phase, ordered, "") for phase, ordered in map(placed, manifests)]
    for phase, ordered, text in [*made, *((Phase.FOUNDATION, copy, text) for text, copy in copies)]:
        who, path = identity(ordered), path_of(phase, ordered)
        if who in seen or path in files:
            problems.append(
                Problem(
                    where=path,
                    found=f"{who} more than once",
                    allowed="one object of a kind and name",
                    fix="rename or remove one of them",
                )
            )
        seen[who] = path
        files[path] = (text or first_line + _text(ordered), ordered)
    if problems:
        raise InputError(f"{environment}: objects would overwrite each other", problems)
    return dict(sorted(files.items()))


def fitting(environment: str, manifests: Iterable[Manifest]) -> list[Manifest]:
    """Answer objects of which each has a name, and a phase that there is.

    Raises:
        InputError: one has not.

    """
    manifests = list(manifests)
    if unfit := [problem for manifest in manifests for problem in _unfit(manifest)]:
        raise InputError(f"{environment}: objects have no place", unfit)
    return manifests


def _unfit(manifest: Manifest) -> Iterator[Problem]:
    """Find what is missing to give an object a file; ours have it, a composition's may not."""
    metadata = manifest.get("metadata", {})
    if not metadata.get("name"):
        yield Problem(
            where=manifest["kind"],
            found="no name",
            allowed="metadata.name",
            fix="name it, and compose the items of a list one by one",
        )
    elif (said := metadata.get("annotations", {}).get(ANNOTATION)) and said not in set(Phase):
        yield Problem(
            where=str(identity(manifest)), found=f"phase {said}", allowed=", ".join(Phase)
        )


def _text(manifest: Manifest) -> str:
    """Write an object; if it holds `${`, tell Flux that this is not for Flux to replace.

    From Flux 2.9 on a Kustomization with `postBuild` fails at each such text that it does not know.
    """
    text = dump(manifest)
    if "${" not in text:
        return text
    annotations = manifest["metadata"].get("annotations", {}) | {NO_SUBSTITUTION: "disabled"}
    manifest["metadata"]["annotations"] = dict(sorted(annotations.items()))
    return dump(manifest)
