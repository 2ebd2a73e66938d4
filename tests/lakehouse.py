"""All that an environment relies on, in good order: PostgreSQL, S3, a catalog, a compute engine.

PostgreSQL and SeaweedFS (S3, and an Iceberg REST catalog with OAuth2) are real. Trino is a stub
that answers each query with one row: the real one takes half a minute to start, and has tests of
its own.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from object_stores import iceberg
from postgres import postgres
from preflight import preflight
from stub import Asked, Said, stub

KEY = "lake-client"


@dataclass(frozen=True, kw_only=True)
class Lakehouse:
    """What preflight is told about it, and the credentials."""

    config: dict[str, Any]
    variables: dict[str, str]


@contextmanager
def lakehouse(folder: Path) -> Iterator[Lakehouse]:
    """Run all of it below a folder that others may read."""
    secret = secrets.token_hex(16)
    for name in ("s3", "postgres"):
        (folder / name).mkdir()
        (folder / name).chmod(0o755)
    with (
        postgres(folder / "postgres") as database,
        iceberg(folder / "s3", {KEY: ["Admin"]}, secret, "warehouse", "-bucket=lake") as places,
        stub(_query) as trino,
    ):
        host, _, port = trino.url.removeprefix("http://").partition(":")
        client = {"env": "POLARIS_CLIENT_ID"}, {"env": "POLARIS_CLIENT_SECRET"}
        catalog, at = places
        found = Lakehouse(
            config={
                "environment": "healthy",
                "compute": [
                    {
                        "type": "trino",
                        "host": host,
                        "port": int(port.strip("/")),
                        "tls": False,
                        "user": "floe",
                        "catalog": "lake",
                    }
                ],
                "storage": [
                    {
                        "type": "s3",
                        "bucket": "lake",
                        "endpoint": at,
                        "access_key_id": {"env": "AWS_ACCESS_KEY_ID"},
                        "secret_access_key": {"env": "AWS_SECRET_ACCESS_KEY"},
                    }
                ],
                "catalog": [
                    {
                        "type": "rest",
                        "uri": catalog,
                        "warehouse": "warehouse",
                        "client_id": client[0],
                        "client_secret": client[1],
                    }
                ],
                "postgres": [
                    {
                        "name": "dagster",
                        "host": database.host,
                        "port": database.port,
                        "database": database.database,
                        "user": database.user,
                        "password": {"env": "DAGSTER_PG_PASSWORD"},
                        "migrations": "dagster",
                    }
                ],
            },
            variables={
                "AWS_ACCESS_KEY_ID": KEY,
                "AWS_SECRET_ACCESS_KEY": secret,
                "POLARIS_CLIENT_ID": KEY,
                "POLARIS_CLIENT_SECRET": secret,
                "DAGSTER_PG_PASSWORD": database.password,
            },
        )
        until = time.monotonic() + 30  # SeaweedFS makes its buckets when it answers already
        while any(one.status == "error" for one in preflight(found.config, found.variables)):
            assert time.monotonic() < until
            time.sleep(0.1)
        yield found


def _query(asked: Asked) -> Said:
    """Answer a statement at once: the name of a schema, whatever was asked."""
    if asked.path == "/v1/info":
        version = {"nodeVersion": {"version": "476"}, "starting": False, "coordinator": True}
        return Said(body=version)
    columns = [{"name": "answer", "type": "varchar"}]
    return Said(
        body={
            "id": "20261126_000000_00000_stub",
            "columns": columns,
            "data": [["marts"]],
            "stats": {"state": "FINISHED"},
        }
    )
