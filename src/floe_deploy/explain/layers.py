"""What Dagster merges into a pod, one part after the other, and what comes of it.

Dagster's own code merges and builds; here the parts are only handed to it in its own order
(`K8sRunLauncher.launch_run`, `K8sStepHandler.launch_step`), so that comparing what each part makes
of the ones before tells where a value comes from.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from inspect import signature
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from dagster._config import process_config
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.errors import DagsterInvalidConfigError
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from dagster._core.storage.dagster_run import DagsterRun
from dagster_k8s import K8sRunLauncher, k8s_job_executor
from dagster_k8s.container_context import K8sContainerContext

from floe_constructs.dagster.code_location import CodeLocation
from floe_constructs.dagster.config import INSTANCE_FILE, context_text, instance_files
from floe_constructs.yaml_text import load
from floe_deploy.explain.asked import Asked, Pods
from floe_deploy.explain.refusal import refused

RUN_ID = "00000000-0000-0000-0000-000000000000"
JOB = "job"
PACKED = "(the run and its instance, packed by Dagster)"
"""Stands for what Dagster writes into a run's argument, and into a step's variable."""

IMAGE_ELSEWHERE = "image-of-the-code-server"

# Neither is typed throughout.
_CLIENT: Any = import_module("kubernetes.client")
_DAGSTER: Any = import_module("dagster_k8s.job")
_NOWHERE = {
    "current-context": "none",
    "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
    "clusters": [{"name": "none", "cluster": {"server": "https://localhost:1"}}],
    "users": [{"name": "none", "user": {}}],
}
"""A launcher is always made with a cluster, even if it is never asked."""


class Part(NamedTuple):
    """A part that is merged."""

    name: str
    """Whose it is."""

    merge: Callable[[K8sContainerContext], K8sContainerContext]
    """Answer what there is with it, from what there is without."""

    option: str = ""
    """Option of the command line that says it; empty for the environment's own."""

    image: str | None = None
    """Image that it names."""


def jobs(asked: Asked, pods: Pods) -> Iterator[tuple[str, dict[str, Any]]]:
    """Answer the Job that there is with each part in turn, and whose part that is.

    Raises:
        InputError: Dagster refuses what an option says.

    """
    launcher = _launcher(asked)
    context, image = K8sContainerContext(), None
    for part in _parts(asked, pods, launcher):
        image = part.image or image
        try:
            context = part.merge(context)
            job = _job(asked, pods, context, context.get_k8s_job_config(image, launcher))
        except Exception as cause:  # Dagster raises whatever it likes
            if not part.option:
                raise
            raise refused(part.option, cause) from cause
        yield part.name, job


def _parts(asked: Asked, pods: Pods, launcher: K8sRunLauncher) -> Iterator[Part]:
    location, image = asked.location, IMAGE_ELSEWHERE
    told: dict[str, Any] = {}
    if isinstance(location, CodeLocation):
        image, told = location.run_image, json.loads(context_text(asked.dagster, location))

    def run(context: dict[str, Any], *, tags: bool = False) -> K8sContainerContext:
        made = _run(asked, context)
        return K8sContainerContext.create_for_run(made, launcher, include_run_tags=tags)

    yield Part("Dagster", lambda context: context)
    yield Part("launcher", lambda _: run({}))
    yield Part("code location", lambda _: run(told), image=image)
    if pods == "run":
        if asked.tags:
            yield Part("tag", lambda _: run(told, tags=True), "--tag")
        return
    executor = asked.executor
    if executor:
        yield Part(
            "executor",
            lambda context: context.merge(_configured(executor)),
            "--executor",
            executor.get("job_image"),
        )
    if asked.op_tags:
        yield Part("op's tag", lambda context: context.merge(_tagged(asked.op_tags)), "--op-tag")
    if own := executor.get("per_step_k8s_config", {}).get(asked.op):
        yield Part("executor", lambda context: context.merge(_raw(own)), "--executor")


def _tagged(tags: Mapping[str, str]) -> K8sContainerContext:
    return K8sContainerContext(run_k8s_config=_DAGSTER.get_user_defined_k8s_config(tags))


def _raw(config: Mapping[str, Any]) -> K8sContainerContext:
    return K8sContainerContext(
        run_k8s_config=_DAGSTER.UserDefinedDagsterK8sConfig.from_dict(config)
    )


def _configured(executor: Mapping[str, Any]) -> K8sContainerContext:
    """As `k8s_job_executor` does with what it is configured by."""
    config = _accepted(k8s_job_executor.config_schema.config_type, executor)
    taken = config.keys() & signature(K8sContainerContext).parameters.keys()
    return K8sContainerContext(
        **{name: config[name] for name in taken},
        namespace=config.get("job_namespace"),
        run_k8s_config=_DAGSTER.UserDefinedDagsterK8sConfig.from_dict(
            config.get("step_k8s_config", {})
        ),
    )


def _run(asked: Asked, told: Mapping[str, Any]) -> DagsterRun:
    pointer = ModuleCodePointer("definitions", "defs")
    repository = RepositoryPythonOrigin("python", pointer, container_context=told)
    return DagsterRun(
        JOB, RUN_ID, tags=asked.tags, job_code_origin=JobPythonOrigin(JOB, repository)
    )


def _launcher(asked: Asked) -> K8sRunLauncher:
    """Answer the launcher of dagster.yaml, with a cluster that nobody asks."""
    config = load(instance_files(asked.dagster).data[INSTANCE_FILE])["run_launcher"]["config"]
    with TemporaryDirectory() as folder:
        file = Path(folder, "kubeconfig")
        file.write_text(json.dumps(_NOWHERE), encoding="utf-8")
        config |= {"load_incluster_config": False, "kubeconfig_file": str(file)}
        launcher: Any = K8sRunLauncher
        return K8sRunLauncher(**_accepted(launcher.config_type(), config))


def _accepted(form: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    result = process_config(form, dict(config))
    if result.success:
        return dict(result.value or {})
    error: Any = DagsterInvalidConfigError
    raise error("", result.errors, config)


def _job(asked: Asked, pods: Pods, context: K8sContainerContext, config: object) -> dict[str, Any]:
    labels = {"dagster/job": JOB, "dagster/run-id": RUN_ID}
    labels["dagster/code-location"] = asked.location.name
    variables = [{"name": "DAGSTER_RUN_JOB_NAME", "value": JOB}]
    if pods == "run":
        name, args = f"dagster-run-{RUN_ID}", ["dagster", "api", "execute_run", PACKED]
    else:
        name = f"dagster-step-{_DAGSTER.get_k8s_job_name(RUN_ID, asked.op)}"
        args = ["dagster", "api", "execute_step"]
        labels["dagster/op"] = asked.op
        packed = {"name": "DAGSTER_COMPRESSED_EXECUTE_STEP_ARGS", "value": PACKED}
        step = {"name": "DAGSTER_RUN_STEP_KEY", "value": asked.op}
        variables = [packed, *variables, step]
    job = _DAGSTER.construct_dagster_k8s_job(
        config,
        args,
        name,
        context.run_k8s_config,
        pod_name=name,
        component=f"{pods}_worker",
        labels=labels,
        env_vars=variables,
    )
    found: dict[str, Any] = _CLIENT.ApiClient().sanitize_for_serialization(job)
    metadata = {"name": name}
    metadata |= {"namespace": context.namespace} if context.namespace else {}
    found = {key: found[key] for key in ("apiVersion", "kind", "metadata", "spec")}
    found["metadata"] = metadata | found["metadata"]
    return found
