"""The objects of an environment as rules see them: each by itself, and among the others.

What a composition or a hand has written may have any form: what is no mapping, list or text where
one belongs is taken for an empty one, so that no rule has to expect it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from floe_constructs.kubernetes.phase import Phase
from floe_deploy.manifests import Manifest


def mapping(value: object) -> dict[str, Any]:
    """Answer a mapping as it is, and anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def entries(value: object) -> list[dict[str, Any]]:
    """Answer the mappings in a list, and nothing for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def inside(value: object, *path: str) -> dict[str, Any]:
    """Answer the mapping at a path, an empty one where there is none."""
    for key in path:
        value = mapping(value).get(key)
    return mapping(value)


def text(value: object) -> str:
    """Answer text as it is, and anything else as an empty one."""
    return value if isinstance(value, str) else ""


@dataclass(frozen=True, eq=False)
class Pod:
    """A pod that an object makes."""

    labels: dict[str, Any]
    """What selectors see."""

    annotations: dict[str, Any]
    """Its annotations."""

    spec: dict[str, Any]
    """Its specification."""

    @cached_property
    def containers(self) -> list[dict[str, Any]]:
        """All containers, those that come first included."""
        kinds = ("initContainers", "containers", "ephemeralContainers")
        return [container for kind in kinds for container in entries(self.spec.get(kind))]


_TEMPLATES = {
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "DaemonSet": ("spec", "template"),
    "Deployment": ("spec", "template"),
    "Job": ("spec", "template"),
    "Pod": (),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
}
"""Where kinds that make pods say what the pods are like."""


def pod_of(manifest: Manifest) -> Pod | None:
    """Answer the pod that an object makes, if it makes one."""
    path = _TEMPLATES.get(text(manifest.get("kind")))
    template = {} if path is None else inside(manifest, *path)
    if "spec" not in template:
        return None
    return Pod(
        labels=inside(template, "metadata", "labels"),
        annotations=inside(template, "metadata", "annotations"),
        spec=mapping(template.get("spec")),
    )


@dataclass(frozen=True, eq=False)
class Object:
    """One object."""

    manifest: Manifest
    """What is written."""

    file: str
    """Its file, below the environment's folder."""

    among: "Objects" = field(repr=False)
    """All objects of the environment."""

    @cached_property
    def kind(self) -> str:
        """What it is."""
        return text(self.manifest.get("kind"))

    @cached_property
    def group(self) -> str:
        """API group of its kind; empty for the core's."""
        return text(self.manifest.get("apiVersion")).rpartition("/")[0]

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """Its metadata."""
        return mapping(self.manifest.get("metadata"))

    @cached_property
    def name(self) -> str:
        """What it is called."""
        return text(self.metadata.get("name"))

    @cached_property
    def annotations(self) -> dict[str, Any]:
        """Its annotations."""
        return mapping(self.metadata.get("annotations"))

    @cached_property
    def spec(self) -> dict[str, Any]:
        """Its specification."""
        return mapping(self.manifest.get("spec"))

    @cached_property
    def phase(self) -> Phase | None:
        """When it is applied: the folder of its file says so."""
        folder = self.file.partition("/")[0]
        return Phase(folder) if folder in set(Phase) else None

    @cached_property
    def pod(self) -> Pod | None:
        """The pod that it makes, if it makes one."""
        return pod_of(self.manifest)

    @property
    def containers(self) -> list[dict[str, Any]]:
        """Containers of the pod that it makes."""
        return self.pod.containers if self.pod else []

    def __str__(self) -> str:
        """As `Kind/name`, which is enough within one environment."""
        return f"{self.kind}/{self.name}"


class Objects:
    """All objects of an environment."""

    def __init__(
        self,
        files: Mapping[str, Manifest],
        *,
        environment: str = "",
        brings_secrets: bool = False,
    ) -> None:
        """Take objects by their file; `brings_secrets` unless Secrets are made elsewhere."""
        self.environment = environment
        self.brings_secrets = brings_secrets
        self._all = [Object(manifest, file, self) for file, manifest in files.items()]
        self._kinds: dict[str, dict[str, Object]] = {}
        for item in self._all:
            self._kinds.setdefault(item.kind, {})[item.name] = item

    def __iter__(self) -> Iterator[Object]:
        """Answer each object, in the order of their files."""
        return iter(self._all)

    def of(self, *kinds: str) -> Iterable[Object]:
        """Answer the objects of some kinds."""
        return [item for kind in kinds for item in self._kinds.get(kind, {}).values()]

    def find(self, kind: str, name: object) -> Object | None:
        """Answer the object of a kind and name, if there is one."""
        return self._kinds.get(kind, {}).get(name) if isinstance(name, str) else None
