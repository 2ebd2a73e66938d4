"""What dbt-duckdb loads: the lake's tables as of one batch, in the schema `raw`.

Views over what DuckDB reads itself; copies where it cannot, because an extension is missing or
only pyiceberg knows how to log in.
"""

import os
from collections.abc import Mapping
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from floe_demo.artifacts import Artifacts
from floe_demo.generators import EcommerceGenerator
from floe_demo.lake import catalog
from floe_demo.lake.ingest import Lake
from floe_demo.lake.pins import Pin, pins
from floe_demo.settings import Settings
from floe_demo.warehouse import duck
from floe_demo.warehouse.profile import raw_schema

BATCH = "floe_batch"
"""A view that says which batch the tables are of."""


class Plugin(BasePlugin):
    """The lake in DuckDB."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Make the tables of the last batch that is whole."""
        show(conn, os.environ)


def show(connection: DuckDBPyConnection, environment: Mapping[str, str]) -> dict[str, Pin]:
    """Make the tables; answer which snapshots they are of."""
    artifacts, settings = Artifacts.read(environment), Settings.read(environment)
    shop = EcommerceGenerator(settings.seed)
    lake = Lake(
        catalog.opened(artifacts, settings.home, environment),
        catalog.namespace(artifacts, shop.domain),
        shop,
    )
    found = pins(lake)
    own = _reads_itself(connection, artifacts, environment)
    schema = raw_schema(artifacts)
    connection.execute(f'create schema if not exists "{schema}"')
    batch = f'create or replace view "{schema}"."{BATCH}" as select {lake.complete} as batch'
    connection.execute(batch)
    for name, pin in found.items():
        for kind in ("view", "table"):
            if _is(connection, schema, name, kind):
                connection.execute(f'drop {kind} "{schema}"."{name}"')
        if own:
            place = duck.quoted(pin.metadata.removeprefix("file://"))
            rows = f"iceberg_scan({place}, snapshot_from_id => {pin.snapshot})"
            connection.execute(f'create view "{schema}"."{name}" as select * from {rows}')  # noqa: S608  names are ours
        else:
            rows = lake.tables[name].scan(snapshot_id=pin.snapshot).to_arrow_batch_reader()
            connection.execute(f'create table "{schema}"."{name}" as select * from rows')  # noqa: S608  names are ours
    return found


def _reads_itself(
    connection: DuckDBPyConnection, artifacts: Artifacts | None, environment: Mapping[str, str]
) -> bool:
    """Answer whether DuckDB can read the lake's files itself, and let it."""
    if artifacts is None:
        return duck.load(connection, *duck.ICEBERG)
    login = duck.secret(artifacts.bronze.storage, environment)
    if login is None or not duck.load(connection, "httpfs", *duck.ICEBERG):
        return False
    connection.execute(login)
    return True


def _is(connection: DuckDBPyConnection, schema: str, name: str, kind: str) -> bool:
    stored: Any = {"view": "VIEW", "table": "BASE TABLE"}[kind]
    query = (
        "select count(*) from information_schema.tables"
        " where table_schema = ? and table_name = ? and table_type = ?"
    )
    (found,) = connection.execute(query, [schema, name, stored]).fetchone() or (0,)
    return bool(found)
