"""One component, watched."""

from collections.abc import Sequence

from cdk8s import ApiObject, ApiObjectMetadata, JsonPatch
from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.labels import Labels
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
        for pods in dict.fromkeys(target.pods for target in watch.targets):
            served = [target for target in watch.targets if target.pods == pods]
            self._custom(
                "PodMonitor",
                pods.object_name,
                pods.all | settings.labels,
                _scraped(pods, served, settings.interval_seconds),
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


def _scraped(pods: Labels, served: Sequence[Target], seconds: int) -> dict[str, object]:
    return {
        "selector": {"matchLabels": pods.selector},
        "podMetricsEndpoints": [
            {"port": target.port, "path": target.path, "interval": f"{seconds}s"}
            for target in served
        ],
    }
