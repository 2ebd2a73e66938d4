"""What containers of Dagster are told in environment variables, and the folders they know."""

from collections.abc import Mapping
from urllib.parse import quote

from floe_constructs.dagster.code_location import CodeLocation
from floe_constructs.dagster.spec import DagsterSpec
from floe_constructs.dagster.telemetry import Lineage, Traces
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.variables import VARIABLES

HOME = "/opt/dagster/dagster_home"
"""Folder of the instance; the same in all pods, because a run gets it from who launches it."""

TMP = "/tmp"  # noqa: S108  the pod's own
ARTIFACTS = "/etc/floe"
ARTIFACTS_FILE = "compiled_artifacts.json"
CREDENTIALS = "/etc/floe/credentials"

_DATABASE = VARIABLES["dagster"]
HOST_VARIABLE, DATABASE_VARIABLE = _DATABASE["host"], _DATABASE["database"]
USER_VARIABLE, PASSWORD_VARIABLE = _DATABASE["user"], _DATABASE["password"]

IMAGE_VARIABLE = "DAGSTER_CURRENT_IMAGE"
"""What a code server is told of the image that runs are to have."""

OF_DAGSTER = (
    "DAGSTER_HOME",
    "DAGSTER_RUN_JOB_NAME",
    "DAGSTER_RUN_STEP_KEY",
    "DAGSTER_COMPRESSED_EXECUTE_STEP_ARGS",
)
"""What Dagster itself tells the pods of runs and steps (dagster-k8s 0.29)."""

SecretsAndTexts = Mapping[str, str | SecretKey]
"""Environment variables that a run pod can have as well."""

_PLAIN = "!#$&'()*+-./:<=>?@[]^_`{|}~"
"""What an OTLP resource attribute holds as it is, beside letters and digits (W3C Baggage)."""


def instance_variables(spec: DagsterSpec) -> SecretsAndTexts:
    """Answer what `dagster.yaml` leaves to the environment.

    Every process that makes an instance of it needs them: run pods, which get the instance from
    their launcher, and code servers, as soon as a sensor looks into it.
    """
    logs = spec.compute_logs.instance_variables if spec.compute_logs else {}
    return {**database_variables(spec), **logs}


def database_variables(spec: DagsterSpec) -> SecretsAndTexts:
    """Answer the part of it that is about the database, which is all for the migration."""
    database = spec.database
    values = {
        HOST_VARIABLE: database.host,
        DATABASE_VARIABLE: database.database,
        USER_VARIABLE: database.user,
        PASSWORD_VARIABLE: database.password,
    }
    return {name: value for name, value in values.items() if isinstance(value, SecretKey)}


def user_variables(spec: DagsterSpec, location: CodeLocation) -> SecretsAndTexts:
    """Answer what user code is told, in code servers and in runs alike."""
    found: dict[str, str | SecretKey] = {"HOME": TMP}  # a user without a home would write to /
    if spec.artifacts is not None:
        found["FLOE_COMPILED_ARTIFACTS"] = f"{ARTIFACTS}/{ARTIFACTS_FILE}"
    if spec.lineage:
        found |= _lineage(spec.lineage)
    if spec.traces:
        found |= _traces(spec.traces, location)
    found |= {name: f"{CREDENTIALS}/{name}" for name in spec.credential_files}
    demo = spec.demo.variables if spec.demo and location.is_demo else {}
    return found | spec.variables | demo


def _lineage(lineage: Lineage) -> dict[str, str]:
    return {"OPENLINEAGE_URL": lineage.url, "OPENLINEAGE_NAMESPACE": lineage.namespace}


def _traces(traces: Traces, location: CodeLocation) -> dict[str, str]:
    found = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": traces.url,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_SERVICE_NAME": location.name,
        # The receiver takes traces alone, and an SDK would complain about each of the others.
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
    }
    if traces.attributes:
        found["OTEL_RESOURCE_ATTRIBUTES"] = ",".join(
            f"{name}={quote(value, safe=_PLAIN)}"
            for name, value in sorted(traces.attributes.items())
        )
    if traces.sampler_ratio is not None:
        found["OTEL_TRACES_SAMPLER"] = "parentbased_traceidratio"
        found["OTEL_TRACES_SAMPLER_ARG"] = str(traces.sampler_ratio)
    return found
