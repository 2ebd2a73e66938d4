"""Grafana dashboards out of panels."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from floe_constructs.monitoring.watch import NAMESPACE, Panel, Watch

SCHEMA_VERSION = 39
"""Grafana 10.4's, which every later one brings up to its own."""

_WIDTH, _HEIGHT, _COLUMNS = 12, 8, 2
_LONGEST_UID = 40
_CLUSTER_SECONDS = 30
"""How often kube-state-metrics and kubelet are scraped, as most clusters do."""

_SOURCE = {"type": "prometheus", "uid": "$datasource"}


def file_name(watch: Watch) -> str:
    """Answer the file's name: Grafana's sidecar puts those of all namespaces into one folder."""
    return f"floe-{watch.instance}-{watch.name}.json"


def dashboard(watch: Watch, namespace: str, seconds: int) -> str:
    """Answer a dashboard as Grafana reads it: two panels in a row, in the order given.

    `seconds` are those between two scrapes: over less time than four of them, rates have gaps.
    """
    step = f"{max(seconds, _CLUSTER_SECONDS)}s"
    name, instance = watch.name, watch.instance
    document = {
        "uid": _uid(f"floe-{instance}-{name}"),
        "title": f"{watch.title} in {instance}",
        "tags": ["floe", instance],
        "schemaVersion": SCHEMA_VERSION,
        "editable": False,
        "graphTooltip": 1,  # one cross-hair through all panels
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [
                {
                    "name": "datasource",
                    "label": "Prometheus",
                    "type": "datasource",
                    "query": "prometheus",
                }
            ]
        },
        "panels": [
            _panel(place, panel, namespace, step) for place, panel in enumerate(watch.panels)
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _uid(name: str) -> str:
    """Answer what links lead to: the name, or a hash of one that is too long for Grafana."""
    if len(name) <= _LONGEST_UID:
        return name
    return hashlib.sha256(name.encode()).hexdigest()[:_LONGEST_UID]


def _panel(place: int, panel: Panel, namespace: str, step: str) -> dict[str, Any]:
    return {
        "id": place + 1,
        "type": "timeseries",
        "title": panel.title,
        **({"description": panel.description} if panel.description else {}),
        "datasource": _SOURCE,
        "gridPos": {
            "h": _HEIGHT,
            "w": _WIDTH,
            "x": _WIDTH * (place % _COLUMNS),
            "y": _HEIGHT * (place // _COLUMNS),
        },
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": _targets(panel.queries, namespace, step),
    }


def _targets(queries: Mapping[str, str], namespace: str, step: str) -> Sequence[dict[str, Any]]:
    return [
        {
            "refId": chr(ord("A") + number),
            "expr": query.replace(NAMESPACE, namespace),
            "legendFormat": legend,
            "interval": step,
        }
        for number, (legend, query) in enumerate(queries.items())
    ]
