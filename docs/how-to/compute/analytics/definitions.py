"""What this code location defines: dbt's models, and an asset that asks the engine itself."""

import os
from pathlib import Path

from dagster import AssetExecutionContext, Definitions, MaterializeResult, asset
from dagster_dbt import DbtCliResource, DbtProject, dbt_assets

from analytics.resources import WAREHOUSES, Warehouse
from analytics.warehouse import tell

os.environ.update(tell())  # dbt and EnvVar read the same variables

FOLDER = Path(__file__).parents[1] / "dbt"
PROJECT = DbtProject(FOLDER, target_path=Path(os.environ["DBT_TARGET_PATH"]))
PROJECT.preparer.prepare(PROJECT)  # dbt parse; here, because one image serves every environment


@dbt_assets(manifest=PROJECT.manifest_path)
def models(context: AssetExecutionContext, dbt: DbtCliResource):
    """Every model, with its tests."""
    yield from dbt.cli(["build"], context=context).stream()


@asset(deps=[models])
def best_day(warehouse: Warehouse) -> MaterializeResult:
    """The day with the most revenue."""
    query = f"select max(revenue) from {warehouse.db_schema}.revenue"
    ((revenue,),) = warehouse.rows(query)
    return MaterializeResult(metadata={"revenue": float(revenue)})


defs = Definitions(
    assets=[models, best_day],
    resources={
        "dbt": DbtCliResource(PROJECT),
        "warehouse": WAREHOUSES[os.environ["FLOE_COMPUTE_TYPE"]],
    },
)
