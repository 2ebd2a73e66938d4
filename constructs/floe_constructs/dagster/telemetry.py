"""Where user code reports what it does."""

from pydantic import Field

from floe_constructs.kubernetes.endpoint import Url
from floe_constructs.spec import Spec


class Lineage(Spec):
    """Where user code reports lineage, by OpenLineage."""

    url: Url
    """Address of the receiver; the client adds `/api/v1/lineage`."""

    namespace: str
    """OpenLineage namespace of the jobs."""


class Traces(Spec):
    """Where user code sends spans, by OTLP over HTTP."""

    url: Url
    """Address of the receiver; the SDK adds `/v1/traces`."""

    attributes: dict[str, str] = Field(default_factory=dict)
    """Resource attributes of the spans, as text that nothing is expanded in."""

    sampler_ratio: float | None = Field(default=None, ge=0, le=1)
    """Share of traces that are kept, unless a caller has decided; all, when silent."""
