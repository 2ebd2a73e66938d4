"""The names of Jobs that run once for each release: another one for anything that is another."""

import json
import re
from collections.abc import Iterable

from floe_constructs.kubernetes.phase import Phase
from floe_deploy import lock
from floe_deploy.manifests import Manifest, phase_of

_HASH = re.compile(r"-[0-9a-f]{10}$")
_PHASES = frozenset({Phase.PREFLIGHT, Phase.VERIFY})


def named(objects: Iterable[Manifest], copies: Iterable[Manifest] = ()) -> list[Manifest]:
    """Answer objects in which Jobs of gate and verification are called after the whole release.

    A Job is neither changed nor run again under its name, so that a gate that has passed would let
    any later release through, and one that has failed would stay closed after the fix. `copies` are
    part of the release too.
    """
    objects = list(objects)
    texts = [json.dumps(_nameless(each), sort_keys=True) for each in (*objects, *copies)]
    digest = lock.sha256(json.dumps(sorted(texts)).encode())[:10]
    return [_called(each, digest) if _is_for_release(each) else each for each in objects]


def _is_for_release(manifest: Manifest) -> bool:
    return manifest["kind"] == "Job" and phase_of(manifest) in _PHASES


def _nameless(manifest: Manifest) -> Manifest:
    if not _is_for_release(manifest):
        return manifest
    return manifest | {"metadata": manifest["metadata"] | {"name": ""}}


def _called(manifest: Manifest, digest: str) -> Manifest:
    base = _HASH.sub("", manifest["metadata"]["name"])
    return manifest | {"metadata": manifest["metadata"] | {"name": f"{base}-{digest}"}}
