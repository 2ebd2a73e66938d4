"""The rendered Jaeger, run for real: spans in by OTLP, and out by what the interface asks."""

import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import urllib3
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as Grpc
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as Http
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter
from opentelemetry.trace import Status, StatusCode

from conftest import Objects, Synth
from floe_constructs.jaeger import flows
from floe_constructs.jaeger.jaeger import Jaeger
from jaeger_example import BADGER, LARGE, MEMORY, SEARCH, SHARED, TAIL, spec
from old_jaeger import Process, UnansweredError, laid_out, validated
from tls import Authority

pytestmark = [pytest.mark.slow, pytest.mark.tools]


SOON = {"15s": "1s"}
"""Counts are told every 15 seconds, which is long for a test."""


def made(synth: Synth, values: dict[str, Any], **changes: object) -> Objects:
    return synth(lambda chart: Jaeger(chart, "jaeger", spec(values, **changes)))


def workloads(objects: Objects) -> list[dict[str, Any]]:
    return [made for (kind, _), made in objects.items() if kind in {"Deployment", "StatefulSet"}]


def processes(objects: Objects, folder: Path, **more: Any) -> list[Process]:
    folder.chmod(0o755)
    return [laid_out(objects, workload, folder, **more) for workload in workloads(objects)]


def send(exporter: SpanExporter, service: str, *, failed: bool = False) -> str:
    """Send one trace; answer its number."""
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("test").start_as_current_span("sale") as span:
        span.set_attribute("till", 7)
        if failed:
            span.set_status(Status(StatusCode.ERROR))
    provider.shutdown()
    return f"{span.get_span_context().trace_id:032x}"


def grpc(to: Process) -> SpanExporter:
    return Grpc(endpoint=f"{to.address}:4317", insecure=True)


def http_to(to: Process) -> SpanExporter:
    return Http(endpoint=f"http://{to.address}:4318/v1/traces")


def services(of: Process, path: str = "") -> set[str]:
    return set(of.get(16686, f"{path}/api/services")["data"] or [])


def eventually(ask: Callable[[], Any], seconds: float = 30) -> Any:
    """Answer what there is once there is something."""
    until = time.monotonic() + seconds
    while True:
        with suppress(UnansweredError):
            if found := ask():
                return found
        assert time.monotonic() < until, "nothing came"
        time.sleep(0.1)


@pytest.mark.parametrize("values", [MEMORY, BADGER, SEARCH, SHARED, TAIL, LARGE])
def test_jaeger_finds_no_fault_with_a_configuration(
    values: dict[str, Any], synth: Synth, tmp_path: Path
) -> None:
    keys = {"password": "hunter2", "tls.crt": "", "tls.key": "", "ca.crt": ""}
    secrets = dict.fromkeys(("search", "jaeger-tls", "clients-tls"), keys)
    for process in processes(made(synth, values), tmp_path, secrets=secrets):
        assert validated(process) == ""


@pytest.fixture
def running(synth: Synth, tmp_path: Path) -> Callable[..., Any]:
    """Answer how to run a Jaeger that is one pod."""

    def run(values: dict[str, Any], **more: Any) -> Any:
        (process,) = processes(made(synth, values), tmp_path, **more)
        return process.running()

    return run


@pytest.mark.parametrize("exporter", [grpc, http_to])
def test_a_trace_comes_in_by_otlp_and_is_found(
    exporter: Callable[[Process], SpanExporter], running: Callable[..., Any]
) -> None:
    with running(MEMORY) as jaeger:
        sent = send(exporter(jaeger), "shop")
        eventually(lambda: services(jaeger) == {"shop"})
        (trace,) = jaeger.get(16686, f"/api/traces/{sent}")["data"]
    (span,) = trace["spans"]
    assert span["operationName"] == "sale"
    assert {tag["key"]: tag["value"] for tag in span["tags"]}["till"] == 7


def test_what_is_on_a_volume_is_found_after_a_restart(synth: Synth, tmp_path: Path) -> None:
    (jaeger,) = processes(made(synth, BADGER), tmp_path)
    with jaeger.running():
        sent = send(http_to(jaeger), "shop")
        eventually(lambda: services(jaeger) == {"shop"})
    with jaeger.running():
        assert services(jaeger) == {"shop"}
        assert jaeger.get(16686, f"/api/traces/{sent}")["data"]


def test_errors_are_kept_whole_while_others_are_a_share_and_all_of_them_are_counted(
    running: Callable[..., Any],
) -> None:
    values = TAIL | {"tail_sampling": {"probability": 0, "wait_seconds": 1}}
    with running(values, edits=SOON) as jaeger:
        send(http_to(jaeger), "calm")
        send(http_to(jaeger), "shop", failed=True)
        eventually(lambda: services(jaeger))
        counted = eventually(lambda: "calm" in (text := jaeger.get(8889, "/metrics")) and text)
        assert services(jaeger) == {"shop"}
    assert 'service_name="calm"' in counted
    assert 'service_name="shop"' in counted


def test_clients_are_told_which_traces_to_begin(running: Callable[..., Any]) -> None:
    sampling = LARGE["remote_sampling"]
    with running(MEMORY | {"remote_sampling": sampling}) as jaeger:
        told = {
            name: jaeger.get(5778, f"/api/sampling?service={name}")
            for name in ("shop", "till", "other")
        }
    assert told["till"]["rateLimitingSampling"] == {"maxTracesPerSecond": 5}
    assert told["other"]["operationSampling"]["defaultSamplingProbability"] == 0.5
    for name in ("other", "shop"):
        (health,) = told[name]["operationSampling"]["perOperationStrategies"]
        assert health == {"operation": "/health", "probabilisticSampling": {"samplingRate": 0}}


def test_zipkins_spans_come_in_where_it_is_asked_for(running: Callable[..., Any]) -> None:
    with running(MEMORY | {"legacy_receivers": ["zipkin", "jaeger"]}) as jaeger:
        span = {"traceId": "a" * 32, "id": "b" * 16, "name": "sale", "timestamp": 1, "duration": 1}
        span |= {"localEndpoint": {"serviceName": "old-shop"}}
        address = f"http://{jaeger.address}:9411/api/v2/spans"
        assert urllib3.request("POST", address, json=[span]).status == 202
        eventually(lambda: services(jaeger) == {"old-shop"})


def test_the_interface_is_below_its_base_path_and_reads_its_file(
    running: Callable[..., Any],
) -> None:
    with running(MEMORY | {"base_path": "/jaeger", "ui": LARGE["ui"]}) as jaeger:
        assert services(jaeger, "/jaeger") == set()
        page = jaeger.get(16686, "/jaeger/search")
    assert "Logs of this trace" in page


def test_the_page_of_rates_asks_prometheus_for_what_is_counted(
    running: Callable[..., Any],
) -> None:
    """No Prometheus is there: what it is asked is recorded, and is among what it would read."""
    asked: list[str] = []

    class Prometheus(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked.extend(parse_qs(form)["query"])
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b'{"status":"success","data":{"resultType":"matrix","result":[]}}')

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Prometheus) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        values = MEMORY | {"performance": {"prometheus": address}}
        with running(values, edits=SOON) as jaeger:
            send(http_to(jaeger), "shop", failed=True)
            counted = eventually(lambda: "shop" in (text := jaeger.get(8889, "/metrics")) and text)
            for what in ("calls", "errors", "latencies"):
                jaeger.get(16686, f"/api/metrics/{what}?service=shop&quantile=0.95")
        server.shutdown()
    series = set(re.findall(r"^(\w+)\{", counted, re.MULTILINE))
    labels = set(re.findall(r"(\w+)=", counted))
    assert len(asked) >= 3
    for query in asked:
        assert set(re.findall(r"(\w+)\{", query)) <= series, query
        assert set(re.findall(r"(\w+) ?=", query)) <= labels, query


def test_spans_come_in_by_tls_from_whoever_shows_a_certificate(
    running: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sender has just the variables and files that user code is given."""
    servers, clients = Authority("servers"), Authority("clients")
    keys = {"tls.crt": "", "tls.key": ""}
    secrets = {"jaeger-tls": dict(keys), "clients-tls": dict(keys)}
    for secret, authority, owner in (
        ("jaeger-tls", servers, "jaeger-collector"),
        ("clients-tls", clients, "floe"),
    ):
        secrets[secret] = dict(zip(keys, authority.pair(owner), strict=True))
        secrets[secret]["ca.crt"] = authority.pem
    values = MEMORY | {"receiver_tls": LARGE["receiver_tls"]}
    needed = flows.sender_files(spec(values))
    for variable, key in needed.items():
        (tmp_path / variable).write_text(secrets[key.name][key.key])
        monkeypatch.setenv(variable, str(tmp_path / variable))
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # they would win
        monkeypatch.delenv(variable, raising=False)
    with running(values, secrets=secrets) as jaeger:
        _knows(monkeypatch, "jaeger-collector", jaeger.address)
        send(Http(endpoint=f"{flows.collector_url(spec(values))}/v1/traces"), "by-http")
        name: Any = (("grpc.ssl_target_name_override", "jaeger-collector"),)
        send(Grpc(endpoint=f"https://{jaeger.address}:4317", channel_options=name), "by-grpc")
        eventually(lambda: services(jaeger) == {"by-http", "by-grpc"})
        stranger = urllib3.PoolManager(ca_certs=str(tmp_path / "OTEL_EXPORTER_OTLP_CERTIFICATE"))
        with pytest.raises(urllib3.exceptions.HTTPError, match="certificate required"):
            stranger.request("POST", flows.collector_url(spec(values)), retries=False)


def _knows(monkeypatch: pytest.MonkeyPatch, name: str, address: str) -> None:
    """Look a name up that only a cluster's DNS knows."""
    ask = socket.getaddrinfo

    def look_up(host: str, *args: Any, **more: Any) -> Any:
        return ask(address if host == name else host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
