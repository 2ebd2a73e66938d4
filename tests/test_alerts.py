"""Alerts: each fires when it should, and not when it nearly should, in Prometheus' own engine."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from test_dist import ENVIRONMENTS, ROOT
from watched import SOURCES, elsewhere, metrics, promtool, rule_file, rules, series

PAGE = ROOT / "docs" / "how-to" / "alerts.md"
DAY = 24 * 60
POD = {"pod": "dagster-webserver-5d9c-abcde", "uid": "1"}
CLAIM = {"persistentvolumeclaim": "cache-cube-store-router-0"}
COLLECTOR = {"pod": "jaeger-collector-7f6b-xyz12", "container": "jaeger", "receiver": "otlp"}
ROUTER = {"statefulset": "cube-store-router"}
API = {"pod": "marquez-api-6c8d-qwert", "container": "api"}
HANDLER = "io_dropwizard_jetty_MutableServletContextHandler"
RUN = "dagster-run-2f6d1c9e-7a53-4f0e-9d0b-1c2d3e4f5a6b"


@dataclass(frozen=True)
class Case:
    """What Prometheus has seen: values once a minute, by series; and when it is asked."""

    seen: dict[str, str]
    minute: int
    labels: dict[str, str] | None = None
    """Labels of the alert, where they are not the example's."""


@dataclass(frozen=True)
class Example:
    """When an alert fires, with which labels, and when it nearly does."""

    fires: tuple[Case, ...]
    nearly: tuple[Case, ...]
    labels: dict[str, str] = field(default_factory=dict)


def replicas(kind: str, ready: int, wanted: int, name: str) -> dict[str, str]:
    has, wants = {
        "deployment": (
            "kube_deployment_status_replicas_available",
            "kube_deployment_spec_replicas",
        ),
        "statefulset": ("kube_statefulset_status_replicas_ready", "kube_statefulset_replicas"),
    }[kind]
    label = {kind: name}
    return {series(has, **label): f"{ready}x60", series(wants, **label): f"{wanted}x60"}


def phase(name: str) -> dict[str, str]:
    return {series("kube_pod_status_phase", **POD, phase=name): "1x60"}


def restarts(values: str) -> dict[str, str]:
    labels = POD | {"container": "webserver"}
    return {series("kube_pod_container_status_restarts_total", **labels): values}


def volume(used: int) -> dict[str, str]:
    return {
        series("kubelet_volume_stats_used_bytes", **CLAIM): f"{used}x60",
        series("kubelet_volume_stats_capacity_bytes", **CLAIM): "100x60",
    }


def quota(used: int, hard: int = 100) -> dict[str, str]:
    labels = {"resourcequota": "floe", "resource": "requests.memory"}
    return {
        series("kube_resourcequota", **labels, type=kind): f"{value}x60"
        for kind, value in (("used", used), ("hard", hard))
    }


def failed(job: str, condition: str = "true") -> dict[str, str]:
    return {series("kube_job_failed", job_name=job, condition=condition): "1x60"}


def checked(begun: str, well: str | None, name: str = "preflight-services") -> dict[str, str]:
    """When a CronJob has begun last, and when it last began one that ended well."""
    found = {series("kube_cronjob_status_last_schedule_time", cronjob=name): begun}
    if well:
        found[series("kube_cronjob_status_last_successful_time", cronjob=name)] = well
    return found


def certificate(renewal: int, *, honored: bool = True) -> dict[str, str]:
    labels = {"name": "cube"} | (
        {} if honored else {"namespace": "cert-manager", "exported_namespace": "data-prod"}
    )
    name = "certmanager_certificate_renewal_timestamp_seconds"
    return {series(name, **labels): f"{renewal}x{DAY}"}


def answers(errors: str, requests: str) -> dict[str, str]:
    return {
        series(f"{HANDLER}_5xx_responses_total", **API): errors,
        series(f"{HANDLER}_requests_count", **API): requests,
    }


def run_started(minute: int, gone: int, daemon: int = 0) -> dict[str, str]:
    """Dagster, and a Job made at a minute, which is deleted later."""
    return {
        series("kube_deployment_created", deployment="dagster-daemon"): f"{daemon * 60}x4000",
        series("kube_job_created", job_name=RUN): f"_x{minute} {minute * 60}x{gone - minute}",
    }


OTHERS = {
    series("kube_deployment_created", deployment="cube-api"): "_x1500 90000x2000",
    series("kube_job_created", job_name="marquez-retention-29401095"): "_x1500 90000x2000",
}


def up(workload: str, value: int) -> dict[str, str]:
    labels = {"job": f"data-prod/{workload}", "pod": f"{workload}-1", "container": "main"}
    return {series("up", **labels): f"{value}x60"}


EVERYONE = ("jaeger-collector", "jaeger-query", "marquez-api")

EXAMPLES = {
    "FloeNotObserved": Example(
        fires=(
            Case({}, 16),
            Case({series("kube_pod_status_phase", namespace="other", phase="Running"): "1x60"}, 16),
        ),
        nearly=(Case(phase("Running"), 16), Case({}, 14)),
    ),
    "FloeWorkloadDown": Example(
        fires=(
            Case(replicas("deployment", 0, 2, "marquez-api"), 6),
            Case(replicas("statefulset", 0, 1, "cube-store-router"), 6, ROUTER),
        ),
        nearly=(
            Case(replicas("deployment", 0, 2, "marquez-api"), 4),
            Case(replicas("deployment", 1, 2, "marquez-api"), 6),
            Case(replicas("deployment", 0, 0, "marquez-api"), 6),
            Case(replicas("statefulset", 0, 0, "cube-store-router"), 6),
            Case(replicas("statefulset", 1, 1, "cube-store-router"), 6),
        ),
        labels={"deployment": "marquez-api"},
    ),
    "FloeWorkloadDegraded": Example(
        fires=(
            Case(replicas("statefulset", 2, 3, "cube-store-worker"), 16),
            Case(replicas("deployment", 1, 2, "marquez-api"), 16, {"deployment": "marquez-api"}),
        ),
        nearly=(
            Case(replicas("statefulset", 2, 3, "cube-store-worker"), 14),
            Case(replicas("statefulset", 0, 3, "cube-store-worker"), 16),
            Case(replicas("deployment", 0, 2, "marquez-api"), 16),
            Case(replicas("deployment", 2, 2, "marquez-api"), 16),
            Case(replicas("deployment", 3, 2, "marquez-api"), 16),
        ),
        labels={"statefulset": "cube-store-worker"},
    ),
    "FloePodRestarting": Example(
        fires=(Case(restarts("0+1x4 4x60"), 40),),
        nearly=(Case(restarts("0+1x3 3x60"), 40), Case(restarts("0+1x4 4x120"), 90)),
        labels=POD | {"container": "webserver"},
    ),
    "FloePodPending": Example(
        fires=(Case(phase("Pending"), 16),),
        nearly=(Case(phase("Pending"), 14), Case(phase("Running"), 16)),
        labels=POD,
    ),
    "FloeVolumeFilling": Example(
        fires=(Case(volume(81), 16),),
        nearly=(Case(volume(80), 16), Case(volume(81), 14)),
        labels=CLAIM,
    ),
    "FloeVolumeFull": Example(
        fires=(Case(volume(96), 6),),
        nearly=(Case(volume(95), 6), Case(volume(96), 4)),
        labels=CLAIM,
    ),
    "FloeQuotaUsed": Example(
        fires=(Case(quota(91), 16),),
        nearly=(Case(quota(90), 16), Case(quota(91), 14), Case(quota(0, hard=0), 16)),
        labels={"resourcequota": "floe", "resource": "requests.memory"},
    ),
    "FloeJobFailed": Example(
        fires=(
            Case(failed("dagster-migrate-0123456789"), 2),
            Case(
                failed("preflight-services-0123456789"),
                2,
                {"job_name": "preflight-services-0123456789"},
            ),
        ),
        nearly=(
            Case(failed("dagster-migrate-0123456789", "false"), 2),
            Case(failed(RUN), 2),
            Case(failed("dagster-step-0a1b2c"), 2),
            Case(failed("preflight-services-29401095"), 2),  # one of many, with an alert of its own
        ),
        labels={"job_name": "dagster-migrate-0123456789"},
    ),
    "FloeServiceFailing": Example(
        fires=(
            # It has passed once, and not since; it has never passed.
            Case(checked("0x10 900x60", "5x70"), 26),
            Case(checked("0x60", None), 16),
        ),
        nearly=(
            Case(checked("0x10 900x60", "5x10 905x60"), 26),
            Case(checked("0x10 900x60", "5x70"), 24),  # it may still be running
            Case(checked("0x60", None, "marquez-retention"), 26),
        ),
        labels={"cronjob": "preflight-services"},
    ),
    "FloeCertificateNotRenewed": Example(
        fires=(Case(certificate(3600), 131), Case(certificate(3600, honored=False), 131)),
        nearly=(Case(certificate(3600), 119), Case(certificate(86_400), 131)),
        labels={"name": "cube"},
    ),
    "FloeRunsFailed": Example(
        fires=(Case(failed(RUN) | failed(f"{RUN}-1"), 2),),
        nearly=(Case(failed(RUN, "false"), 2), Case(failed("dagster-step-0a1b2c"), 2)),
    ),
    "FloeRunsStopped": Example(
        fires=(
            Case(run_started(30, gone=120), 27 * 60),
            # It still runs, but nothing was started since.
            Case(run_started(30, gone=3000), 27 * 60),
            Case({series("kube_deployment_created", deployment="dagster-daemon"): "0x4000"}, 1580),
            # What is new is no run, and not Dagster.
            Case(run_started(30, gone=120) | OTHERS, 27 * 60),
            Case(run_started(30, gone=120) | elsewhere(run_started(1500, gone=1600)), 27 * 60),
        ),
        nearly=(
            Case(run_started(30, gone=120), 26 * 60 + 25),
            Case(run_started(2 * 60, gone=180), 27 * 60),
            Case(run_started(30, gone=120, daemon=120), 27 * 60),
        ),
    ),
    "FloeLineageFailing": Example(
        fires=(Case(answers("0+6x60", "0+100x60"), 30),),
        nearly=(
            Case(answers("0+5x60", "0+100x60"), 30),
            Case(answers("0+6x60", "0+100x60"), 9),
            Case(answers("0x60", "0x60"), 30),
        ),
    ),
    "FloeSpansRefused": Example(
        fires=(Case({series("otelcol_receiver_refused_spans", **COLLECTOR): "0+1x60"}, 30),),
        nearly=(
            Case({series("otelcol_receiver_refused_spans", **COLLECTOR): "7x60"}, 30),
            Case({series("otelcol_receiver_refused_spans", **COLLECTOR): "0+1x60"}, 9),
            Case({series("otelcol_receiver_refused_spans", pod="otel-collector-1"): "0+1x60"}, 30),
        ),
        labels={"pod": COLLECTOR["pod"]},
    ),
    "FloeSpansLost": Example(
        fires=(Case({series("otelcol_exporter_send_failed_spans", **COLLECTOR): "0+1x60"}, 30),),
        nearly=(
            Case({series("otelcol_exporter_send_failed_spans", **COLLECTOR): "7x60"}, 30),
            Case({series("otelcol_exporter_send_failed_spans", pod="collector-1"): "0+1x60"}, 30),
            Case({series("otelcol_exporter_send_failed_spans", **COLLECTOR): "0+1x60"}, 9),
        ),
        labels={"pod": COLLECTOR["pod"]},
    ),
    "FloeMetricsMissing": Example(
        fires=(
            Case(up("jaeger-query", 1) | up("marquez-api", 1), 16),
            Case(up("jaeger-query", 1) | up("marquez-api", 1) | up("jaeger-collector", 0), 16),
            Case(
                up("jaeger-query", 1) | up("marquez-api", 1) | elsewhere(up("jaeger-collector", 1)),
                16,
            ),
        ),
        nearly=(
            Case({text: value for name in EVERYONE for text, value in up(name, 1).items()}, 16),
            Case(up("jaeger-query", 1) | up("marquez-api", 1), 14),
        ),
        labels={"workload": "jaeger-collector"},
    ),
}


SILENCE = {"FloeNotObserved", "FloeMetricsMissing"}
"""They fire because nothing is seen; the others are not to see what is of another environment."""


def unit_test(name: str, case: Case, expected: list[dict[str, Any]], by: list[str]) -> Any:
    fires = (
        f'count by (alertname, {", ".join(by)}) (ALERTS{{alertname="{name}",alertstate="firing"}})'
    )
    inputs = case.seen or {"nothing": "0x60"}
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": key, "values": value} for key, value in inputs.items()],
        "promql_expr_test": [
            {"expr": fires, "eval_time": f"{case.minute}m", "exp_samples": expected}
        ],
    }


def told(folder: Path, name: str, tests: list[Any]) -> str:
    """Run Prometheus over an alert of prod; answer what it complains about."""
    rule_file(folder, [rule for rule in rules() if rule["alert"] == name])
    path = folder / "tests.yaml"
    path.write_text(
        yaml.safe_dump({"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": tests})
    )
    result = promtool("test", "rules", path)
    return "" if result.returncode == 0 else result.stdout + result.stderr


def sample(labels: dict[str, str], value: int) -> dict[str, Any]:
    text = ", ".join(f'{key}="{label}"' for key, label in labels.items())
    return {"labels": f"{{{text}}}", "value": value}


def severity(name: str) -> str:
    (found,) = {rule["labels"]["severity"] for rule in rules() if rule["alert"] == name}
    return str(found)


@pytest.mark.tools
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_alert_fires_when_it_should_and_not_when_it_nearly_should(
    name: str, tmp_path: Path
) -> None:
    example = EXAMPLES[name]
    static = {"environment": "prod", "namespace": "data-prod", "severity": severity(name)}
    by = [*static, *labels_of(example)]
    tests = []
    for case in example.fires:
        labels = {"alertname": name} | static | (case.labels or example.labels)
        tests.append(unit_test(name, case, [sample(labels, 1)], by))
    nearly = [*example.nearly]
    if name not in SILENCE:
        nearly += [Case(elsewhere(case.seen), case.minute) for case in example.fires]
    tests += [unit_test(name, case, [], by) for case in nearly]
    assert told(tmp_path, name, tests) == ""


def labels_of(example: Example) -> set[str]:
    """Answer the labels that an alert may have, beside those that all have."""
    return {key for case in example.fires for key in (case.labels or example.labels)}


def test_every_alert_has_an_example() -> None:
    assert {rule["alert"] for rule in rules()} == set(EXAMPLES)


def test_texts_name_labels_that_the_alert_has() -> None:
    """A label that is not there would be an empty word."""
    for rule in rules():
        texts = " ".join(rule["annotations"].values())
        name = rule["alert"]
        there = labels_of(EXAMPLES[name]) | rule["labels"].keys()
        assert set(re.findall(r"\$labels\.(\w+)", texts)) <= there, name
        assert "$namespace" not in texts + rule["expr"]


@pytest.mark.tools
def test_people_read_what_is_wrong_and_how_much(tmp_path: Path) -> None:
    """The whole of it, as Alertmanager gets it."""
    case = Case(volume(86), 16)
    (rule,) = [rule for rule in rules() if rule["alert"] == "FloeVolumeFilling"]
    labels = {"instance": "10.0.1.1:10250", "job": "kubelet", "metrics_path": "/metrics"}
    alert = {
        "exp_labels": CLAIM | labels | rule["labels"],
        "exp_annotations": {
            "summary": "cache-cube-store-router-0 is filling up",
            "description": "86% of it is used.",
            "runbook_url": "https://runbooks.floe.internal/data-platform/alerts#floevolumefilling",
        },
    }
    test = unit_test("FloeVolumeFilling", case, [], ["severity"]) | {"promql_expr_test": []}
    test["alert_rule_test"] = [
        {"alertname": "FloeVolumeFilling", "eval_time": "16m", "exp_alerts": [alert]}
    ]
    assert told(tmp_path, "FloeVolumeFilling", [test]) == ""


@pytest.mark.tools
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_prometheus_accepts_every_rule(environment: str, tmp_path: Path) -> None:
    found = rules(environment)
    assert bool(found) == (environment in {"prod", "staging"})
    result = promtool("check", "rules", "--lint-fatal", rule_file(tmp_path, found))
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("environment", ["prod", "staging"])
def test_every_metric_is_one_that_there_is(environment: str) -> None:
    for rule in rules(environment):
        assert set() < metrics(rule["expr"]) <= SOURCES.keys(), rule["expr"]


def sections() -> dict[str, str]:
    parts = re.split(r"^## (.+)$", PAGE.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_page_of_alerts_has_a_section_for_each_and_for_no_other() -> None:
    assert {title for title in sections() if title.startswith("Floe")} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_section_says_what_it_means_where_to_look_and_what_to_do(name: str) -> None:
    section = sections()[name]
    for word in ("**Means**", "**Look**", "**Do**"):
        assert word in section
    assert f"`{severity(name)}`" in section


def test_links_lead_to_the_section_of_the_alert() -> None:
    for environment, page in (
        ("prod", "https://runbooks.floe.internal/data-platform/alerts"),
        ("staging", "docs/how-to/alerts.md"),
    ):
        for rule in rules(environment):
            assert rule["annotations"]["runbook_url"] == f"{page}#{rule['alert'].lower()}"
