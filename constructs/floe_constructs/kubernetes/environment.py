"""Environment variables of a container, before they are Kubernetes objects."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.problem import SettingError


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


def clashing(container: str, ours: Mapping[str, object], theirs: Mapping[str, object]) -> None:
    """Refuse variables of a container's user that are set already.

    Raises:
        SettingError: one of them is.

    """
    if both := sorted(ours.keys() & theirs.keys()):
        raise SettingError(
            where=f"env of container {container}",
            found=f"variables that are set already: {', '.join(both)}",
            allowed="any others",
            fix="remove them; most follow from a setting of the overlay",
        )


def apart(ours: Sequence[str], theirs: Sequence[str]) -> None:
    """Refuse containers that are called like one that is there already.

    Raises:
        SettingError: one of them is.

    """
    if both := sorted(set(ours) & set(theirs)):
        raise SettingError(
            where=f"sidecars and init_containers beside container {ours[0]}",
            found=f"names that are taken already: {', '.join(both)}",
            allowed="any others",
            fix="call the container something else",
        )


def distinct(container: str, paths: Sequence[str]) -> None:
    """Refuse two volumes at one place.

    Raises:
        SettingError: two volumes would be mounted at the same path.

    """
    if twice := sorted({path for path in paths if paths.count(path) > 1}):
        raise SettingError(
            where=f"volumes of container {container}",
            found=f"folders that are taken already: {', '.join(twice)}",
            allowed="any others",
            fix="mount the volume somewhere else",
        )


def literal(text: str) -> str:
    """Answer how Kubernetes has to be told a text, to which `$(NAME)` and `$$` mean something."""
    return re.sub(r"\$(?=[$(])", "$$", text)
