"""DuckDB's extensions, which come as packages, and its way to object stores."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import duckdb

from floe_demo.artifacts import Storage

ICEBERG = ("avro", "iceberg")
"""In the order in which one needs the other."""


def extension(name: str) -> Path | None:
    """Answer the file of an extension that is installed as a package."""
    found = find_spec(f"duckdb_extension_{name}")
    folders = list(found.submodule_search_locations or ()) if found else []
    files = [
        file
        for folder in folders
        for file in Path(folder).rglob(f"v{duckdb.__version__}/{name}.duckdb_extension")
    ]
    return files[0] if files else None


def load(connection: duckdb.DuckDBPyConnection, *names: str) -> bool:
    """Load extensions without asking anybody for them; answer whether all are there."""
    files = [extension(name) for name in names]
    if not all(files):
        return False
    for file in files:
        connection.execute(f"load '{file}'")
    return True


def secret(storage: Storage, environment: Mapping[str, str]) -> str | None:
    """Answer the statement that lets DuckDB into a store; none where only others can log in."""
    if storage.type != "s3" or storage.credentials.mode != "static":
        return None
    told = {
        "key_id": environment.get("AWS_ACCESS_KEY_ID", ""),
        "secret": environment.get("AWS_SECRET_ACCESS_KEY", ""),
        "region": storage.region,
        "url_style": "path" if storage.path_style_access else "vhost",
    }
    if storage.endpoint:
        place = urlsplit(storage.endpoint)
        told |= {"endpoint": place.netloc, "use_ssl": str(place.scheme == "https").lower()}
    options = ", ".join(f"{name} {quoted(value)}" for name, value in told.items() if value)
    return f"create or replace secret lake (type s3, {options})"


def quoted(text: str) -> str:
    """Answer a text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
