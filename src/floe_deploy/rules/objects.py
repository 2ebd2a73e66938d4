"""The objects of an environment as rules see them: each by itself, and among the others."""

import contextlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar, cast

import yaml

from floe_constructs.kubernetes.phase import Phase
from floe_constructs.yaml_text import load
from floe_deploy.manifests import Manifest
from floe_deploy.rules.references import Reference, launched, references
from floe_deploy.rules.shape import entries, inside, mapping, text, texts

T = TypeVar("T")

CONTAINER_CONTEXT = "DAGSTER_CLI_API_GRPC_CONTAINER_CONTEXT"
"""Variable in which a code server tells Dagster what the pods of its runs are like."""


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

    @cached_property
    def files(self) -> dict[str, Any]:
        """What the YAML files of a ConfigMap say, where they can be read."""
        found: dict[str, Any] = {}
        data = mapping(self.manifest.get("data")) if self.kind == "ConfigMap" else {}
        for name, said in data.items():
            if isinstance(said, str) and str(name).endswith((".yaml", ".yml")):
                with contextlib.suppress(yaml.YAMLError, RecursionError):
                    found[str(name)] = load(said)
        return found

    @cached_property
    def texts(self) -> list[tuple[tuple[str, ...], str]]:
        """Every text in it, and in what it tells Dagster in JSON, with the keys that lead there."""
        return [found for said in (self.manifest, *self.runs) for found in texts(said)]

    @cached_property
    def runs(self) -> list[dict[str, Any]]:
        """What Dagster is told here of the pods of runs: by a launcher, or for one location."""
        found = [
            inside(said, "run_launcher", "config")
            for said in self.files.values()
            if "run_launcher" in mapping(said)
        ]
        return found + [said for container in self.containers for said in runs_of(container)]

    @cached_property
    def references(self) -> list[Reference]:
        """What its pod refers to, and what the pods refer to that Dagster makes of it."""
        pods = [self.pod.spec] if self.pod else []
        pods += [launched(settings) for settings in self.runs]
        return list(dict.fromkeys(found for pod in pods for found in references(pod)))

    def __str__(self) -> str:
        """As `Kind/name`, which is enough within one environment."""
        return f"{self.kind}/{self.name}"


def variables(container: dict[str, Any]) -> dict[str, str]:
    """Answer the variables of a container that are given as text."""
    given = entries(container.get("env"))
    return {text(one.get("name")): one["value"] for one in given if text(one.get("value"))}


def runs_of(container: dict[str, Any]) -> list[dict[str, Any]]:
    """Answer what a code server's container tells Dagster of the pods of its runs."""
    context = variables(container).get(CONTAINER_CONTEXT)
    with contextlib.suppress(ValueError):
        return [inside(json.loads(context), "k8s")] if context else []
    return []


class Objects:
    """All objects of an environment."""

    def __init__(
        self,
        files: Mapping[str, Manifest],
        *,
        environment: str = "",
        brings_secrets: bool = False,
        elsewhere: Collection[Reference] = (),
        delivery: Iterable[tuple[str, Manifest]] = (),
    ) -> None:
        """Take objects by their file, and what the overlay says is made elsewhere.

        What points a controller at them is `delivery`, and not one of them.

        `brings_secrets` unless Secrets are.
        """
        self.environment = environment
        self.brings_secrets = brings_secrets
        self.elsewhere = elsewhere
        self._all = [Object(manifest, file, self) for file, manifest in files.items()]
        self._kinds: dict[str, dict[str, Object]] = {}
        for item in self._all:
            self._kinds.setdefault(item.kind, {})[item.name] = item
        self.delivery = [Object(manifest, file, self) for file, manifest in delivery]
        self._once: dict[str, object] = {}

    def __iter__(self) -> Iterator[Object]:
        """Answer each object, in the order of their files."""
        return iter(self._all)

    def of(self, *kinds: str) -> list[Object]:
        """Answer the objects of some kinds."""
        return [item for kind in kinds for item in self._kinds.get(kind, {}).values()]

    def find(self, kind: str, name: object) -> Object | None:
        """Answer the object of a kind and name, if there is one."""
        return self._kinds.get(kind, {}).get(name) if isinstance(name, str) else None

    def once(self, subject: str, compute: Callable[[], T]) -> T:
        """Answer what rules find out about all objects together, and find it out only once."""
        if subject not in self._once:
            self._once[subject] = compute()
        return cast("T", self._once[subject])
