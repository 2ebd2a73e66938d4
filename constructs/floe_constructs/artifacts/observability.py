"""What the contract says about lineage, traces and logs."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from floe_constructs.artifacts.part import Address, Part, Said

Endpoint = Annotated[Address | None, BeforeValidator(lambda value: None if value == "" else value)]
"""Where something is sent; silence leaves it to the environment."""


class Sampling(Part):
    """Which traces are kept."""

    sampling_type: Literal["always_on", "always_off", "probabilistic", "rate_limiting"] = (
        "always_on"
    )
    """How it is decided."""

    probability: float = Field(default=1.0, ge=0, le=1)
    """Share that is kept, with `probabilistic`."""

    rate_limit: Annotated[int, Field(ge=1)] | None = None
    """Traces a second, with `rate_limiting`."""


class Tracing(Part):
    """Settings of traces."""

    sampling: Sampling = Sampling()
    """Which traces are kept."""


class ComputeLogs(Part):
    """Where the output of Dagster's steps is kept."""

    enabled: bool = True
    """Whether it is kept at all."""

    manager_type: Literal["s3", "azure_blob", "gcs", "local", "noop"] = "s3"
    """Kind of storage."""

    bucket: Said = None
    """Bucket; the lakehouse's when silent."""

    prefix: str = "dagster-compute-logs/"
    """Start of the keys in the bucket."""

    local_dir: str = "/tmp/dagster-compute-logs"  # noqa: S108  the contract's own default
    """Folder, with `local` and for what is on its way."""

    upload_interval: Annotated[int, Field(ge=1, le=300)] = 30
    """Seconds between uploads while a step runs."""

    retention_days: Annotated[int, Field(ge=1, le=365)] = 30
    """How long it is to be kept; the bucket's own rules delete it."""


class Observability(Part):
    """Lineage, traces and logs."""

    lineage: bool = True
    """Whether runs report lineage."""

    lineage_endpoint: Endpoint = None
    """Where lineage is sent."""

    traces: bool = True
    """Whether runs report traces."""

    otlp_endpoint: Endpoint = None
    """Where traces are sent."""

    tracing: Tracing | None = None
    """Settings of traces."""

    attributes: dict[str, str] = Field(default_factory=dict)
    """Attributes of every trace. `${NAME:-default}` in them is data: user code resolves it."""

    compute_logs: ComputeLogs | None = None
    """Where the output of steps is kept."""
