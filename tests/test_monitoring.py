"""Metrics: who serves them, who is let in to read them, and what an overlay may say about it."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import dagster_example
import jaeger_example
import marquez_example
from conftest import Objects, Synth
from floe_constructs.dagster import watch as dagster_watch
from floe_constructs.jaeger import watch as jaeger_watch
from floe_constructs.jaeger.jaeger import Jaeger
from floe_constructs.jaeger.spec import JaegerSpec
from floe_constructs.marquez import watch as marquez_watch
from floe_constructs.marquez.marquez import Marquez
from floe_constructs.marquez.spec import MarquezSpec
from floe_constructs.monitoring.monitoring import Monitoring
from floe_constructs.monitoring.spec import MonitoringSettings
from floe_constructs.monitoring.watch import Watch
from test_dist import manifests
from test_overlay import refused, wired

PEER = {"namespace": "monitoring", "pods": {"app.kubernetes.io/name": "prometheus"}}
ENVIRONMENTS = ["prod", "staging"]


def monitors(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [manifest for manifest in objects if manifest["kind"] == "PodMonitor"]


def selected(objects: list[dict[str, Any]], monitor: dict[str, Any]) -> list[dict[str, Any]]:
    """Answer the workloads whose pods a monitor finds, Jobs among them."""
    labels = monitor["spec"]["selector"]["matchLabels"].items()
    templates = [
        (manifest, manifest["spec"]["template"])
        for manifest in objects
        if manifest["kind"] in {"Deployment", "StatefulSet", "Job"}
    ] + [
        (manifest, manifest["spec"]["jobTemplate"]["spec"]["template"])
        for manifest in objects
        if manifest["kind"] == "CronJob"
    ]
    return [m for m, template in templates if labels <= template["metadata"]["labels"].items()]


def ports_of(objects: list[dict[str, Any]], monitor: dict[str, Any]) -> set[int]:
    """Answer the numbers of the ports that a monitor names; exactly one container has each."""
    (workload,) = selected(objects, monitor)
    named = [endpoint["port"] for endpoint in monitor["spec"]["podMetricsEndpoints"]]
    numbers = [
        port["containerPort"]
        for container in workload["spec"]["template"]["spec"]["containers"]
        for port in container["ports"]
        if port["name"] in named
    ]
    assert len(numbers) == len(named)
    return set(numbers)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_whoever_has_metrics_has_a_monitor_that_finds_its_pods_alone(environment: str) -> None:
    objects = manifests(environment)
    found = {}
    for monitor in monitors(objects):
        (workload,) = selected(objects, monitor)
        assert workload["metadata"]["name"] == monitor["metadata"]["name"]
        found[monitor["metadata"]["name"]] = ports_of(objects, monitor)
    counted = {8889} if environment == "prod" else set()
    assert found == {
        "jaeger-collector": {8888} | counted,
        "jaeger-query": {8888},
        "marquez-api": {5000},
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_policies_let_prometheus_in_to_the_metrics_and_to_nothing_else(environment: str) -> None:
    objects = manifests(environment)
    wanted = {(m["metadata"]["name"], n) for m in monitors(objects) for n in ports_of(objects, m)}
    label = {"kubernetes.io/metadata.name": "monitoring"}
    opened = {
        (policy["metadata"]["name"], port["port"])
        for policy in objects
        if policy["kind"] == "NetworkPolicy"
        for rule in policy["spec"].get("ingress", [])
        for peer in rule["from"]
        if peer.get("namespaceSelector", {}).get("matchLabels") == label
        for port in rule["ports"]
        if peer["podSelector"]["matchLabels"] == PEER["pods"]
    }
    assert opened == wanted


@pytest.mark.parametrize("environment", ["dev", "demo"])
def test_nothing_is_watched_unless_the_overlay_says_so(environment: str) -> None:
    kinds = {manifest["kind"] for manifest in manifests(environment)}
    assert not kinds & {"PodMonitor", "ServiceMonitor", "PrometheusRule"}


def watched(synth: Synth, component: Any, watch: Watch, **settings: Any) -> Objects:
    def add(chart: Any) -> None:
        component(chart)
        Monitoring(chart, "monitoring", watch, MonitoringSettings(**settings), "data")

    return synth(add)


@pytest.mark.parametrize("values", [jaeger_example.MEMORY, jaeger_example.BADGER])
def test_jaeger_in_one_pod_is_watched_too(synth: Synth, values: dict[str, Any]) -> None:
    spec = JaegerSpec.model_validate(values)
    watch = jaeger_watch.watched(spec)
    objects = [*watched(synth, lambda chart: Jaeger(chart, "j", spec), watch).values()]
    (monitor,) = monitors(objects)
    assert ports_of(objects, monitor) == {8888}


def test_metrics_of_marquez_are_on_the_port_of_the_api_because_the_admin_port_has_json(
    synth: Synth,
) -> None:
    spec = MarquezSpec.model_validate(marquez_example.LARGE)
    watch = marquez_watch.watched(spec)
    objects = [*watched(synth, lambda chart: Marquez(chart, "m", spec), watch).values()]
    (monitor,) = monitors(objects)
    assert ports_of(objects, monitor) == {5000}
    assert monitor["spec"]["podMetricsEndpoints"][0]["path"] == "/metrics"


def test_volumes_are_shown_where_there_are_claims() -> None:
    shown = {
        name: {panel.title for panel in jaeger_watch.watched(JaegerSpec(**values)).panels}
        for name, values in (("memory", jaeger_example.MEMORY), ("badger", jaeger_example.BADGER))
    }
    assert len(shown["badger"] - shown["memory"]) == 1


def test_settings_reach_the_objects(synth: Synth) -> None:
    watch = jaeger_watch.watched(JaegerSpec.model_validate(jaeger_example.MEMORY))
    objects = watched(
        synth,
        lambda _: None,
        watch,
        labels={"release": "stack"},
        interval_seconds=60,
        dashboards={"grafana_dashboard": "yes"},
        runbook="https://example.com/runbook",
    )
    assert set(objects) == {
        ("PodMonitor", "jaeger-all-in-one"),
        ("PrometheusRule", "jaeger"),
        ("ConfigMap", "jaeger-dashboard"),
    }
    for (kind, _), manifest in objects.items():
        labels = manifest["metadata"]["labels"]
        assert labels.get("release") == (None if kind == "ConfigMap" else "stack")
        assert labels.get("grafana_dashboard") == ("yes" if kind == "ConfigMap" else None)
    (endpoint,) = objects["PodMonitor", "jaeger-all-in-one"]["spec"]["podMetricsEndpoints"]
    assert endpoint["interval"] == "60s"
    (text,) = objects["ConfigMap", "jaeger-dashboard"]["data"].values()
    targets = [target for panel in json.loads(text)["panels"] for target in panel["targets"]]
    assert {target["interval"] for target in targets} == {"60s"}  # rates would have gaps
    assert "ConfigMap" not in {kind for kind, _ in watched(synth, lambda _: None, watch)}


@pytest.mark.parametrize("key", ["labels", "dashboards"])
def test_labels_that_every_object_has_cannot_be_taken(key: str) -> None:
    with pytest.raises(ValidationError, match="labels of its own"):
        MonitoringSettings.model_validate({key: {"app.kubernetes.io/part-of": "other"}})


@pytest.mark.parametrize("seconds", [9, 121])
def test_an_interval_is_short_enough_for_the_rates_of_the_alerts(seconds: int) -> None:
    with pytest.raises(ValidationError):
        MonitoringSettings(interval_seconds=seconds)


def change_of(monitoring: Any, peers: list[Any], **other: Any) -> Any:
    def change(settings: dict[str, Any], _: dict[str, Any]) -> None:
        settings |= {"monitoring": monitoring} | other
        settings["cluster"]["monitoring"] = peers

    return change


def test_metrics_that_nobody_could_read_are_refused(tmp_path: Path) -> None:
    (told,) = refused(tmp_path, "dev", change_of({}, []))
    assert "monitoring needs cluster.monitoring" in told


def test_an_expectation_that_no_alert_would_use_is_refused(tmp_path: Path) -> None:
    def change(settings: dict[str, Any], _: dict[str, Any]) -> None:
        settings["dagster"]["hours_between_runs"] = 26

    (told,) = refused(tmp_path, "dev", change)
    assert "dagster.hours_between_runs is for an alert" in told


def test_prometheus_may_be_let_in_without_anything_for_the_operator(tmp_path: Path) -> None:
    found = wired(tmp_path, "dev", change_of(None, [PEER]))
    assert {flow.port for flow in found.flows if flow.why == "read metrics"} == {5000, 8888}


def test_the_hours_are_what_the_alert_waits_for() -> None:
    without, given = (
        {alert.name: alert for alert in dagster_watch.watched(dagster_example.spec(**said)).alerts}
        for said in ({}, {"hours_between_runs": 50})
    )
    assert given.keys() - without.keys() == {"FloeRunsStopped"}
    assert "[50h]" in given["FloeRunsStopped"].expr
