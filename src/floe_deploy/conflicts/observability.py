"""Contradictions about where lineage, traces and logs go."""

from collections.abc import Iterator

from floe_constructs.artifacts import CompiledArtifacts
from floe_constructs.dagster.spec import DagsterSettings
from floe_constructs.kubernetes.endpoint import External
from floe_constructs.problem import Problem, shown
from floe_deploy import derivation
from floe_deploy.conflicts.disagreement import ARTIFACTS, disagreement, refusal
from floe_deploy.environment import Environment


def conflicts(environment: Environment, artifacts: CompiledArtifacts) -> Iterator[Problem]:
    """Answer every contradiction about observability."""
    lineage, traces = artifacts.lineage_endpoint, artifacts.otlp_endpoint
    yield from _endpoint("marquez", environment.marquez, "lineage_endpoint", lineage)
    yield from _endpoint("jaeger", environment.jaeger, "otlp_endpoint", traces)
    sampling = artifacts.sampling
    if sampling and sampling.sampling_type == "rate_limiting":
        yield refusal(
            "observability.tracing.sampling.sampling_type",
            sampling.sampling_type,
            "always_on, always_off or probabilistic",
            "OpenTelemetry has no sampler that limits a rate",
        )
    if isinstance(environment.dagster, DagsterSettings):
        yield from _compute_logs(environment.dagster, artifacts)


def _endpoint(name: str, component: object, field: str, url: str | None) -> Iterator[Problem]:
    field = f"observability.{field}"
    if url is None or component is None:
        return
    if not isinstance(component, External):
        yield Problem(
            where=name,
            found=f"one of its own, while {ARTIFACTS} says {shown(url)} in {field}",
            allowed="one place to send to",
            fix=f"set {name} to null, or to external: {url}",
        )
    elif derivation.host_of(component.external) != derivation.host_of(url):
        yield disagreement(f"{name}.external", component.external, field, url)


def _compute_logs(dagster: DagsterSettings, artifacts: CompiledArtifacts) -> Iterator[Problem]:
    """The artifacts know the bucket, the overlay who may write to it: both are needed."""
    said, here = artifacts.compute_logs, dagster.compute_logs
    if said is None or said.manager_type in {"local", "noop"}:
        return
    field = "observability.compute_logs"
    if not said.enabled:
        if here:
            yield disagreement("dagster.compute_logs", "a bucket", f"{field}.enabled", there=False)
    elif said.manager_type != "s3":
        yield refusal(
            f"{field}.manager_type", said.manager_type, "s3", "of these logs, only S3 is known"
        )
    elif here is None:
        yield Problem(
            where="dagster.compute_logs",
            found=f"nothing, while {ARTIFACTS} asks for them in {field}",
            allowed="a bucket, and credentials or an identity for it",
            fix="add it, or have the artifacts compiled without",
        )
    elif said.bucket and said.bucket != here.bucket:
        yield disagreement(
            "dagster.compute_logs.bucket", here.bucket, f"{field}.bucket", said.bucket
        )
