"""What there is to watch of a component, as data: metrics, alerts, panels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from floe_constructs.kubernetes.labels import Labels

NAMESPACE = "$namespace"
"""What stands in an expression for the environment's namespace, which every selector names."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Pods that serve metrics in Prometheus' format."""

    pods: Labels
    """The pods."""

    port: str
    """Name of the container's port."""

    number: int
    """Its number."""

    path: str = "/metrics"
    """Path of the metrics."""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """Something that a person should know of, and the page of alerts has a section about."""

    name: str
    """Name, and title of the section."""

    severity: Literal["critical", "warning"]
    """Whether somebody is woken by it."""

    expr: str
    """PromQL: one alert for each series that it answers."""

    lasting: str
    """How long it has to hold: `10m`."""

    summary: str
    """What is wrong, in one line."""

    description: str
    """What that means, and how much of it there is."""

    labels: Mapping[str, str] = field(default_factory=dict)
    """What tells it from others of its name, where the expression does not."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One question that a dashboard answers."""

    title: str
    """The question, shortly."""

    unit: str
    """Grafana's name of the unit: `short`, `percentunit`, `bytes`, `s`, `ops`."""

    queries: Mapping[str, str]
    """PromQL, by the legend of its series."""

    description: str = ""
    """What a reader has to know to read it."""


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What there is to watch of one component."""

    name: str
    """Name of the component, as its pods are labelled; `floe` is the environment as a whole."""

    instance: str
    """Name of the environment."""

    title: str
    """Name of the component, for people."""

    targets: tuple[Target, ...] = ()
    """Who serves metrics."""

    alerts: tuple[Alert, ...] = ()
    """What a person should know of."""

    panels: tuple[Panel, ...] = ()
    """What the dashboard shows; there is none without."""

    @property
    def labels(self) -> Labels:
        """Labels of the objects that are made of this."""
        return Labels(name=self.name, instance=self.instance, component="monitoring")
