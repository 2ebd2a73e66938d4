"""Spans of a run: one trace for each, whichever processes its steps are in.

The trace and its first span are numbered after the run, so that every step finds them. Spans go
where the artifacts say, within two seconds or not at all: that is no reason for a run to fail.
"""

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from floe_demo.orchestration.project import Project

SERVICE = "floe-demo"
ROOT = "ingest"
"""The span that all others of a run are in: its first step's."""
TIMEOUT = 2

log = logging.getLogger(__name__)


class _OfRun(IdGenerator):
    """Numbers: those of the run for its first span, random ones after that."""

    def __init__(self, run: str) -> None:
        digest = sha256(run.encode()).digest()
        self.trace = int.from_bytes(digest[:16]) or 1
        self.root = int.from_bytes(digest[16:24]) or 1
        self.first = False
        self._random = RandomIdGenerator()

    def generate_trace_id(self) -> int:
        return self.trace

    def generate_span_id(self) -> int:
        if self.first:
            self.first = False
            return self.root
        return self._random.generate_span_id()


class Traces:
    """The spans of one step of a run."""

    def __init__(self, project: Project, run: str) -> None:
        """Find out where they go."""
        said = project.artifacts.observability.otlp_endpoint if project.artifacts else None
        endpoint = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", said)
        self._ids = _OfRun(run)
        self._provider = TracerProvider(
            id_generator=self._ids,
            resource=Resource.create({"service.name": SERVICE, "dagster.run_id": run}),
            shutdown_on_exit=False,
        )
        if endpoint and project.settings.observability_jaeger:
            exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=TIMEOUT)
            self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer(SERVICE)

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """Send what there is."""
        try:
            self._provider.force_flush(TIMEOUT * 1000)
            self._provider.shutdown()
        except Exception as fault:  # noqa: BLE001  whatever it is, rows are more than spans
            log.warning("no spans: %s", fault)

    @contextmanager
    def span(self, name: str, **attributes: Any) -> Iterator[None]:
        """Measure what is done meanwhile."""
        outer = trace.get_current_span()
        context = None
        if not outer.get_span_context().is_valid:
            if name == ROOT:
                self._ids.first = True
            else:
                context = trace.set_span_in_context(self._parent())
        with self._tracer.start_as_current_span(name, context, attributes=attributes):
            yield

    def event(self, name: str, **attributes: Any) -> None:
        """Note that something was done."""
        with self._tracer.start_as_current_span(name, attributes=attributes):
            pass

    def built(self, target: Path) -> None:
        """Add spans of what dbt made and tested, as it measured them."""
        try:
            results = json.loads((target / "run_results.json").read_text("utf-8"))["results"]
            for result in results:
                timing = [one for one in result["timing"] if one["name"] == "execute"]
                if timing:
                    begin = _nanoseconds(timing[0]["started_at"])
                    end = _nanoseconds(timing[0]["completed_at"])
                    status = {"dbt.status": result["status"]}
                    name = result["unique_id"].split(".", 1)[1]
                    span = self._tracer.start_span(name, start_time=begin, attributes=status)
                    span.end(end)
        except (OSError, ValueError, KeyError) as error:
            log.warning("no spans of what dbt made: %s", error)

    def _parent(self) -> NonRecordingSpan:
        context = SpanContext(
            self._ids.trace, self._ids.root, is_remote=True, trace_flags=TraceFlags(1)
        )
        return NonRecordingSpan(context)


def _nanoseconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1_000_000) * 1000
