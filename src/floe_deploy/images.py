"""`images.txt`: every image that has to be there before a release."""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping

import yaml

from floe_constructs.dagster.config import CONTEXT_VARIABLE
from floe_constructs.dagster.environment import IMAGE_VARIABLE
from floe_constructs.yaml_text import load
from floe_deploy.manifests import Manifest

FILE = "images.txt"

_IMAGE_KEYS = frozenset({"image", "job_image"})

_LABELS = frozenset(
    {"annotations", "labels", "matchLabels", "match_labels", "nodeSelector", "node_selector"}
)
"""What holds keys of people's choice, `image` among them."""


def images(manifests: Iterable[Manifest]) -> str:
    """Answer every image, sorted, one a line; those named in configuration files as well."""
    found: set[str] = set()
    for manifest in manifests:
        found.update(named(manifest))
        if manifest["kind"] == "ConfigMap":
            for file, text in manifest.get("data", {}).items():
                if file.endswith((".yaml", ".yml")):
                    with contextlib.suppress(yaml.YAMLError):  # a template, or several documents
                        found.update(named(load(text)))
    return "".join(f"{image}\n" for image in sorted(found))


def named(value: object) -> Iterator[str]:
    """Answer every image that an object or a file names, those of Dagster's runs as well."""
    if isinstance(value, Mapping):
        if isinstance(text := value.get("value"), str):
            yield from _of_variable(value.get("name"), text)
        for key, inner in value.items():
            if key in _IMAGE_KEYS and isinstance(inner, str):
                yield inner
            elif key not in _LABELS:
                yield from named(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from named(inner)


def _of_variable(name: object, text: str) -> Iterator[str]:
    if name == IMAGE_VARIABLE:
        yield text
    elif name == CONTEXT_VARIABLE:
        with contextlib.suppress(ValueError):
            yield from named(json.loads(text))
