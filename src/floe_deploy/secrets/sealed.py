"""What a SealedSecret has to be, so that Git may hold it."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from floe_constructs.problem import Problem
from floe_deploy.secrets.form import Form, closed, finding, mapping

_SEAL = "seal it: `kubeseal --format yaml`"
_SCOPES = ("sealedsecrets.bitnami.com/cluster-wide", "sealedsecrets.bitnami.com/namespace-wide")
_METADATA = ("annotations", "creationTimestamp", "labels", "name", "namespace")
_TAG_BYTES = 16
_RSA_BYTES = range(256, 2049)
"""A session key, encrypted with an RSA key of 2048 to 16384 bits."""

_DISTINCT = 100
"""Different bytes in at least 256 random ones; text has fewer, at whatever length."""


def _problems(manifest: Mapping[str, Any]) -> Iterator[Problem]:
    """Tell what is not as `kubeseal` writes it, or would be readable."""
    spec = mapping(manifest.get("spec"))
    template = mapping(spec.get("template"))
    yield from closed("", manifest, ("apiVersion", "kind", "metadata", "spec"))
    yield from closed("metadata", mapping(manifest.get("metadata")), _METADATA)
    yield from closed("spec", spec, ("encryptedData", "template"))
    yield from closed("spec.template", template, ("immutable", "metadata", "type"))
    yield from closed("spec.template.metadata", mapping(template.get("metadata")), _METADATA)
    yield from _scope("metadata", manifest)
    yield from _scope("spec.template.metadata", template)
    for key, value in _keys(manifest).items():
        if not isinstance(value, str) or not value:
            yield finding(f"spec.encryptedData.{key}", "nothing sealed", "ciphertext", _SEAL)
        elif found := _unsealed(value):
            yield finding(f"spec.encryptedData.{key}", found, "ciphertext of kubeseal", _SEAL)


def _keys(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the ciphertexts, by the Secret's keys."""
    return mapping(mapping(manifest.get("spec")).get("encryptedData"))


def _scope(where: str, part: Mapping[str, Any]) -> Iterator[Problem]:
    """A value that opens under any name could be copied into a Secret that others may read."""
    annotations = mapping(mapping(part.get("metadata")).get("annotations"))
    for scope in _SCOPES:
        if scope in annotations:
            allowed = "the scope strict, which binds a value to its name and namespace"
            fix = "seal it again without --scope"
            yield finding(f"{where}.annotations", f"the scope {scope}", allowed, fix)


def _unsealed(value: str) -> str:
    """Tell why a text is no ciphertext: two bytes of length, an RSA and an AES-GCM ciphertext."""
    try:
        data = base64.b64decode(value, validate=True)
    except binascii.Error:
        return "a value in clear"
    size = int.from_bytes(data[:2])
    wrapped, rest = data[2 : 2 + size], data[2 + size :]
    if size not in _RSA_BYTES or len(set(wrapped)) < _DISTINCT or len(rest) < _TAG_BYTES:
        return "a value in clear"
    return "an empty value, sealed" if len(rest) == _TAG_BYTES else ""


FORM = Form(
    api_version="bitnami.com/v1alpha1",
    kind="SealedSecret",
    encrypt=_SEAL,
    edit="write it into the file",
    problems=_problems,
    keys=_keys,
    secret=("spec", "template"),
)
"""SealedSecrets."""
