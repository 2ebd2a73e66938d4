"""No metadata address is asked, and no other machine, unless an identity says so."""

import json
import sys
from pathlib import Path

import pytest

from alone import Alone, alone

pytestmark = pytest.mark.requirement("FR-020")

TEMPTED = Path(__file__).with_name("tempted.py")


def tempted(way: str, **variables: str) -> tuple[Alone, dict[str, str]]:
    """Check in a network where nothing else is; answer what was seen, and codes by check."""
    done = alone([sys.executable, TEMPTED, way], resolver="nxdomain", env=variables)
    assert done.returncode == 0, done.stderr
    return done, dict(json.loads(done.stdout))


def test_with_keys_nobody_but_the_stores_is_asked() -> None:
    done, codes = tempted("keys")
    assert codes["storage.s3"] == "S3_LIST_DENIED"
    assert codes["storage.adls"] == "AZ_PERMISSION"
    assert {codes["storage.gcs"], codes["compute.bigquery"]} == {"WRONG_SERVICE"}
    assert (done.asked, done.strayed) == ([], 0)


def test_without_any_credential_nobody_at_all_is_asked() -> None:
    done, codes = tempted("none")
    assert codes["storage.s3"] == "S3_NO_CREDENTIALS"
    assert codes["storage.adls"] == "AZ_NO_CREDENTIALS"
    assert codes["storage.gcs"] == "GCS_NO_ADC"
    assert codes["compute.bigquery"] == "BQ_NO_CREDENTIALS"
    assert (done.asked, done.strayed) == ([], 0)


def test_an_identity_asks_its_own_address_alone(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("the-token-of-the-pod")
    done, codes = tempted(
        "identity",
        AWS_CONTAINER_CREDENTIALS_FULL_URI="http://169.254.170.23/v1/credentials",
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(tmp_path / "token"),
        AZURE_CLIENT_ID="client",
        AZURE_TENANT_ID="tenant",
        AZURE_FEDERATED_TOKEN_FILE=str(tmp_path / "token"),
        AZURE_AUTHORITY_HOST="https://login.example.com",
    )
    assert codes["storage.s3"] == "CONN_UNREACHABLE"
    assert codes["storage.adls"] == "DNS_NOT_FOUND"
    assert {codes["storage.gcs"], codes["compute.bigquery"]} == {"GCP_NO_IDENTITY"}
    assert done.asked == ["login.example.com", "metadata.google.internal"]
    assert done.strayed > 0


def test_the_library_alone_would_ask_a_metadata_address() -> None:
    done, _ = tempted("library")
    assert done.strayed > 0
