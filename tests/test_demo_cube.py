"""The demo's cubes, compiled by the Cube of today and by the server that tests run."""

import json
import subprocess
from typing import Any

import pytest
import yaml

from cube_server import TOOLS
from object_stores import NODE
from test_dist import ROOT

pytestmark = [pytest.mark.requirement("FR-029")]

FOLDER = ROOT / "demo" / "cube"
CUBES = ["customers", "order_items", "orders", "products"]


def said(name: str) -> dict[str, list[dict[str, Any]]]:
    """Answer what the model says of a cube or a view."""
    (file,) = (FOLDER / "model").glob(f"*/{name}.yml")
    ((one,),) = yaml.safe_load(file.read_text()).values()
    found: dict[str, list[dict[str, Any]]] = one
    return found


@pytest.mark.tools
def test_the_model_compiles_with_the_compiler_of_todays_cube_too() -> None:
    command = [str(NODE), str(TOOLS / "compile.cjs"), "model"]
    answer = subprocess.run(command, cwd=FOLDER, check=True, capture_output=True, text=True)
    assert json.loads(answer.stdout) == [[*CUBES, "sales"]] * 2


@pytest.mark.parametrize("name", CUBES)
def test_every_member_says_what_it_means(name: str) -> None:
    members = [*said(name)["dimensions"], *said(name)["measures"]]
    assert all(member["description"] for member in members)
    page = (FOLDER / "README.md").read_text()
    assert [member["name"] for member in members if f"`{member['name']}`" not in page] == []


@pytest.mark.parametrize("name", CUBES)
def test_what_is_built_in_advance_follows_what_is_served(name: str) -> None:
    """It is built of one batch: parts would not all be of the same."""
    built = said(name)["pre_aggregations"]
    follow = {"sql": "SELECT max(batch) FROM demo_serving.published", "every": "10 seconds"}
    assert [one["refresh_key"] for one in built] == [follow] * len(built)
    assert not any("partition_granularity" in one for one in built)
    # With row-level security a query without the region in it would find none.
    if name != "products":
        assert all("CUBE.region" in one["dimensions"] for one in built)
