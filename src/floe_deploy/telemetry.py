"""Where lineage and traces of user code go: to a component, elsewhere, or nowhere."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from floe_constructs.jaeger import flows as jaeger_flows
from floe_constructs.jaeger.pipeline import OTLP_HTTP
from floe_constructs.jaeger.spec import JaegerSpec
from floe_constructs.kubernetes.endpoint import Endpoint, External, endpoint_of
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.marquez import flows as marquez_flows
from floe_constructs.marquez.config import HTTP
from floe_constructs.marquez.spec import MarquezSpec
from floe_deploy.overlay import Overlay

_ENVIRONMENT = re.compile(r"\$\{FLOE_PLATFORM_ENV(:-[^}]*)?\}")


@dataclass(frozen=True)
class Reached:
    """A service that another component may have: its address, and who answers there."""

    url: str
    target: Labels | Endpoint
    port: int
    files: Mapping[str, SecretKey] = field(default_factory=dict)
    """What is needed as files to reach it, by the variables that name their paths."""


def lineage(overlay: Overlay, marquez: MarquezSpec | None) -> Reached | None:
    """Answer where lineage goes: the artifacts may switch it off, or name a place."""
    if not overlay.artifacts.lineage:
        return None
    if marquez:
        return Reached(marquez_flows.API_URL, marquez_flows.labels(marquez, "api"), HTTP)
    return _elsewhere(
        "lineage",
        overlay.environment.marquez,
        overlay.artifacts.lineage_endpoint,
        overlay.environment.addresses.lineage,
    )


def traces(overlay: Overlay, jaeger: JaegerSpec | None) -> Reached | None:
    """Answer where traces go: the artifacts may switch them off, or name a place."""
    if not overlay.artifacts.traces:
        return None
    if jaeger:
        return Reached(
            jaeger_flows.collector_url(jaeger),
            jaeger_flows.collecting(jaeger),
            OTLP_HTTP,
            jaeger_flows.sender_files(jaeger),
        )
    return _elsewhere(
        "traces",
        overlay.environment.jaeger,
        overlay.artifacts.otlp_endpoint,
        overlay.environment.addresses.traces,
    )


def attributes(overlay: Overlay) -> dict[str, str]:
    """Answer the resource attributes of spans.

    The compiler cannot know which environment it is that its artifacts come to, and leaves
    `${FLOE_PLATFORM_ENV:-local}` for it, which no SDK would replace.
    """
    given = overlay.artifacts.attributes.items()
    return {name: _ENVIRONMENT.sub(lambda _: overlay.name, text) for name, text in given}


def _elsewhere(
    name: str, component: object, url: str | None, cidrs: tuple[str, ...]
) -> Reached | None:
    if isinstance(component, External):
        endpoint = component.endpoint(name)
        return Reached(component.external, endpoint, endpoint.port)
    if url is None:
        return None
    endpoint = endpoint_of(name, url, cidrs)
    return Reached(url, endpoint, endpoint.port)
