"""Environments of the tests' own that Flux releases, each from a branch of its own.

They are rendered under one name, and then called by another one each: nothing else of them differs.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from api_server import Body
from floe_constructs.kubernetes.phase import Phase
from floe_constructs.yaml_text import load
from floe_deploy.project import Project
from floe_deploy.synth import Rendering, render
from flux import URL, Flux
from git_server import Branch
from test_dist import ROOT, Manifest, key

NAME = "the-environment"
Overlay = dict[str, Any]
State = dict[tuple[str, ...], tuple[str, str]]
"""Which object it is, and which state of it, by what it is called."""


def overlay() -> Overlay:
    """Answer the settings of a small environment, of whose Secrets a store has the values."""
    resources = {"cpu": "10m", "memory": "64Mi"}
    return {
        "namespace": NAME,
        "cluster": {"kubernetes": "1.36", "api_server_cidrs": ["10.0.0.1/32"]},
        "secrets": {"strategy": "external-secrets", "store": {"name": "vault"}},
        "dagster": {
            "image": "registry.example.com/floe/dagster:1",
            "database": {
                "host": "postgres.example.com",
                "port": 15432,
                "database": "postgres",
                "user": "dagster",
                "password": {"name": "dagster-postgres", "key": "password"},
                "sslmode": "disable",
                "cidrs": ["192.0.2.0/24"],
            },
            "webserver": {"resources": resources},
            "daemon": {"resources": resources},
            "code_locations": [location("orders"), location("returns")],
        },
        "cube": None,
        "marquez": None,
        "jaeger": None,
        "gate": {"image": "registry.example.com/floe/preflight:1", "wait_seconds": 0},
        "delivery": {
            "type": "flux",
            "source": {"type": "git", "url": URL, "branch": NAME},
            "retry": "5s",
        },
    }


def location(name: str, version: int = 1) -> Overlay:
    """Answer the settings of a code location."""
    resources = {"cpu": "10m", "memory": "64Mi"}
    return {
        "name": name,
        "image": f"registry.example.com/floe/{name}:{version}",
        "module": f"{name}.definitions",
        "server": {"resources": resources},
        "runs": {"resources": resources},
    }


def rendered(folder: Path, settings: Overlay) -> Rendering:
    """Render settings, with artifacts that say nothing of a lakehouse."""
    at = folder / NAME
    at.mkdir(parents=True)
    (at / "environment.yaml").write_text(json.dumps(settings))
    source = ROOT / "overlays" / "demo" / "compiled_artifacts.json"
    artifacts = json.loads(source.read_text())
    artifacts |= {"resolved_profiles": None, "resolved_layers": None}
    (at / "compiled_artifacts.json").write_text(json.dumps(artifacts))
    return render(at, Project())


@dataclass
class Environment:
    """One of them."""

    name: str
    flux: Flux
    revisions: Mapping[str, Rendering]

    @cached_property
    def branch(self) -> Branch:
        """Its branch of the repository."""
        return self.flux.git.branch(self.name)

    def _called(self, text: str) -> str:
        return text.replace(NAME, self.name)

    @property
    def delivery(self) -> str:
        """What tells Flux of it, as it is generated."""
        return self._called(self.revisions["first"].delivery["flux.yaml"])

    def install(self) -> None:
        """Tell Flux of it, as `kubectl apply` does."""
        self.flux.cluster.plane.apply(yaml.safe_load_all(self.delivery))

    def commit(self, revision: str) -> str:
        """Bring a revision to Git; answer the commit."""
        files = self.revisions[revision].files
        called = {self._called(path): self._called(text) for path, text in files.items()}
        self.branch.replace(f"dist/{self.name}", called)
        return self.branch.push(revision)

    def objects(self, revision: str, *phases: Phase) -> Iterator[Manifest]:
        """Answer the objects of a revision."""
        for path, text in self.revisions[revision].files.items():
            phase, _, rest = path.partition("/")
            if rest.endswith(".yaml") and "kustomization" not in rest and phase in phases:
                yield load(self._called(text))

    def kustomization(self, phase: Phase) -> str:
        """Answer what Flux' object is called."""
        return f"{self.name}-{phase}"

    @property
    def kustomizations(self) -> list[str]:
        """What Flux' objects are called."""
        return [self.kustomization(phase) for phase in Phase]

    def until_released(self, commit: str, last: Phase = Phase.VERIFY) -> None:
        """Wait until a commit is in the cluster, up to a phase."""
        name = self.kustomization(last)
        self.flux.cluster.until(lambda: self.flux.applied(name, commit), self.told)

    def until_failed(self, commit: str, phase: Phase = Phase.PREFLIGHT) -> str:
        """Wait until a phase has failed with a commit; answer what Flux says."""
        name = self.kustomization(phase)

        def failed() -> str | None:
            revision = self.flux.kustomization(name)["status"].get("lastAttemptedRevision", "")
            status, reason, message = self.flux.said(name)
            at = revision.endswith(commit) and status == "False"
            return message if at and reason == "HealthCheckFailed" else None

        return self.flux.cluster.until(failed, self.told)

    def told(self) -> list[tuple[str, str, str]]:
        """Answer what Flux says of every phase."""
        return [self.flux.said(self.kustomization(phase)) for phase in Phase]

    def state(self, revision: str, *phases: Phase) -> State:
        """Answer which of a revision's objects are there, and in which state."""
        plane = self.flux.cluster.plane
        found: State = {}
        for manifest in self.objects(revision, *phases):
            if self.flux.cluster.has(manifest):
                metadata = plane.ask("GET", plane.path(manifest))["metadata"]
                found[key(manifest)] = metadata["uid"], metadata["resourceVersion"]
        return found

    def jobs(self, begins: str) -> list[Body]:
        """Answer the Jobs whose names begin so."""
        path = f"/apis/batch/v1/namespaces/{self.name}/jobs"
        found: list[Body] = self.flux.cluster.plane.ask("GET", path)["items"]
        return [job for job in found if job["metadata"]["name"].startswith(begins)]

    def job(self, found: Body) -> str:
        """Answer where a Job is."""
        return f"/apis/batch/v1/namespaces/{self.name}/jobs/{found['metadata']['name']}"

    def pods(self) -> dict[str, str]:
        """Answer the pods of workloads, and which ones they are."""
        query = "?labelSelector=!batch.kubernetes.io/job-name"
        path = f"/api/v1/namespaces/{self.name}/pods{query}"
        found = [pod["metadata"] for pod in self.flux.cluster.plane.ask("GET", path)["items"]]
        return {pod["name"]: pod["uid"] for pod in found if "deletionTimestamp" not in pod}


def revisions(folder: Path) -> dict[str, Rendering]:
    """Render what the cases release.

    The second revision has other images, one code location less, and its database elsewhere.
    """
    said = {name: overlay() for name in ("first", "second", "again", "fixed", "more", "image")}
    for name, version in (("second", 2), ("again", 2), ("fixed", 3)):
        dagster = said[name]["dagster"]
        dagster["code_locations"] = [location("orders", version)]
        dagster["database"] |= {"host": "elsewhere.example.com", "cidrs": ["198.51.100.0/24"]}
    said["again"]["gate"]["attempt"] = 1
    said["more"]["dagster"]["code_locations"].append(location("refunds"))
    said["image"]["dagster"]["code_locations"][0] = location("orders", 2)
    said["stateful"] = overlay() | {
        "jaeger": {
            "image": "registry.example.com/jaeger:1",
            "storage": {"type": "badger", "size": "1Gi", "keep": "24h"},
            "all_in_one": {"resources": {"cpu": "10m", "memory": "64Mi"}},
        }
    }
    return {name: rendered(folder / name, settings) for name, settings in said.items()}


def another(folder: Path, environment: str) -> Rendering:
    """Render an environment of this repository with another image of its first code location."""
    at = folder / "overlays" / environment
    shutil.copytree(ROOT / "overlays" / environment, at)
    shutil.copytree(ROOT / "demo" / "cube", folder / "demo" / "cube", dirs_exist_ok=True)
    text = (at / "environment.yaml").read_text()
    image = yaml.safe_load(text)["dagster"]["code_locations"][0]["image"]
    (at / "environment.yaml").write_text(text.replace(image, "registry.example.com/floe/other:1"))
    return render(at, Project())
