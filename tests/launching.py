"""A real launcher of Dagster's, as `dist/prod` configures it, whose cluster makes nothing."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import DagsterInstance
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from dagster._core.remote_origin import (
    GrpcServerCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.storage.dagster_run import DagsterRun

from floe_deploy.explain.layers import RUN_ID
from pods import expanded
from test_dagster_config import in_cluster
from test_dist import ROOT

CLIENT: Any = import_module("kubernetes.client")
BATCH: Any = CLIENT.BatchV1Api


def manifest(name: str) -> dict[str, Any]:
    folder = ROOT / "dist" / "prod" / "50-platform" / "dagster"
    found: dict[str, Any] = yaml.safe_load((folder / f"{name}.yaml").read_text())
    return found


@dataclass(frozen=True, kw_only=True)
class Launching:
    """An instance with the launcher, and the Jobs that it has asked an API server for."""

    instance: DagsterInstance
    jobs: list[dict[str, Any]] = field(default_factory=list)

    def create(self, namespace: str, body: Any, **_: object) -> None:
        """Take a Job as an API server would."""
        made = CLIENT.ApiClient().sanitize_for_serialization(body)
        made["metadata"]["namespace"] = namespace
        self.jobs.append(made)


@contextmanager
def launcher(folder: Path) -> Iterator[Launching]:
    """Answer the launcher, in a pod of a cluster that takes Jobs and does nothing about them."""
    rendered = yaml.safe_load(manifest("configmap-dagster-instance")["data"]["dagster.yaml"])
    own = {"run_launcher": rendered["run_launcher"]}
    with pytest.MonkeyPatch.context() as patch:
        in_cluster(folder, patch)
        with DagsterInstance.local_temp(str(folder), overrides=own) as instance:
            found = Launching(instance=instance)
            patch.setattr(BATCH, "create_namespaced_job", lambda _, **told: found.create(**told))
            yield found


def run(job: str, tags: dict[str, str]) -> DagsterRun:
    """Answer a run of the rendered code location, as its server's variables tell Dagster."""
    pod = manifest("deployment-dagster-code-finance")["spec"]["template"]["spec"]
    (server,) = pod["containers"]
    env = {one["name"]: one.get("value", "") for one in server["env"]}
    context = json.loads(expanded(env["DAGSTER_CLI_API_GRPC_CONTAINER_CONTEXT"], {}))
    repository = RepositoryPythonOrigin(
        executable_path=sys.executable,
        code_pointer=ModuleCodePointer("dagster_steps", job),
        container_image=env["DAGSTER_CURRENT_IMAGE"],
        container_context=context,
        entry_point=["dagster"],
    )
    server_origin = GrpcServerCodeLocationOrigin("dagster-code-finance", 4000, None, "finance")
    return DagsterRun(
        job,
        RUN_ID,
        tags=tags,
        job_code_origin=JobPythonOrigin(job, repository),
        remote_job_origin=RemoteJobOrigin(RemoteRepositoryOrigin(server_origin, "repository"), job),
    )
