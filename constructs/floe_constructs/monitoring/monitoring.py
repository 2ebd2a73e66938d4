"""One component, watched."""

from cdk8s import ApiObject, ApiObjectMetadata, JsonPatch
from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.monitoring.dashboard import dashboard, file_name
from floe_constructs.monitoring.rules import spec as rule_spec
from floe_constructs.monitoring.spec import MonitoringSettings
from floe_constructs.monitoring.watch import Target, Watch

_GROUP = "monitoring.coreos.com/v1"


class Monitoring(Construct):
    """Metrics, alerts and dashboard of one component, each where there is something to say.

    Objects: PodMonitor/WORKLOAD, PrometheusRule/COMPONENT, ConfigMap/COMPONENT-dashboard.
    Needs: the Prometheus operator; for the dashboard Grafana with its sidecar.
    """

    def __init__(
        self, scope: Construct, id: str, watch: Watch, settings: MonitoringSettings, namespace: str
    ) -> None:
        super().__init__(scope, id)
        labels = watch.labels
        for target in watch.targets:
            self._custom(
                "PodMonitor",
                target.pods.object_name,
                target.pods.all | settings.labels,
                _scraped(target, settings.interval_seconds),
            )
        if watch.alerts or watch.targets:
            rules = rule_spec(watch, namespace, settings.runbook)
            self._custom("PrometheusRule", labels.name, labels.all | settings.labels, rules)
        if watch.panels and settings.dashboards:
            k8s.KubeConfigMap(
                self,
                "dashboard",
                metadata=k8s.ObjectMeta(
                    name=f"{labels.name}-dashboard", labels=labels.all | settings.dashboards
                ),
                data={file_name(watch): dashboard(watch, namespace, settings.interval_seconds)},
            )

    def _custom(self, kind: str, name: str, labels: dict[str, str], body: object) -> None:
        made = ApiObject(
            self,
            f"{kind}-{name}".lower(),
            api_version=_GROUP,
            kind=kind,
            metadata=ApiObjectMetadata(name=name, labels=labels),
        )
        made.add_json_patch(JsonPatch.add("/spec", body))


def _scraped(target: Target, seconds: int) -> dict[str, object]:
    return {
        "selector": {"matchLabels": target.pods.selector},
        "podMetricsEndpoints": [
            {"port": target.port, "path": target.path, "interval": f"{seconds}s"}
        ],
    }
