"""PrometheusRules out of alerts."""

from collections.abc import Sequence
from typing import Any

from floe_constructs.monitoring.watch import NAMESPACE, Alert, Target, Watch

PAGE = "docs/how-to/alerts.md"
"""Where every alert has a section: what it means, what to look at, what to do."""


def rules(watch: Watch, namespace: str, runbook: str | None) -> list[dict[str, Any]]:
    """Answer the rules of a component: its alerts, and one for pods that are not scraped."""
    alerts = [*watch.alerts, *(_missing(target) for target in _by_pods(watch.targets))]
    labels = {"environment": watch.instance, "namespace": namespace}
    return [_rule(alert, namespace, labels, runbook or PAGE) for alert in alerts]


def job(target: Target) -> str:
    """Answer the label `job` that the operator gives what a PodMonitor finds."""
    return f"{NAMESPACE}/{target.pods.object_name}"


def _by_pods(targets: Sequence[Target]) -> list[Target]:
    """Answer one target of each workload: all that it serves are of one job."""
    return list({target.pods: target for target in targets}.values())


def _missing(target: Target) -> Alert:
    name = target.pods.object_name
    return Alert(
        name="FloeMetricsMissing",
        severity="warning",
        lasting="15m",
        expr=f'absent(up{{namespace="{NAMESPACE}",job="{job(target)}"}} == 1)',
        labels={"workload": name},
        summary=f"No pod of {name} is scraped",
        description="The alerts about what it says of itself are silent whatever happens.",
    )


def _rule(alert: Alert, namespace: str, labels: dict[str, str], page: str) -> dict[str, Any]:
    expr, summary, description = (
        text.replace(NAMESPACE, namespace)
        for text in (alert.expr, alert.summary, alert.description)
    )
    return {
        "alert": alert.name,
        "expr": f"{expr}\n",  # on lines of its own, where no quote needs an escape
        "for": alert.lasting,
        "labels": labels | {"severity": alert.severity, **alert.labels},
        "annotations": {
            "summary": summary,
            "description": description,
            "runbook_url": f"{page}#{alert.name.lower()}",
        },
    }


def spec(watch: Watch, namespace: str, runbook: str | None) -> dict[str, Sequence[Any]]:
    """Answer the body of a PrometheusRule."""
    group = f"{watch.instance}-{watch.name}"
    return {"groups": [{"name": group, "rules": rules(watch, namespace, runbook)}]}
