"""Assets of dbt's models, with its tests as their checks, and what is served of them."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dagster import AssetExecutionContext, AssetKey, AssetsDefinition, MaterializeResult, asset
from dagster_dbt import DbtCliResource, dbt_assets
from packaging.version import Version

from floe_demo.lake.pins import pins
from floe_demo.orchestration.lineage import Lineage
from floe_demo.orchestration.project import POOL, RETRY, Project
from floe_demo.orchestration.traces import Traces
from floe_demo.warehouse import profile, serving


class Dbt(DbtCliResource):
    """dbt, not asked each time who it is, and without a second look at the engine beside it."""

    @cached_property
    def _cli_version(self) -> Version:
        """The version that is installed; the other way is to start dbt once more."""
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, _: Any) -> Any:
        """Answer nothing, as nobody here asks for columns or counts of rows while dbt runs."""


def resource(project: Project) -> Dbt:
    """Answer how dbt is called."""
    return Dbt(
        global_config_flags=["--log-level-file", "info"],
        project_dir=str(profile.PROJECT),
        profiles_dir=str(project.home / "profile"),
        dbt_executable=str(Path(sys.executable).with_name("dbt")),
    )


def prepared(project: Project) -> Path:
    """Answer dbt's manifest, made anew if project or profile are others than last time."""
    target = project.home / "target"
    # A copy: dbt writes its own with each build, and may be killed while it does.
    manifest, mark = project.home / "manifest" / "manifest.json", target / "made-of"
    files = [file for file in profile.PROJECT.rglob("*") if file.is_file()]
    files.append(project.home / "profile" / "profiles.yml")
    digest = sha256(b"".join(file.read_bytes() for file in sorted(files))).hexdigest()
    with project.turn():
        if not (manifest.exists() and mark.exists() and mark.read_text("utf-8") == digest):
            resource(project).cli(["--quiet", "parse"], target_path=target).wait()
            manifest.parent.mkdir(exist_ok=True)
            shutil.copy(target / manifest.name, manifest)
            mark.write_text(digest, "utf-8")
    return manifest


def models(project: Project, manifest: Path) -> AssetsDefinition:
    """Answer the assets of all models."""

    @dbt_assets(manifest=manifest, name="models", retry_policy=RETRY, pool=POOL)
    def build(context: AssetExecutionContext, dbt: Dbt) -> Iterator[Any]:
        """Build and test the models, on the last batch that all raw tables have."""
        target = project.home / "target"
        run = context.run.run_id
        with project.turn(), Traces(project, run) as traces, traces.span("dbt build"):
            if profile.engine(project.artifacts) == "trino":
                lake = project.lake("ecommerce")
                found = {name: pin.snapshot for name, pin in pins(lake).items()}
                os.environ["FLOE_MODELS_PINS"] = json.dumps(found, sort_keys=True)
                os.environ["FLOE_MODELS_BATCH"] = str(lake.complete)
            # Unit tests are for whoever changes the models. One folder, because each would be new.
            call = dbt.cli(
                ["build", "--exclude-resource-type", "unit_test"],
                context=context,
                target_path=target,
            )
            try:
                yield from call.stream()
            finally:
                traces.built(target)
                Lineage(project).built(run, target)

    return build


def served(project: Project, manifest: Path) -> AssetsDefinition:
    """Answer the asset that exchanges what is served."""
    nodes = json.loads(manifest.read_text("utf-8"))["nodes"].values()
    deps = [
        AssetKey([node["config"]["schema"], node["name"]])
        for node in nodes
        if "served" in node["tags"]
    ]

    @asset(deps=deps, group_name="serving", retry_policy=RETRY, pool=POOL, kinds={"duckdb"})
    def served_tables(context: AssetExecutionContext) -> MaterializeResult[Any]:
        """Let readers see the models' tables, all of them at once."""
        if profile.engine(project.artifacts) != "duckdb":
            return MaterializeResult(metadata={"place": "the engine itself"})
        with project.turn(), Traces(project, context.run.run_id) as traces, traces.span("serve"):
            found = serving.serve(
                profile.database(project.settings, project.artifacts),
                profile.raw_schema(project.artifacts),
                project.home,
            )
        return MaterializeResult(
            metadata={"batch": found.batch, "place": found.place, **found.tables}
        )

    return served_tables
