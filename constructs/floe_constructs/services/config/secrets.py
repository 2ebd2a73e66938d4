"""Which Secrets are made in the cluster, and out of what."""

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.value import SecretDataKey, SecretName
from floe_constructs.spec import Spec

REFERENCE = re.compile(r"\$\(([^/()]+)/([^/()]+)\)")
"""What stands for a value in a text that is composed: `$(SECRET/KEY)`."""

ID, PASSWORD, SIGNING_KEY = 16, 32, 64
"""Characters of random values, each of which is four bits: ids, passwords, keys of signatures."""


FILE = "secrets.yaml"
"""The list, in the ConfigMap of the Job that makes them."""


class MadeSecret(Spec):
    """A Secret that is made where it is not there yet, and never changed."""

    name: SecretName
    """Its name."""

    random: dict[SecretDataKey, Annotated[int, Field(ge=8, le=256)]] = Field(default_factory=dict)
    """Characters of random values, by key."""

    composed: dict[SecretDataKey, str] = Field(default_factory=dict)
    """Texts with `$(SECRET/KEY)` in them, by key: of this Secret or of one before it."""


class MadeSecrets(Spec):
    """All of them, those first that others are composed of."""

    secrets: tuple[MadeSecret, ...]
    """The Secrets."""


def reference(key: SecretKey) -> str:
    """Answer what stands for a value in a text that is composed."""
    return f"$({key.name}/{key.key})"


def gathered(
    random: Iterable[tuple[SecretKey, int]], composed: Iterable[tuple[SecretKey, str]]
) -> MadeSecrets:
    """Answer the Secrets that keys are in; texts may refer to any of the random ones."""
    values: dict[str, dict[str, int]] = {}
    texts: dict[str, dict[str, str]] = {}
    for key, length in random:
        values.setdefault(key.name, {}).setdefault(key.key, length)
    for key, text in composed:
        texts.setdefault(key.name, {})[key.key] = text
    names = [*sorted(values), *sorted(texts.keys() - values.keys())]
    return MadeSecrets(
        secrets=tuple(
            MadeSecret(
                name=name,
                random=dict(sorted(values.get(name, {}).items())),
                composed=dict(sorted(texts.get(name, {}).items())),
            )
            for name in names
        )
    )
