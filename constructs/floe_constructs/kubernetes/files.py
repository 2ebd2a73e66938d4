"""Text files that reach pods in a ConfigMap."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

MAX_BYTES = 1_000_000
"""A ConfigMap holds 1 MiB; the rest is for its metadata."""


@dataclass(frozen=True, kw_only=True)
class Files:
    """A ConfigMap and the folder that it becomes."""

    name: str
    """Name of the ConfigMap."""

    path: str
    """Folder in the container."""

    data: Mapping[str, str]
    """Text by file name."""

    def __post_init__(self) -> None:
        """Refuse what the API server would refuse at apply time."""
        size = sum(len(key) + len(text.encode()) for key, text in self.data.items())
        if size > MAX_BYTES:
            msg = f"ConfigMap {self.name} would hold {size} bytes; at most {MAX_BYTES} fit"
            raise ValueError(msg)

    @property
    def digest(self) -> str:
        """Hash of the texts: an annotation of the pod template, so that pods follow them."""
        return digest(dict(self.data))


def digest(value: object) -> str:
    """Answer the first 16 hexadecimal digits of the SHA-256 of a value's canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
