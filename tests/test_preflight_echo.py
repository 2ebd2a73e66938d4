"""Servers that say back all that they were told: whole, cut, and in words of their own."""

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from google_login import TOKEN, error, login
from preflight import preflight
from stub import Asked, Said, stub

pytestmark = pytest.mark.requirement("FR-016")

SECRET = "".join(f"{number:03}secret" for number in range(70))  # longer than what a report shows
SAS = urlencode({"sv": "2022-11-02", "sp": "rl", "sig": base64.b64encode(SECRET.encode()).decode()})


def echo(asked: Asked) -> Said:
    """Refuse, with all that was told: as Google does, and as S3 and Azure do."""
    told = f"{asked.headers.get('authorization')} {asked.target} {dict(asked.headers)} {SECRET}"
    if asked.path.startswith(("/storage/v1/", "/bigquery/")):
        return error(403, "forbidden", told)
    body = f"<Error><Code>AccessDenied</Code><Message>{SECRET} {told}</Message></Error>"
    if "sig=" in asked.target or "comp=list" in asked.target:
        body = f"<Error><Code>AccessDenied</Code><Message>{told}</Message></Error>"
    return Said(status=403, body=body, headers={"x-ms-request-id": "1"})


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with login(tmp_path_factory.mktemp("key")) as file:
        yield file


def shown(target: dict[str, Any], key: str) -> str:
    """Answer all that a check against such a server shows."""
    service = "compute" if target["type"] == "bigquery" else "storage"
    if target["type"] in {"bigquery", "gcs"}:
        target = target | {"credentials_file": key}
    with stub(echo) as server:
        address = {"url" if service == "compute" else "endpoint": server.url}
        variables = {"ID": "AKIAOFTHEKEYPAIR0000", "SECRET": SECRET, "SAS": SAS}
        return str(preflight({service: [target | address]}, variables))


@pytest.mark.parametrize(
    "target",
    [
        {
            "type": "s3",
            "bucket": "lake",
            "access_key_id": {"env": "ID"},
            "secret_access_key": {"env": "SECRET"},
            "session_token": {"env": "SECRET"},
        },
        {"type": "adls", "account": "acme", "container": "lake", "sas": {"env": "SAS"}},
        {"type": "gcs", "bucket": "lake"},
        {"type": "bigquery", "project": "acme"},
    ],
    ids=lambda target: target["type"],
)
def test_no_part_of_a_credential_comes_back(target: dict[str, Any], key: str) -> None:
    said = shown(target, key)
    assert "•••" in said
    told = {"s3": SECRET, "adls": SAS.partition("sig=")[2]}.get(target["type"], TOKEN)
    parts = [told[at : at + 12] for at in range(0, len(told) - 12, 6)]
    assert [part for part in parts if part in said] == []
