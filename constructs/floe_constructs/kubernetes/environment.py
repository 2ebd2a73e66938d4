"""Environment variables of a container, before they are Kubernetes objects."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from floe_constructs.kubernetes.secret import SecretKey


@dataclass(frozen=True)
class PodField:
    """A value that the pod knows of itself: `metadata.name`."""

    path: str


@dataclass(frozen=True)
class Expanded:
    """A text in which Kubernetes replaces `$(NAME)`; in plain text it is kept as written."""

    text: str


Variable = str | SecretKey | PodField | Expanded
"""The value of a variable, or where it comes from."""

Variables = Mapping[str, Variable]
"""Environment variables by name."""


def literal(text: str) -> str:
    """Answer how Kubernetes has to be told a text, to which `$(NAME)` and `$$` mean something."""
    return re.sub(r"\$(?=[$(])", "$$", text)
