"""What Flux and Argo CD take differently, and what neither may delete."""

from collections.abc import Iterator

from floe_constructs.kubernetes.phase import Phase
from floe_deploy.manifests import NO_SUBSTITUTION
from floe_deploy.rules.delivery import FLUX
from floe_deploy.rules.objects import Object
from floe_deploy.rules.rule import Breach, Rule
from floe_deploy.rules.shape import inside, mapping, text

_HOOKS = ("helm.sh/hook", "argocd.argoproj.io/hook")
_OPTIONS = "argocd.argoproj.io/sync-options"
_KEPT = ("Prune=false", "Delete=false")
_NEVER = {
    "config.kubernetes.io/local-config": {"true"},
    f"{FLUX}/force": {"enabled", "true"},
    f"{FLUX}/reconcile": {"disabled", "false"},
    f"{FLUX}/ssa": {"ignore"},
}
"""Labels and annotations with which an engine leaves an object out, or deletes what it replaces."""

_NOT_EARLY = {
    "argocd.argoproj.io/ignore-healthcheck": {"true"},
    f"{FLUX}/ssa": {"ifnotpresent", "merge"},
}
"""Those with which it does not wait for an object, or keeps an old one."""

_HARMLESS = {
    *_KEPT, "", "Prune=confirm", "Delete=confirm", "PruneLast=true", "ServerSideApply=true",
    "Replace=false", "Force=false",
}  # fmt: skip
"""Sync options that open no gate."""

_EARLY = tuple(phase for phase in Phase if phase < Phase.PLATFORM)
_REPLACING = {"Force=true", "Replace=true"}
_PRUNE = f"{FLUX}/prune"


def _hooks(it: Object) -> Iterator[Breach]:
    for key in it.annotations:
        if str(key).startswith(_HOOKS):
            yield Breach(found=f"annotation {key}")


def _options(it: Object) -> list[str]:
    return [option.strip() for option in text(it.annotations.get(_OPTIONS)).split(",")]


def _replaced(it: Object) -> Iterator[Breach]:
    for option in _options(it):
        if option in _REPLACING:
            yield Breach(found=f"{_OPTIONS}: {option}")


def _substituted(it: Object) -> Iterator[Breach]:
    said = {**mapping(it.metadata.get("labels")), **it.annotations}.get(NO_SUBSTITUTION)
    if said != "disabled" and any("${" in value for _, value in it.texts):
        yield Breach(found="text with ${, which Flux may replace")


def _applied(it: Object) -> Iterator[Breach]:
    early = it.phase in _EARLY
    said = {**mapping(it.metadata.get("labels")), **it.annotations}
    for key in sorted(_NEVER.keys() | _NOT_EARLY.keys()):
        refused = _NEVER.get(key, set()) | (_NOT_EARLY.get(key, set()) if early else set())
        if str(said.get(key)).lower() in refused:
            yield Breach(found=f"{key}: {said[key]}")
    for option in _options(it) if early else ():
        if option not in _HARMLESS | _REPLACING:
            yield Breach(found=f"{_OPTIONS}: {option}")


def _kept(it: Object) -> Iterator[Breach]:
    if it.kind in {"CustomResourceDefinition", "Namespace", "PersistentVolumeClaim"}:
        if it.annotations.get(_PRUNE) != "disabled":
            yield Breach(found="what Flux would delete", allowed=f"{_PRUNE}: disabled")
        if not set(_KEPT) <= set(_options(it)):
            yield Breach(
                found="what Argo CD would delete", allowed=f'{_OPTIONS}: "{",".join(_KEPT)}"'
            )
    policy = inside(it.spec, "persistentVolumeClaimRetentionPolicy")
    if it.kind == "StatefulSet" and "Delete" in policy.values():
        yield Breach(found="claims that go with their pods", allowed="Retain")


RULES = (
    Rule(
        id="engine-hook",
        summary="Nothing is a hook of Helm or Argo CD.",
        why="Argo CD runs hooks before everything else, and leaves them out of many syncs; Flux "
        "does not know them: one file would mean two things.",
        remedy="give it a phase",
        check=_hooks,
    ),
    Rule(
        id="engine-replace",
        summary="Argo CD replaces nothing and forces nothing.",
        why="A Job would run again with each sync, in some versions twice and before its wave; "
        "any other object would be gone for a moment.",
        remedy="give what cannot be changed a name with a hash of its content",
        check=_replaced,
    ),
    Rule(
        id="engine-substitution",
        summary="Text that holds `${` is not for Flux to replace.",
        why="From Flux 2.9 on a Kustomization with postBuild fails at a name that it does not "
        "know; before, it put nothing in its place.",
        remedy=f"set the annotation {NO_SUBSTITUTION}: disabled, as `floe synth` does",
        check=_substituted,
    ),
    Rule(
        id="engine-applied",
        summary="Nothing tells an engine to leave an object out, to delete what it replaces, or, "
        "before the platform, not to wait for it or to keep an old one.",
        why="A gate that one engine leaves out, or does not wait for, is open there and closed in "
        "the other; an object that is forced is deleted, a claim with its data.",
        remedy="leave out the label or annotation",
        check=_applied,
    ),
    Rule(
        id="data-kept",
        summary="Neither engine deletes Namespaces, claims and definitions of kinds; StatefulSets "
        "keep their claims.",
        why="An object that leaves Git is deleted: with its data, if it is one of these.",
        remedy="set what is allowed",
        check=_kept,
    ),
)
