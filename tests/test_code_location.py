"""Bringing a code location: what Dagster loads, and what else changes for it."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import dagster
import pytest
import yaml
from dagster._cli.api import grpc_command
from dagster._grpc.utils import get_loadable_targets
from dagster_k8s import PipesK8sClient

from conftest import Synth
from dagster_example import SHOP, spec
from floe_constructs.dagster import Dagster
from floe_constructs.dagster.code_location import CodeLocation, ExternalLocation
from floe_deploy.project import Project
from floe_deploy.synth import render
from test_dist import ROOT
from test_docs import blocks

CODE = """
import dagster
@dagster.job
def sell(): ...
defs = dagster.Definitions(jobs=[sell])
"""


@pytest.fixture
def imports() -> Iterator[None]:
    """Forget the modules that a test imports."""
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.partition(".")[0] == "sold":
            del sys.modules[name]


@pytest.mark.filterwarnings("ignore:Function `load_defs`")  # Dagster calls its own
@pytest.mark.usefixtures("imports")
@pytest.mark.parametrize(
    ("source", "file"),
    [
        ({"module": "sold.defs"}, "sold/defs.py"),
        ({"package": "sold"}, "sold/__init__.py"),
        ({"python_file": "sold/any.py", "attribute": "defs"}, "sold/any.py"),
        ({"autoload_defs_module": "sold.defs"}, "sold/defs/deep/any.py"),
    ],
)
def test_dagster_loads_definitions_from_where_it_is_told(
    synth: Synth,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: dict[str, str],
    file: str,
) -> None:
    """Its own command line reads the arguments, and its own loader finds the one job."""
    (tmp_path / file).parent.mkdir(parents=True)
    for folder in ("sold", "sold/defs", "sold/defs/deep"):
        if (tmp_path / folder).is_dir():
            (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "pyproject.toml").touch()  # autoload takes its folder for the project's
    several = "other = dagster.Definitions()\n" if "attribute" in source else ""
    (tmp_path / file).write_text(CODE + several)
    location: dict[str, Any] = {key: value for key, value in SHOP.items() if key != "module"}
    location |= source | {"working_directory": str(tmp_path)}
    objects = synth(lambda chart: Dagster(chart, "d", spec(code_locations=[location])))
    (server,) = objects["Deployment", "dagster-code-shop"]["spec"]["template"]["spec"]["containers"]
    assert server["args"][:3] == ["dagster", "api", "grpc"]
    read = grpc_command.make_context("grpc", server["args"][3:]).params
    assert (read["port"], read["location_name"]) == (4000, "shop")
    monkeypatch.chdir(tmp_path)
    names = ("python_file", "module_name", "package_name", "autoload_defs_module_name")
    places = {name: read[name] for name in (*names, "working_directory", "attribute")}
    (found,) = get_loadable_targets(**places, resolve_lazy_defs=True)
    definitions: Any = found.target_definition
    assert definitions.resolve_job_def("sell").name == "sell"


PAGE = "docs/how-to/code-location.md"


@pytest.fixture
def page() -> dict[str, Any]:
    """What the Python of the page defines, one block after the other."""
    found: dict[str, Any] = {}
    for block in blocks(PAGE, "python"):
        exec(block, found)  # noqa: S102  it is ours
        found.setdefault("all", []).append(found["defs"])
    return found


def test_the_page_shows_definitions_that_dagster_takes(page: dict[str, Any]) -> None:
    for definitions in page["all"]:
        job = definitions.resolve_implicit_global_asset_job_def()
        assert "orders" in {node.name for node in job.nodes}
    executor = page["all"][1].resolve_implicit_global_asset_job_def().executor_def
    result = executor.apply_config_mapping({"config": {}})
    assert result.success, result.errors
    config = result.value["config"]
    assert config["enable_owner_references"] is True
    told = config["step_k8s_config"]["pod_spec_config"]
    assert told == {"automount_service_account_token": False}


def test_the_page_launches_a_pod_as_dagsters_client_wants_it(
    page: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    keywords = {"base_pod_meta": {"labels": {}}, "base_pod_spec": {"containers": [{}]}}
    monkeypatch.setenv("FLOE_PIPES", json.dumps(keywords))
    run = create_autospec(PipesK8sClient.run)
    run.return_value.get_materialize_result.return_value = dagster.MaterializeResult()
    monkeypatch.setattr(PipesK8sClient, "run", run)
    assert dagster.materialize([page["model"]], resources={"pods": PipesK8sClient()}).success
    given = run.call_args.kwargs
    assert {key: given[key] for key in keywords} == keywords


def test_the_settings_of_the_page_are_settings() -> None:
    """Each block is a code location, or a part of one."""
    for block in blocks(PAGE, "yaml"):
        said = yaml.safe_load(block)
        for location in said.get("dagster", {}).get("code_locations", [said]):
            if "host" in location:
                ExternalLocation.model_validate(location)
            else:
                CodeLocation.model_validate({**SHOP, **location})


@pytest.mark.slow
def test_a_location_more_touches_its_own_files_the_webserver_and_who_may_reach_it(
    tmp_path: Path,
) -> None:
    """Nothing that runs is replaced but the webserver, which reads the list when it starts."""
    folder = tmp_path / "prod"
    shutil.copytree(ROOT / "overlays" / "prod", folder)
    before = render(folder, Project()).files
    said = yaml.safe_load((folder / "environment.yaml").read_text())
    finance = next(at for at in said["dagster"]["code_locations"] if at["name"] == "finance")
    said["dagster"]["code_locations"].append(finance | {"name": "sales"})
    (folder / "environment.yaml").write_text(json.dumps(said))
    after = render(folder, Project()).files
    assert before.keys() <= after.keys()
    place = "50-platform/dagster/"
    new = {name.removeprefix(place) for name in after.keys() - before.keys()}
    assert {name.replace("sales", "finance") for name in new} <= {
        name.removeprefix(place) for name in before
    }
    assert all("-sales.yaml" in name for name in new)
    changed = {name for name in before if before[name] != after[name]}
    lists = {name for name in changed if name.endswith(("lock.json", "kustomization.yaml"))}
    policies = {name for name in changed if "/networkpolicy-" in name}
    gate = {name for name in changed if name.startswith(("30-preflight/job-", "60-verify/"))}
    rights = {"00-cluster/role-floe-delivery.yaml"}  # whoever applies may bind its Role
    assert changed - lists - policies - gate - rights == {
        f"{place}configmap-dagster-workspace.yaml",
        f"{place}deployment-dagster-webserver.yaml",
    }
    (webserver,) = (name for name in after if name.endswith("deployment-dagster-webserver.yaml"))
    lines = set(after[webserver].splitlines()) - set(before[webserver].splitlines())
    assert [line.split(":")[0].strip() for line in lines] == ["floe.dev/files"]
