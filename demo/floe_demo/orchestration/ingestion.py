"""Assets of the raw tables."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    Config,
    MaterializeResult,
    multi_asset,
)
from pydantic import Field

from floe_demo.generators import Batch
from floe_demo.lake.ingest import has
from floe_demo.lake.tables import order
from floe_demo.orchestration.lineage import Lineage
from floe_demo.orchestration.project import DOMAINS, POOL, RETRY, Project, microseconds
from floe_demo.orchestration.traces import Traces


class Ask(Config):
    """What one run is asked for."""

    at: str | None = Field(default=None, description="The batch's moment, as ISO 8601; or now.")
    burst: int = Field(default=0, description="How many orders beside, at once.")


def prefix(domain: str) -> str:
    """Answer what the keys of a domain's raw tables begin with; dbt's source has the same."""
    return "raw" if domain == "ecommerce" else f"raw_{domain}"


def ingestion(project: Project, domain: str) -> AssetsDefinition:
    """Answer the asset that writes a domain's batches."""
    keys = {name: AssetKey([prefix(domain), name]) for name in order(DOMAINS[domain]())}

    @multi_asset(
        name=f"ingest_{domain}",
        specs=[
            AssetSpec(key, group_name=prefix(domain), kinds={"iceberg"}) for key in keys.values()
        ],
        check_specs=[AssetCheckSpec("whole", asset=key) for key in keys.values()],
        retry_policy=RETRY,
        pool=POOL,
    )
    def ingest(
        context: AssetExecutionContext, config: Ask
    ) -> Iterator[MaterializeResult[Any] | AssetCheckResult]:
        """Append the batch of this moment, after whatever was begun before."""
        rows: Counter[str] = Counter()
        at = microseconds(config.at)
        with (
            project.turn(),
            Traces(project, context.run.run_id) as traces,
            traces.span("ingest", domain=domain),
        ):
            with traces.span("iceberg.open"):
                lake = project.lake(domain)

            def wrote(name: str, batch: Batch) -> None:
                rows[name] += batch.tables[name].num_rows
                traces.event("iceberg.commit", table=name, rows=batch.tables[name].num_rows)

            batches = lake.ingest(at, project.pace, wrote)
            if config.burst:
                batches += lake.burst(context.run.run_id, config.burst, at, project.pace, wrote)
        Lineage(project).ingested(context.run.run_id, domain, keys)
        lake.refresh()
        for name, key in keys.items():
            table = lake.tables[name]
            yield MaterializeResult(
                asset_key=key,
                metadata={
                    "rows": rows[name],
                    "batches": [spec.number for spec in batches],
                    "snapshot": str(table.metadata.current_snapshot_id),
                },
            )
            yield AssetCheckResult(
                asset_key=key,
                check_name="whole",
                passed=has(table) == lake.complete,
                metadata={"batch": has(table)},
            )

    return ingest
