"""The demo's spans in a real Jaeger."""

import json
from pathlib import Path

import pytest

from conftest import Synth
from floe_demo.orchestration.project import Project
from floe_demo.orchestration.traces import Traces
from floe_demo.settings import Settings
from jaeger_example import MEMORY
from test_jaeger_process import eventually, made, processes

pytestmark = [pytest.mark.slow, pytest.mark.tools, pytest.mark.requirement("FR-034")]

RUN = "0f968529-5041-58d0-9983-e63a229adb1f"
TIMING = [
    {
        "name": "execute",
        "started_at": "2026-11-26T12:00:01.500000Z",
        "completed_at": "2026-11-26T12:00:02.000000Z",
    }
]


def test_the_steps_of_a_run_are_found_as_one_trace(
    synth: Synth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = {"unique_id": "model.floe_demo.mart_revenue", "status": "success", "timing": TIMING}
    (tmp_path / "run_results.json").write_text(json.dumps({"results": [result]}))
    project = Project(Settings(home=tmp_path), None)
    (process,) = processes(made(synth, MEMORY), tmp_path)
    with process.running() as jaeger:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://{jaeger.address}:4318")
        with Traces(project, RUN) as step, step.span("ingest", domain="ecommerce"):
            step.event("iceberg.commit", table="orders", rows=7)
        with Traces(project, RUN) as step, step.span("dbt build"):  # another process, for all it is
            step.built(tmp_path)
        with Traces(project, RUN) as step, step.span("serve"):
            pass
        query = "/api/traces?service=floe-demo"
        (trace,) = eventually(
            lambda: [
                one for one in jaeger.get(16686, query)["data"] or [] if len(one["spans"]) == 5
            ]
        )
    spans = {span["operationName"]: span for span in trace["spans"]}
    parents = {
        name: [other for other, one in spans.items() for ref in span["references"]
               if one["spanID"] == ref["spanID"]]
        for name, span in spans.items()
    }  # fmt: skip
    assert parents == {
        "ingest": [],
        "iceberg.commit": ["ingest"],
        "dbt build": ["ingest"],
        "floe_demo.mart_revenue": ["dbt build"],
        "serve": ["ingest"],
    }
    assert spans["floe_demo.mart_revenue"]["duration"] == 500_000
