"""Dashboards: as Grafana takes them, and with something to see in every panel."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from floe_constructs.monitoring.dashboard import dashboard
from floe_constructs.monitoring.watch import Watch
from test_dist import ROOT, manifests
from watched import (
    JAEGER,
    JVM,
    MARQUEZ,
    SOURCES,
    dashboards,
    elsewhere,
    metrics,
    promtool,
    queries,
    rules,
    series,
)

FILES = {f"floe-prod-{name}.json" for name in ("dagster", "cube", "marquez", "jaeger")}
WORKLOADS = ("dagster-webserver-1", "cube-api-1", "marquez-api-1", "jaeger-collector-1")
RUN = "dagster-run-2f6d1c9e-7a53-4f0e-9d0b-1c2d3e4f5a6b"


def kept(value: Any, read: Any, path: str = "") -> list[str]:
    """Answer what of a document its reader has not kept as it was."""
    if isinstance(value, dict) and isinstance(read, dict):
        return [
            fault
            for key, inner in value.items()
            for fault in kept(inner, read.get(key), f"{path}.{key}")
        ]
    if isinstance(value, list) and isinstance(read, list) and len(value) == len(read):
        return [
            fault
            for number, inner in enumerate(value)
            for fault in kept(inner, read[number], f"{path}[{number}]")
        ]
    return [] if value == read else [f"{path}: {value!r} became {read!r}"]


READ = """
import json, sys
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
register_default_plugins()
for board in map(Dashboard.from_json, json.load(sys.stdin)):
    assert {type(target).__name__ for panel in board.panels for target in panel.targets} == {
        "Dataquery"
    }
    print(JSONEncoder().encode(board))
"""


@pytest.mark.tools
def test_grafanas_own_types_keep_every_field() -> None:
    """What they do not know of a dashboard, they would drop."""
    said = dashboards()
    result = subprocess.run(
        [sys.executable, "-c", READ],
        input=json.dumps([*said.values()]),
        env=os.environ | {"PYTHONPATH": str(ROOT / ".tools" / "grafana")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    boards = [json.loads(line) for line in result.stdout.splitlines()]
    for (file, board), read in zip(said.items(), boards, strict=True):
        assert kept(board, read, file) == []


def test_there_is_one_dashboard_for_each_component() -> None:
    assert set(dashboards()) == FILES
    assert {file.replace("prod", "staging") for file in FILES} == set(dashboards("staging"))
    assert not dashboards("dev")
    assert not dashboards("demo")


def test_grafana_finds_them_by_the_label_that_the_overlay_says() -> None:
    found = [m for m in manifests("prod") if m["metadata"]["labels"].get("grafana_dashboard")]
    assert {file for manifest in found for file in manifest["data"]} == FILES
    assert {m["metadata"]["labels"]["grafana_dashboard"] for m in found} == {"1"}


def test_two_environments_never_share_a_dashboard() -> None:
    boards = [*dashboards("prod").values(), *dashboards("staging").values()]
    for key in ("uid", "title"):
        assert len({board[key] for board in boards}) == len(boards)


def test_a_uid_is_no_longer_than_grafana_allows() -> None:
    uids = {
        json.loads(dashboard(Watch(name="j", instance=f"{'x' * 60}{end}", title="J"), "n", 30))[
            "uid"
        ]
        for end in ("a", "b")
    }
    assert len(uids) == 2
    assert all(len(uid) <= 40 for uid in uids)


@pytest.mark.parametrize("file", sorted(FILES))
def test_panels_have_a_place_of_their_own_and_a_source_that_is_chosen(file: str) -> None:
    board = dashboards()[file]
    (variable,) = board["templating"]["list"]
    assert (variable["type"], variable["query"]) == ("datasource", "prometheus")
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [panel["gridPos"] for panel in panels]
    assert len({(place["x"], place["y"]) for place in places}) == len(places)
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for panel in panels:
        assert panel["datasource"] == {"type": "prometheus", "uid": f"${variable['name']}"}
        references = [target["refId"] for target in panel["targets"]]
        assert len(set(references)) == len(references) > 0


@pytest.mark.parametrize("environment", ["prod", "staging"])
def test_every_metric_is_one_that_there_is(environment: str) -> None:
    for panel, expr in queries(environment):
        assert set() < metrics(expr) <= SOURCES.keys(), panel


def test_no_metric_is_listed_that_nobody_asks_for() -> None:
    exprs = [expr for _, expr in queries()] + [rule["expr"] for rule in rules()]
    assert {metric for expr in exprs for metric in metrics(expr)} == set(SOURCES)


def living() -> dict[str, str]:
    """A platform at work, as Prometheus sees it: every metric, for each component's pods."""
    found: dict[str, str] = {}
    for pod in WORKLOADS:
        container = {"pod": pod, "container": "main"}
        found |= {
            series("kube_pod_status_ready", pod=pod, uid="1", condition="false"): "1x60",
            series("kube_pod_status_phase", pod=pod, uid="1", phase="Running"): "1x60",
            series("kube_pod_container_status_restarts_total", **container, uid="1"): "0x60",
            series(
                "kube_pod_container_resource_limits", **container, resource="memory", unit="byte"
            ): "200x60",
            series("container_memory_working_set_bytes", **container, id="/kubepods/1"): "100x60",
            series("container_cpu_usage_seconds_total", **container, id="/kubepods/1"): "0+30x60",
            series("container_network_receive_bytes_total", pod=pod, interface="eth0"): "0+9x60",
        }
        for metric, source in SOURCES.items():
            if source in {MARQUEZ, JVM} and pod.startswith("marquez"):
                labels = {"area": "heap"} if source == JVM else {}
                labels |= {"quantile": "0.99"} if metric.endswith("_requests") else {}
                found[series(metric, **container, **labels)] = "0+1x60"
            if source == JAEGER and pod.startswith("jaeger"):
                found[series(metric, **container)] = "0+1x60"
    claim = {"persistentvolumeclaim": "cache-cube-store-router-0"}
    return found | {
        series("kubelet_volume_stats_used_bytes", **claim): "1x60",
        series("kubelet_volume_stats_capacity_bytes", **claim): "2x60",
        series("kube_job_created", job_name=RUN): "600x60",
        series("kube_job_failed", job_name=RUN, condition="true"): "1x60",
        series("kube_job_status_active", job_name=RUN): "1x60",
        series("kube_job_status_start_time", job_name=RUN): "600x60",
        series("kube_pod_status_phase", pod=f"{RUN}-1", uid="2", phase="Pending"): "1x60",
    }


def shown(folder: Path, seen: dict[str, str], expected: list[dict[str, Any]]) -> str:
    """Ask Prometheus every query of prod; answer what it complains about."""
    exprs = [expr.removesuffix(" or vector(0)") for _, expr in queries()]
    assert len(exprs) > 30
    test = {
        "interval": "1m",
        "input_series": [{"series": key, "values": value} for key, value in seen.items()],
        "promql_expr_test": [
            {"expr": f"count({expr}) > bool 0", "eval_time": "30m", "exp_samples": expected}
            for expr in exprs
        ],
    }
    path = folder / "tests.yaml"
    path.write_text(yaml.safe_dump({"rule_files": [], "tests": [test]}))
    result = promtool("test", "rules", path)
    return "" if result.returncode == 0 else result.stdout + result.stderr


@pytest.mark.tools
def test_every_panel_shows_something_of_a_platform_at_work(tmp_path: Path) -> None:
    """In Prometheus' own engine: what cannot be joined would be an empty panel for ever."""
    assert shown(tmp_path, living(), [{"labels": "{}", "value": 1}]) == ""


@pytest.mark.tools
def test_no_panel_shows_anything_of_another_environment(tmp_path: Path) -> None:
    assert shown(tmp_path, elsewhere(living()), []) == ""
