"""What the pages about runs and their output show is what an overlay takes."""

from typing import Any

import pytest
import yaml

from dagster_example import SHOP, SMALL
from floe_constructs.dagster import DagsterSettings
from floe_constructs.dagster.run_launcher import FIELDS
from test_docs import blocks, table

QUEUE, LOGS = "docs/how-to/run-queue.md", "docs/how-to/compute-logs.md"
SETTINGS = {key: value for key, value in SMALL.items() if key not in ("instance", "namespace")}
SNIPPETS = [yaml.safe_load(block) for page in (QUEUE, LOGS) for block in blocks(page, "yaml")]


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: next(iter(snippet)))
def test_snippets_are_settings_of_dagster(snippet: dict[str, Any]) -> None:
    DagsterSettings.model_validate(SETTINGS | {"code_locations": [SHOP]} | snippet)


def test_the_page_lists_every_field_that_tags_may_change() -> None:
    shown = {f"{part}.{name}" for part, names in table(QUEUE, "part") for name in names.split(", ")}
    assert shown == set(FIELDS)
