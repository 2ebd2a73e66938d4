"""What a Secret that SOPS has encrypted has to be, so that Git may hold it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from floe_constructs.problem import Problem
from floe_deploy.encryption import ENCRYPTED, is_encrypted
from floe_deploy.secrets.form import Form, closed, finding, mapping

_ENCRYPT = "encrypt it: `sops encrypt --in-place --encrypted-regex '^(data|stringData)$'`"

_TOP = ("apiVersion", "data", "immutable", "kind", "metadata", "sops", "stringData", "type")
_METADATA = ("annotations", "labels", "name", "namespace")
_FIELDS = ("data", "stringData")
COMMENT = re.compile(rf"#{ENCRYPTED.pattern}")


def _problems(manifest: Mapping[str, Any]) -> Iterator[Problem]:
    """Tell what is not as SOPS writes it, or would be readable."""
    yield from closed("", manifest, _TOP)
    yield from closed("metadata", mapping(manifest.get("metadata")), _METADATA)
    sops = mapping(manifest.get("sops"))
    if not is_encrypted(sops.get("mac")):
        yield finding("sops.mac", "nothing encrypted", "what SOPS wrote last", _ENCRYPT)
    if not any(isinstance(value, list) and value for value in sops.values()):
        yield finding("sops", "nobody who could decrypt", "recipients, such as age", _ENCRYPT)
    twice = mapping(manifest.get("data")).keys() & mapping(manifest.get("stringData")).keys()
    for key in sorted(twice):
        yield finding(f"stringData.{key}", "a key that data has too", "each key once", "remove one")
    for field in _FIELDS:
        for key, value in mapping(manifest.get(field)).items():
            yield from _value(f"{field}.{key}", value)


def _keys(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the encrypted values, by the Secret's keys."""
    return mapping(manifest.get("data")) | mapping(manifest.get("stringData"))


def _value(where: str, value: object) -> Iterator[Problem]:
    if value is None or value == "":
        fix = "fill it in, and encrypt again"
        yield finding(where, "an empty value, which SOPS leaves as it is", "a value", fix)
    elif not is_encrypted(value):
        yield finding(where, "a value in clear", "ENC[AES256_GCM,…]", _ENCRYPT)
    elif (match := ENCRYPTED.fullmatch(str(value))) and match["type"] != "str":
        found = f"what will be no text once it is decrypted (type:{match['type']})"
        yield finding(where, found, "text", "write it in quotes before it is encrypted")


FORM = Form(
    api_version="v1",
    kind="Secret",
    encrypt=_ENCRYPT,
    edit="write it with `sops edit`, which signs the file again",
    problems=_problems,
    keys=_keys,
)
"""Secrets that SOPS has encrypted."""
