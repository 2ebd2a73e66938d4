"""Lineage events: which tables were made of which, from the generator to what is served.

Datasets are called after catalog and schema, the same by whoever writes and whoever reads them.
Events go into a file in the demo's folder, and to Marquez where the artifacts say so. Whatever
goes wrong with that is logged, and is no reason for a run to fail.
"""

import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from dagster import AssetKey
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import (
    InputDataset,
    Job,
    OutputDataset,
    Run,
    RunEvent,
    RunState,
)
from openlineage.client.facet_v2 import DatasetFacet, parent_run, schema_dataset
from openlineage.client.serde import Serde
from openlineage.client.transport.http import HttpConfig, HttpTransport

from floe_demo.orchestration.project import Project

NAMESPACE = "floe_demo"
TIMEOUT = 2.0
PRODUCER = "https://github.com/OpenLineage/OpenLineage/tree/main/client/python"

log = logging.getLogger(__name__)


class Lineage:
    """Where events go."""

    def __init__(self, project: Project) -> None:
        """Find out where they go."""
        self._project = project
        said = project.artifacts.observability.lineage_endpoint if project.artifacts else None
        self._url = os.environ.get("OPENLINEAGE_URL", said)
        self._on = project.settings.observability_marquez

    def ingested(self, run: str, domain: str, keys: Mapping[str, AssetKey]) -> None:
        """Tell which tables a run of the generator wrote to."""
        schema = self._project.namespace(domain)
        outputs = [_output(f"{schema}.{name}") for name in keys]
        source = [InputDataset(NAMESPACE, f"generator.{domain}")]
        self._emit(_pair(run, f"ingest.{domain}", source, outputs))

    def built(self, run: str, target: Path) -> None:
        """Tell which models dbt made, and of what."""
        try:
            manifest = json.loads((target / "manifest.json").read_text("utf-8"))
            results = json.loads((target / "run_results.json").read_text("utf-8"))["results"]
            events = list(_models(run, manifest, results))
        except (OSError, ValueError, KeyError) as error:
            log.warning("no lineage of what dbt made: %s", error)
            return
        self._emit(events)

    def _emit(self, events: Iterable[RunEvent]) -> None:
        if not self._on:
            return
        try:
            told = list(events)
            file = self._project.home / "lineage.jsonl"
            with file.open("a", encoding="utf-8") as lines:
                lines.writelines(Serde.to_json(event) + "\n" for event in told)
            if self._url:
                config = HttpConfig(url=self._url, timeout=TIMEOUT, retry={"total": 0})
                client = OpenLineageClient(transport=HttpTransport(config))
                for event in told:
                    client.emit(event)
        except Exception as error:  # noqa: BLE001  whatever it is, rows are more than lineage
            log.warning("no lineage: %s", error)


def _models(
    run: str, manifest: Mapping[str, Any], results: Iterable[Mapping[str, Any]]
) -> Iterator[RunEvent]:
    nodes = {**manifest["nodes"], **manifest["sources"]}
    for result in results:
        node = nodes.get(result["unique_id"])
        if node is None or node["resource_type"] != "model":
            continue
        inputs = [
            InputDataset(NAMESPACE, name(nodes[one]))
            for one in node["depends_on"]["nodes"]
            if one in nodes
        ]
        state = RunState.COMPLETE if result["status"] == "success" else RunState.FAIL
        yield from _pair(run, f"dbt.{node['name']}", inputs, [_output(name(node), node)], state)


def name(node: Mapping[str, Any]) -> str:
    """Answer what a table of dbt's is called: its schema, and its own name."""
    return f"{node['schema']}.{node.get('alias') or node['identifier']}"


def _output(called: str, node: Mapping[str, Any] | None = None) -> OutputDataset:
    columns = (node or {}).get("columns", {}).values()
    fields = [
        schema_dataset.SchemaDatasetFacetFields(
            name=column["name"], description=column["description"]
        )
        for column in columns
    ]
    facets: dict[str, DatasetFacet] = (
        {"schema": schema_dataset.SchemaDatasetFacet(fields=fields)} if fields else {}
    )
    return OutputDataset(NAMESPACE, called, facets=facets)


def _pair(
    run: str,
    job: str,
    inputs: list[InputDataset],
    outputs: list[OutputDataset],
    state: RunState = RunState.COMPLETE,
) -> Iterator[RunEvent]:
    """Answer that a job began and how it ended."""
    parent = parent_run.ParentRunFacet(
        run=parent_run.Run(runId=run), job=parent_run.Job(namespace=NAMESPACE, name="batch")
    )
    own = str(uuid5(NAMESPACE_URL, f"{run}/{job}"))
    for each in (RunState.START, state):
        yield RunEvent(
            eventType=each,
            eventTime=datetime.now(UTC).isoformat(),
            run=Run(runId=own, facets={"parent": parent}),
            job=Job(namespace=NAMESPACE, name=job),
            producer=PRODUCER,
            inputs=inputs,
            outputs=outputs,
        )
