"""What an environment decides about being watched."""

from typing import Annotated

from pydantic import AfterValidator, Field

from floe_constructs.kubernetes.endpoint import Url
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.value import LabelKey, LabelValue
from floe_constructs.spec import Spec

_OURS = Labels(name="", instance="", component="").all.keys()


def _not_ours(labels: dict[str, str]) -> dict[str, str]:
    if taken := sorted(labels.keys() & _OURS):
        msg = f"every object has labels of its own by these keys: {', '.join(taken)}"
        raise ValueError(msg)
    return labels


SelectedBy = Annotated[dict[LabelKey, LabelValue], AfterValidator(_not_ours)]
"""Labels that somebody else finds objects by."""


class MonitoringSettings(Spec):
    """Metrics, alerts and dashboards: for the Prometheus operator, and for Grafana."""

    labels: SelectedBy = Field(default_factory=dict)
    """Labels by which Prometheus selects PodMonitors and PrometheusRules: `release: …` where it
    came with the chart kube-prometheus-stack."""

    interval_seconds: int = Field(default=30, ge=10, le=120)
    """Seconds between two scrapes; rates are taken over ten minutes."""

    dashboards: SelectedBy = Field(default_factory=dict)
    """Labels by which Grafana's sidecar finds dashboards, such as `grafana_dashboard: "1"`; without
    them there are no dashboards."""

    runbook: Url | None = None
    """Address at which people on call read the page of alerts; its path here when silent."""
