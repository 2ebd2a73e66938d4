"""Contradictions about where lineage, traces and logs go."""

from collections.abc import Iterator

from floe_constructs.artifacts import CompiledArtifacts
from floe_constructs.artifacts.observability import ComputeLogs
from floe_constructs.dagster.azure_logs import AzureComputeLogs
from floe_constructs.dagster.compute_logs import StoredLogs
from floe_constructs.dagster.spec import DagsterSettings
from floe_constructs.jaeger.spec import JaegerSettings
from floe_constructs.kubernetes.endpoint import External
from floe_constructs.problem import Problem, shown
from floe_deploy import derivation, log_storage
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
    jaeger = environment.jaeger
    if isinstance(jaeger, JaegerSettings) and jaeger.performance:
        yield from _nobody_counts(environment)
    if isinstance(environment.dagster, DagsterSettings):
        yield from _compute_logs(environment, environment.dagster, artifacts)


def _nobody_counts(environment: Environment) -> Iterator[Problem]:
    if not environment.cluster.monitoring:
        yield Problem(
            where="jaeger.performance",
            found="rates that Jaeger counts and nobody reads",
            allowed="cluster.monitoring: the pods of the Prometheus that jaeger.performance names",
            fix="add it, and `monitoring` for the PodMonitor",
        )


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


def _compute_logs(
    environment: Environment, dagster: DagsterSettings, artifacts: CompiledArtifacts
) -> Iterator[Problem]:
    """The artifacts may ask for logs, the overlay says who may write them: both are needed."""
    said, here = artifacts.compute_logs, dagster.compute_logs
    asked = said if said and said.manager_type not in {"local", "noop"} else None
    field = "observability.compute_logs"
    if asked and not asked.enabled:
        if here:
            yield disagreement("dagster.compute_logs", "a bucket", f"{field}.enabled", there=False)
        return
    if asked and here is None:
        yield Problem(
            where="dagster.compute_logs",
            found=f"nothing, while {ARTIFACTS} asks for them in {field}",
            allowed="a bucket, and credentials or an identity for it",
            fix="add it, or have the artifacts compiled without",
        )
    needed = derivation.user_credentials(environment, artifacts)
    if any(it.needs_mapping and it.reference not in environment.secrets.map for it in needed):
        return  # which is told already
    try:
        logs = log_storage.resolved(environment, artifacts)
    except ValueError as failure:
        yield Problem(
            where="dagster.compute_logs.type",
            found=f"artifacts, but of what {ARTIFACTS} says of its storage: {failure}",
            allowed="s3, gcs or azure, with all that it takes",
            fix="name the storage here",
        )
        return
    if logs is None:
        return
    if asked:
        yield from _asked(asked, logs, field)
    yield from _writers(environment, dagster, artifacts, logs)


def _asked(asked: ComputeLogs, logs: StoredLogs, field: str) -> Iterator[Problem]:
    if asked.manager_type.removesuffix("_blob") != logs.type:
        yield disagreement(
            "dagster.compute_logs.type", logs.type, f"{field}.manager_type", asked.manager_type
        )
        return
    name = "container" if isinstance(logs, AzureComputeLogs) else "bucket"
    bucket = getattr(logs, name)
    if asked.bucket and asked.bucket != bucket:
        yield disagreement(f"dagster.compute_logs.{name}", bucket, f"{field}.bucket", asked.bucket)


def _writers(
    environment: Environment,
    dagster: DagsterSettings,
    artifacts: CompiledArtifacts,
    logs: StoredLogs,
) -> Iterator[Problem]:
    """Runs write logs as who they are: somebody they have to be."""
    cloud = logs.cloud or ("azure" if logs.identity else "")
    if not cloud:
        return
    owners = log_storage.owners(environment, artifacts, cloud)
    if not owners and not logs.identity:
        return  # all get what webserver and daemon log in with
    for location in dagster.deployed:
        if location.name not in owners:
            yield Problem(
                where=f"dagster.code_locations.{location.name}",
                found=f"runs that are nobody to {cloud}, where dagster.compute_logs are",
                allowed=f"an identity of {cloud}, or credentials in the artifacts",
                fix="give the code location an identity that may write there",
            )
