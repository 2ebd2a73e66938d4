"""Make kubeconform's schemas of the built-in kinds from the wheel `kubernetes-validate`.

The wheel's own files refer to each other by absolute paths, which kubeconform cannot follow: each
schema gets the definitions that it uses.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]

MINORS = tuple(f"1.{minor}" for minor in range(31, 37))
"""From the oldest minor that is supported on."""

_SOURCE = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"


def references(node: Any) -> Iterator[str]:
    """Name every definition that a schema refers to, and make the reference a local one."""
    if isinstance(node, dict):
        target = node.get("$ref")
        if isinstance(target, str):
            name = target.rpartition("#/$defs/")[2]
            node["$ref"] = f"#/$defs/{name}"
            yield name
        for inner in node.values():
            yield from references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from references(inner)


def build(minor: str, output: Path) -> None:
    """Write the strict schemas of one minor in kubeconform's own layout."""
    source = _SOURCE / f"v{minor}.0-local-strict"
    definitions = json.loads((source / "_definitions.json").read_bytes())["$defs"]
    direct = {name: set(references(schema)) for name, schema in definitions.items()}
    target = output / f"v{minor}.0-standalone-strict"
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.json")):
        schema = json.loads(path.read_bytes())
        if not schema.get("x-kubernetes-group-version-kind"):
            continue  # a part of objects, not a kind
        schema.pop("$id", None)
        needed: set[str] = set()
        open_names = list(references(schema))
        while open_names:
            name = open_names.pop()
            if name not in needed:
                needed.add(name)
                open_names += direct[name]
        schema["$defs"] = {name: definitions[name] for name in sorted(needed)}
        (target / path.name).write_text(json.dumps(schema))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for each in MINORS:
        build(each, folder)
