"""The list of an environment's Secrets, for people and for programs."""

from collections.abc import Iterator, Sequence
from textwrap import fill
from typing import Any

from floe_constructs.kubernetes.secret import DOCKER_CONFIG
from floe_constructs.secrets.spec import ExternalSecrets, SealedSecrets, SopsSecrets
from floe_deploy.secrets.listing import Key, Needed
from floe_deploy.wiring import Wired

_COLUMN, _WIDTH = 28, 100
_UNKNOWN = "nobody that is known here"


def text(wired: Wired, needed: Sequence[Needed]) -> Iterator[str]:
    """Answer lines: each Secret, its keys, and who gets them by what."""
    count = f"{len(needed)} Secret" + ("" if len(needed) == 1 else "s")
    yield f"{wired.name}: {count} in namespace {wired.environment.namespace}, {_bringing(wired)}"
    for secret in needed:
        yield ""
        yield f"{secret.name:{_COLUMN}}{secret.source}".rstrip()
        for problem in secret.problems:
            place = problem.where.removeprefix(secret.source).strip(": ")
            yield f"  ! {f'{place}: ' if place else ''}{problem.found}"
        for key in secret.keys:
            label = f"  {key.key}"
            for how, pods in _users(key):
                yield _wrapped(label, (f"{how}: " if how else "") + ", ".join(pods))
                label = ""


def _wrapped(label: str, said: str) -> str:
    return fill(
        said,
        width=_WIDTH,
        initial_indent=f"{label:{_COLUMN}}",
        subsequent_indent=" " * _COLUMN,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _bringing(wired: Wired) -> str:
    if not wired.made:
        return _strategy(wired)
    here = f"{len(wired.made)} made in the cluster"
    return f"{here}, the others {_strategy(wired)}" if wired.secrets else here


def _strategy(wired: Wired) -> str:
    match wired.environment.secrets:
        case ExternalSecrets(store=store):
            return f"copied from {store.kind} {store.name} by External Secrets"
        case SealedSecrets():
            return "sealed in Git, and opened by Sealed Secrets"
        case SopsSecrets(argocd_plugin=None):
            return "encrypted in Git, and decrypted by Flux (by Argo CD only with a plugin)"
        case SopsSecrets(argocd_plugin=plugin):
            return f"encrypted in Git, and decrypted by Flux or by Argo CD's plugin {plugin}"
        case _:
            return "made by hand"


def _users(key: Key) -> list[tuple[str, list[str]]]:
    """Answer the pods that get a key, by the variable or file that holds it."""
    found: dict[str, list[str]] = {}
    for use in key.uses:
        found.setdefault(use.variable or use.file, []).append(use.pods.object_name)
    return list(found.items()) or [("", [no_pod(key)])]


def no_pod(key: Key) -> str:
    """Answer who takes a key that no container gets."""
    return "the kubelet, to pull images" if key.key == DOCKER_CONFIG else _UNKNOWN


def data(wired: Wired, needed: Sequence[Needed]) -> dict[str, Any]:
    """Answer the same for a program; `source` is null for Secrets that are made by hand."""
    external = isinstance(wired.environment.secrets, ExternalSecrets)
    return {
        "environment": wired.name,
        "namespace": wired.environment.namespace,
        "strategy": wired.environment.secrets.strategy,
        "secrets": [
            {
                "name": secret.name,
                "source": secret.source or None,
                "problems": [str(problem) for problem in secret.problems],
                "keys": [
                    {
                        "key": key.key,
                        "property": ExternalSecrets.property_of(key.key) if external else None,
                        "uses": [
                            {
                                "workload": use.pods.object_name,
                                "variable": use.variable or None,
                                "file": use.file or None,
                            }
                            for use in key.uses
                        ],
                    }
                    for key in secret.keys
                ],
            }
            for secret in needed
        ],
    }
