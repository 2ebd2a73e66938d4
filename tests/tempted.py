"""Checks of stores that refuse everybody, where much tempts a library to look for credentials.

Run alone in a network of its own. The argument says what is checked: `keys` (each store with a key
pair, key or file), `none` (no credential), `identity` (whom the pod is), or `library` (what obstore
does by itself, which shows that the wire trips).
"""

import asyncio
import json
import os
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
from obstore.store import S3Store

from google_login import login
from preflight import preflight
from stub import Said, stub

NO = Said(
    status=403,
    body="<Error><Code>AccessDenied</Code></Error>",
    headers={"x-ms-request-id": "1"},
)
KEYS: dict[str, dict[str, Any]] = {
    "s3": {"access_key_id": {"env": "ID"}, "secret_access_key": {"env": "SECRET"}},
    "adls": {"account_key": {"env": "BASE64"}},
    "gcs": {},
    "bigquery": {},
}


def targets(url: str, key_file: str, way: str) -> dict[str, Any]:
    identities = {"s3": "aws-pod-identity", "adls": "azure", "gcs": "gcp", "bigquery": "gcp"}
    stores: list[dict[str, Any]] = [
        {"type": "s3", "name": "s3", "bucket": "lake", "endpoint": url},
        {"type": "adls", "name": "adls", "account": "a1b2", "container": "lake", "endpoint": url},
        {"type": "gcs", "name": "gcs", "bucket": "lake", "endpoint": url},
        {"type": "bigquery", "name": "bigquery", "project": "acme", "url": url},
    ]
    for store in stores:
        kind = store["type"]
        if way == "identity":
            store["identity"] = identities[kind]
        elif way == "keys":
            store.update(KEYS[kind] or {"credentials_file": key_file})
    return {"storage": stores[:3], "compute": stores[3:]}


async def library(url: str) -> None:
    store = S3Store(
        "lake",
        endpoint=url,
        client_options={"allow_http": True},
        retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=1)},
    )
    await anext(obstore.list(store), None)


def main(way: str) -> list[list[str]]:
    with tempfile.TemporaryDirectory() as folder, stub(lambda _: NO) as server:
        if way == "library":
            try:
                asyncio.run(library(server.url))
            except obstore.exceptions.BaseError:
                return []
        with login(Path(folder)) as key_file:
            secrets = {"ID": "an-id-of-a-key", "SECRET": "its-secret", "BASE64": "a2V5LW9mLTE="}
            config = targets(server.url, key_file, way)
            return [[found.id, found.code] for found in preflight(config, secrets)]


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])), flush=True)  # noqa: T201
    os._exit(0)
