"""What the page about Cube says is what is rendered, and what Cube's release reads."""

import re
from typing import Any

import pytest
import yaml

from cube_example import KEYS, LARGE, spec
from floe_constructs.cube import CubeSettings, CubeSpec, config
from floe_constructs.cube.storage import S3Storage, StoreStorage
from test_compute import ENGINES, wired
from test_cube_sources import (
    AZURE,
    BIGQUERY,
    CA,
    DUCKDB,
    GCS,
    GOOGLE,
    KEY,
    PASS,
    S3,
    SNOWFLAKE,
    TRINO,
)
from test_dist import ROOT
from test_docs import blocks, table

PAGE = "docs/how-to/cube.md"
RELEASE = ROOT / ".tools/cube/node_modules/@cubejs-backend/trino-driver/node_modules"
SHARED = RELEASE / "@cubejs-backend" / "shared"
"""What all programs of Cube have in common, in the release that is deployed."""

OURS = {"FLOE_REFRESH_SCHEDULE", "FLOE_REFRESH_TIME_ZONE"}
NODES = {
    "HOME",
    "NODE_ENV",
    "NODE_EXTRA_CA_CERTS",
    "NODE_OPTIONS",
    "PORT",
    "PYTHONDONTWRITEBYTECODE",
}
ELSEWHERE = {"CUBEJS_MAX_SESSIONS", "CUBEJS_DB_SSL_CA"}
"""Read in another place than Cube's list of variables: in the SQL API, which is a program in Rust,
and where a driver opens its connection."""


@pytest.mark.requirement("FR-024")
@pytest.mark.parametrize("engine", ENGINES)
def test_the_page_lists_what_cube_is_told_of_each_engine(engine: str) -> None:
    found = wired(engine).cube
    assert found
    told = {name for name in config.api(found) if name.startswith("CUBEJS_DB_")}
    assert {row[0] for row in table(PAGE, f"variable ({engine})")} == told


@pytest.mark.parametrize("text", blocks(PAGE, "yaml"))
def test_settings_on_the_page_are_settings_of_cube(text: str) -> None:
    given = yaml.safe_load(text)["cube"]
    least = {name: LARGE[name] for name in ("image", "api", "refresh_worker", "store")}
    identity = {"identity": GOOGLE} if "gcs" in text and "identity" not in given else {}
    assert CubeSettings.model_validate(least | identity | given)


def test_the_page_names_every_kind_of_storage() -> None:
    kinds = {
        str(kind.model_fields["type"].annotation).split("'")[1]
        for kind in StoreStorage.__origin__.__args__  # type: ignore[attr-defined]
    }
    told = {row[0].split()[0].strip("`,") for row in table(PAGE, "`store.storage.type`")}
    assert told == kinds


def everything() -> list[CubeSpec]:
    """Cubes that together are told every variable there is."""
    aws = {"type": "aws-pod-identity"}
    jwt = {"jwk_url": "https://a/keys", "audience": "a", "issuer": ["a"], "subject": "a", "ca": CA}
    azure = {"type": "azure", "client_id": "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f8"}
    whole = LARGE | {
        "concurrency": 1,
        "refresh_concurrency": 1,
        "query_timeout": "1m",
        "query_limit": 10,
        "query_default_limit": 1,
        "api_scopes": ["meta"],
        "rollup_only": True,
        "refresh_schedule": "0 * * * *",
        "jwt": jwt | {"claims_namespace": "a"},
    }
    keyed = {key: value for key, value in jwt.items() if key not in {"jwk_url", "ca"}}
    changes: list[dict[str, Any]] = [
        {},
        {"jwt": keyed | {"key": KEY}},
        {"source": LARGE["source"] | {"sslmode": "verify-full", "ca": CA}},
        {"source": TRINO | {"export_bucket": S3 | {"credentials": KEYS}}},
        {"source": TRINO | {"export_bucket": GCS | {"credentials": KEY}}, "sources": {"a": TRINO}},
        {
            "source": SNOWFLAKE
            | {"private_key": KEY, "private_key_passphrase": PASS, "host": "a.b", "role": "a"}
            | {"export_bucket": AZURE | {"credentials": KEY}}
        },
        {"source": SNOWFLAKE | {"password": PASS, "export_bucket": AZURE}, "identity": azure},
        {"source": BIGQUERY | {"credentials": KEY, "export_bucket": GCS}},
        {
            "source": DUCKDB
            | {"database_path": "/a", "schema": "a", "extensions": ["a"]}
            | {"s3": {"region": "a", "endpoint": "http://a", "credentials": KEYS}}
        },
        {"source": DUCKDB | {"motherduck_token": PASS, "s3": {"region": "a"}}, "identity": aws},
    ]
    return [CubeSpec.model_validate(whole | change) for change in changes]


@pytest.mark.tools
def test_cubes_release_knows_every_variable_that_it_is_told() -> None:
    """A name that nothing reads would be a setting that does nothing, as in charts of Cube."""
    assert '"version": "1.7.43"' in (SHARED / "package.json").read_text()
    known = (SHARED / "dist" / "src" / "env.js").read_text()
    told = {
        name
        for cube in everything()
        for name in {**config.api(cube), **config.refresh_worker(cube)}
    }
    plain = {re.sub(r"^CUBEJS_DS_A_", "CUBEJS_", name) for name in told} - OURS - NODES - ELSEWHERE
    assert len(plain) > 70
    assert [name for name in sorted(plain) if not re.search(rf"\b{name}\b", known)] == []


def test_cube_store_is_offered_no_identity_that_it_ignores() -> None:
    assert "aws-pod-identity" in str(S3Storage.model_json_schema())
    with pytest.raises(ValueError, match="Cube Store does not know EKS Pod Identity"):
        spec(
            store=LARGE["store"]
            | {
                "storage": {
                    "type": "s3",
                    "bucket": "acme",
                    "region": "a",
                    "identity": {"type": "aws-pod-identity"},
                }
            }
        )
