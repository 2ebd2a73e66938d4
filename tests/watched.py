"""Where each metric comes from that an alert or a dashboard asks for, and what it looks like.

The labels are those that a series has in Prometheus: kube-state-metrics and kubelet scraped with
`honorLabels`, as the chart kube-prometheus-stack does, own metrics as the operator labels them.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from test_dist import BIN, ROOT

NAMESPACE = "data-prod"

KSM = "kube-state-metrics, docs/metrics: a stable metric"
KUBELET = "kubelet, /metrics: pkg/kubelet/metrics/collectors/volume_stats.go"
CADVISOR = "kubelet, /metrics/cadvisor"
CERT_MANAGER = "cert-manager, docs/devops-tips/prometheus-metrics"
JAEGER = "Jaeger, docs/operations/monitoring; seen in a process with the rendered configuration"
MARQUEZ = "Dropwizard 2.1 with simpleclient_dropwizard 0.16; seen in a process set up as Marquez is"
JVM = "simpleclient_hotspot 0.16; seen in a process set up as Marquez is"
_HANDLER = "io_dropwizard_jetty_MutableServletContextHandler"
_POOL = "io_dropwizard_db_ManagedPooledDataSource_MarquezApp_source"

SOURCES = {
    "certmanager_certificate_renewal_timestamp_seconds": CERT_MANAGER,
    "container_cpu_usage_seconds_total": CADVISOR,
    "container_memory_working_set_bytes": CADVISOR,
    "container_network_receive_bytes_total": CADVISOR,
    f"{_HANDLER}_2xx_responses_total": MARQUEZ,
    f"{_HANDLER}_4xx_responses_total": MARQUEZ,
    f"{_HANDLER}_5xx_responses_total": MARQUEZ,
    f"{_HANDLER}_requests": MARQUEZ,
    f"{_HANDLER}_requests_count": MARQUEZ,
    f"{_POOL}_active": MARQUEZ,
    f"{_POOL}_size": MARQUEZ,
    f"{_POOL}_waiting": MARQUEZ,
    "jvm_memory_bytes_max": JVM,
    "jvm_memory_bytes_used": JVM,
    "kube_cronjob_status_last_schedule_time": KSM,
    "kube_cronjob_status_last_successful_time": KSM,
    "kube_deployment_created": KSM,
    "kube_deployment_spec_replicas": KSM,
    "kube_deployment_status_replicas_available": KSM,
    "kube_job_created": KSM,
    "kube_job_failed": KSM,
    "kube_job_status_active": KSM,
    "kube_job_status_start_time": KSM,
    "kube_pod_container_resource_limits": KSM,
    "kube_pod_container_status_restarts_total": KSM,
    "kube_pod_status_phase": KSM,
    "kube_pod_status_ready": KSM,
    "kube_resourcequota": KSM,
    "kube_statefulset_replicas": KSM,
    "kube_statefulset_status_replicas_ready": KSM,
    "kubelet_volume_stats_capacity_bytes": KUBELET,
    "kubelet_volume_stats_used_bytes": KUBELET,
    "otelcol_exporter_send_failed_spans": JAEGER,
    "otelcol_exporter_sent_spans": JAEGER,
    "otelcol_receiver_accepted_spans": JAEGER,
    "otelcol_receiver_refused_spans": JAEGER,
    "up": "Prometheus itself, for each target",
}

SCRAPED_BY = {
    KSM: {"job": "kube-state-metrics", "instance": "10.0.0.9:8080", "service": "ksm"},
    KUBELET: {"job": "kubelet", "metrics_path": "/metrics", "instance": "10.0.1.1:10250"},
    CADVISOR: {"job": "kubelet", "metrics_path": "/metrics/cadvisor", "instance": "10.0.1.1:10250"},
    CERT_MANAGER: {"job": "cert-manager", "instance": "10.0.0.8:9402"},
}


def series(metric: str, **labels: str) -> str:
    """Answer a series as Prometheus has it; one of the environment's namespace unless said."""
    given = {"namespace": NAMESPACE} | SCRAPED_BY.get(SOURCES[metric], {}) | labels
    return f"{metric}{{{', '.join(f'{k}={json.dumps(v)}' for k, v in given.items())}}}"


def written(environment: str, name: str) -> list[dict[str, Any]]:
    """Answer the objects of the platform whose files are called so."""
    paths = sorted((ROOT / "dist" / environment / "50-platform").glob(f"*/{name}.yaml"))
    return [yaml.safe_load(path.read_text()) for path in paths]


def rules(environment: str = "prod") -> list[dict[str, Any]]:
    """Answer the rules of an environment, one by one."""
    found = written(environment, "prometheusrule-*")
    return [rule for m in found for group in m["spec"]["groups"] for rule in group["rules"]]


def dashboards(environment: str = "prod") -> dict[str, dict[str, Any]]:
    """Answer the dashboards of an environment, by file."""
    found = written(environment, "configmap-*-dashboard")
    return {file: json.loads(text) for m in found for file, text in m["data"].items()}


def queries(environment: str = "prod") -> Iterator[tuple[str, str]]:
    """Answer the queries of all panels, with the panel; Grafana fills the interval in."""
    for board in dashboards(environment).values():
        for panel in board["panels"]:
            for target in panel["targets"]:
                expr = target["expr"].replace("$__rate_interval", "5m")
                yield f"{board['title']}: {panel['title']}: {target['legendFormat']}", expr


def metrics(expr: str) -> set[str]:
    """Answer what an expression asks for: of ours, every selector has matchers."""
    return set(re.findall(r"([a-zA-Z_:][\w:]*)\{", expr))


def elsewhere(seen: dict[str, str]) -> dict[str, str]:
    """Answer the same series as another environment of the cluster has them."""
    return {text.replace(NAMESPACE, "data-other"): values for text, values in seen.items()}


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "promtool", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=ROOT,
    )


def rule_file(folder: Path, found: list[dict[str, Any]]) -> Path:
    path = folder / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": found}]}))
    return path
