"""`lock.json`: what synth wrote into an environment's folder, and from what."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from floe_deploy.manifests import Manifest, identity

FILE = "lock.json"


@dataclass(frozen=True)
class Lock:
    """The inventory of one environment's folder."""

    inputs: str
    """SHA-256 of the overlay and the artifacts, as far as they matter; empty in `delivery/`."""

    files: Mapping[str, str]
    """SHA-256 of every file but the lock itself, by path."""


def sha256(data: bytes) -> str:
    """Answer the hexadecimal SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def write(inputs: str, files: Mapping[str, str], objects: Mapping[str, Manifest]) -> str:
    """Answer the text of a lock: a line for each file, so that a diff reads as one."""
    entries = {
        path: {
            "object": "/".join(filter(None, _object(objects[path]))) if path in objects else None,
            "sha256": sha256(text.encode()),
        }
        for path, text in sorted(files.items())
    }
    lines = ",\n".join(
        f"    {json.dumps(path)}: {json.dumps(entry)}" for path, entry in entries.items()
    )
    return f'{{\n  "version": 1,\n  "inputs": "{inputs}",\n  "files": {{\n{lines}\n  }}\n}}\n'


def inventory(hashes: Mapping[str, str]) -> str:
    """Answer the text of a lock that knows no more than the hash of each file."""
    lines = ",\n".join(
        f'    {json.dumps(path)}: {{"sha256": "{sha}"}}' for path, sha in sorted(hashes.items())
    )
    return f'{{\n  "version": 1,\n  "files": {{\n{lines}\n  }}\n}}\n'


def _object(manifest: Manifest) -> tuple[str, str, str, str]:
    who = identity(manifest)
    return who.group, who.kind, who.namespace, who.name


def read(folder: Path) -> Lock | None:
    """Read the lock of a folder; None when there is none that can be read."""
    try:
        data = json.loads((folder / FILE).read_bytes())
        return Lock(
            inputs=str(data.get("inputs", "")),
            files={str(path): str(entry["sha256"]) for path, entry in data["files"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
