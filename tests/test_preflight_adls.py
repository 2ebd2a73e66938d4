"""Preflight of Azure's object storage: Azurite over TLS, and what only Azure says from a stub."""

import base64
import datetime as dt
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from azure.storage.blob import (
    AccountSasPermissions,
    BlobServiceClient,
    ContainerSasPermissions,
    ResourceTypes,
    generate_account_sas,
    generate_container_sas,
)

import object_stores
from alone import alone
from floe_deploy.preflight.checks import by_obstore
from floe_deploy.preflight.checks.adls.faults import CODES
from floe_deploy.preflight.code import Stage
from floe_deploy.preflight.finding import Finding
from preflight import PROGRAM, preflight
from stub import Asked, Said, stub
from tls import Authority

pytestmark = pytest.mark.requirement("FR-017")

KEY = base64.b64encode(b"the key of the account, 32 bytes").decode()
OTHER = base64.b64encode(b"of another account, and 32 bytes").decode()
NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


class Account:
    """A storage account of Azurite's."""

    def __init__(self, url: str, ca_file: Path) -> None:
        self.url, self.ca_file = url, ca_file
        self.client = BlobServiceClient(url, KEY, connection_verify=str(ca_file))

    def names(self) -> list[str]:
        return [blob.name for blob in self.client.get_container_client("lake").list_blobs()]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    folder, authority = tmp_path_factory.mktemp("azure"), Authority("azure")
    (store := folder / "store").mkdir()
    authority.server(store, "127.0.0.1")
    (folder / "ca.pem").write_text(authority.pem)
    with object_stores.azure(store, "acme", KEY) as port:
        found = Account(f"https://127.0.0.1:{port}/acme", folder / "ca.pem")
        found.client.create_container("lake").upload_blob("floe/kept", b"kept")
        yield found


def check(endpoint: str, account: Account | None = None, **target: Any) -> list[Finding]:
    """Check the container `lake`, with the account's key where nothing else is said."""
    secrets = {
        "account_key": target.pop("key", None if {"sas", "identity"} & target.keys() else KEY),
        "sas": target.pop("sas", None),
    }
    kept = {name: {"env": name.upper()} for name, value in secrets.items() if value is not None}
    lake = {"type": "adls", "account": "acme", "container": "lake", "endpoint": endpoint, **kept}
    lake |= {"ca_file": str(account.ca_file)} if account else {}
    config: dict[str, Any] = {
        "storage": [{name: value for name, value in (lake | target).items() if value}],
        "warnings": {"slow_ms": 60_000, "certificate_days": 0},  # the authority is for a day
    }
    return preflight(config, {name.upper(): value for name, value in secrets.items() if value})


def sas(permission: str = "racwdl", start: dt.datetime | None = None, end: Any = None) -> str:
    """Answer a signature for the container."""
    return generate_container_sas(
        "acme",
        "lake",
        account_key=KEY,
        permission=ContainerSasPermissions.from_string(permission),
        start=start,
        expiry=end or NOW + DAY,
    )


@pytest.mark.tools
@pytest.mark.parametrize("way", ["key", "sas"])
def test_a_container_that_works_is_listed_written_read_and_left_as_it_was(
    account: Account, way: str
) -> None:
    signed = {"sas": f"?{sas()}"} if way == "sas" else {}
    listed, written = check(account.url, account, prefix="floe", **signed)
    assert (listed.id, listed.status) == ("storage", "ok"), listed
    assert listed.message.startswith("acme/lake/floe: may be listed, at 127.0.0.1:")
    assert (written.id, written.status) == ("storage.write", "ok"), written
    assert written.message == "acme/lake/floe: wrote, read back and deleted an object"
    assert account.names() == ["floe/kept"]


@pytest.mark.tools
def test_a_pods_identity_is_what_requests_bear(
    account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    claims = {
        "aud": "https://storage.azure.com",
        "iss": "https://sts.windows.net/ab1f708d-50f6-404c-a006-d71b2ac7a606/",
        "iat": NOW,
        "nbf": NOW - DAY,
        "exp": NOW + DAY,
    }
    token = jwt.encode(claims, "not looked at by the emulator, but long enough")
    (tmp_path / "token").write_text("the-token-of-the-pod")
    with stub(lambda _: Said(body={"access_token": token})) as entra:
        monkeypatch.setenv("AZURE_AUTHORITY_HOST", entra.url)
        monkeypatch.setenv("AZURE_CLIENT_ID", "client")
        monkeypatch.setenv("AZURE_TENANT_ID", "tenant")
        monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "token"))
        listed, written = check(account.url, account, identity="azure")
    assert (listed.status, written.status) == ("ok", "ok"), (listed, written)
    assert entra.asked[0].form["scope"] == "https://storage.azure.com/.default"


@pytest.mark.tools
def test_a_container_that_is_not_there_is_named(account: Account) -> None:
    listed, written = check(account.url, account, container="nolake")
    assert (listed.code, listed.stage) == ("AZ_CONTAINER_MISSING", Stage.OPERATION)
    assert listed.message == "container nolake not found in account acme"
    assert "Create it" in listed.remediation
    assert listed.definitive
    assert written.code == "SKIPPED"


@pytest.mark.tools
@pytest.mark.parametrize("way", ["key", "sas"])
def test_a_credential_that_was_rotated_is_named(account: Account, way: str) -> None:
    forged = sas().partition("sig=")[0] + f"sig={'A' * 43}%3D"
    wrong = {"key": OTHER} if way == "key" else {"sas": forged}
    listed, _ = check(account.url, account, **wrong)
    assert (listed.code, listed.stage) == ("AZ_AUTH_FAILED", Stage.AUTH), listed
    assert listed.message == f"account acme refuses the {'key' if way == 'key' else 'SAS'}"
    assert "rotated" in listed.remediation
    assert listed.definitive


@pytest.mark.tools
@pytest.mark.parametrize(
    ("permission", "check_id", "message"),
    [
        ("rw", "storage", "may not list container lake"),
        ("rl", "storage.write", "may not write to container lake"),
        ("cwdl", "storage.write", "may not read from container lake"),
    ],
)
def test_what_a_signature_does_not_allow_is_named(
    account: Account, permission: str, check_id: str, message: str
) -> None:
    found = {one.id: one for one in check(account.url, account, sas=sas(permission))}[check_id]
    assert (found.code, found.stage, found.status) == ("AZ_PERMISSION", Stage.AUTHZ, "error"), found
    assert found.message == message
    assert "Storage Blob Data Contributor" in found.remediation
    assert not found.definitive  # roles take a while to spread
    assert account.names() == ["floe/kept"]


@pytest.mark.tools
def test_an_object_that_cannot_be_deleted_is_named_so_that_it_can_be_removed_by_hand(
    account: Account,
) -> None:
    listed, written = check(account.url, account, sas=sas("racwl"), prefix="floe")
    (left,) = (name for name in account.names() if name != "floe/kept")
    account.client.get_blob_client("lake", left).delete_blob()
    assert listed.status == "ok"
    assert (written.code, written.stage, written.status) == ("AZ_NO_DELETE", Stage.AUTHZ, "warning")
    assert written.message == f"the object {left} could not be removed from container lake"
    assert left.startswith("floe/_floe_preflight/")
    assert "by hand" in written.remediation


@pytest.mark.tools
def test_a_signature_for_other_resources_is_named(account: Account) -> None:
    objects = generate_account_sas(
        "acme",
        KEY,
        resource_types=ResourceTypes(object=True),
        permission=AccountSasPermissions(read=True, write=True, list=True, delete=True),
        expiry=NOW + DAY,
    )
    listed, _ = check(account.url, account, sas=objects)
    assert (listed.code, listed.stage) == ("AZ_SAS_SCOPE", Stage.AUTHZ), listed
    assert listed.message == "the SAS is not for this: AuthorizationResourceTypeMismatch"
    assert "container and object" in listed.remediation


@pytest.mark.parametrize("form", ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"])
def test_a_signature_that_has_expired_is_named_before_anybody_is_asked(form: str) -> None:
    listed, written = check(
        "http://127.0.0.1:1", sas=urlencode({"se": "2020-01-02", "sig": "abcd"})
    )
    assert (listed.code, listed.stage) == ("AZ_SAS_EXPIRED", Stage.AUTH)
    assert listed.message == "the SAS expired on 2020-01-02 00:00 UTC"
    assert "Issue a new one" in listed.remediation
    assert listed.definitive
    assert written.code == "SKIPPED"
    past = (NOW - DAY).strftime(form)
    assert check("http://127.0.0.1:1", sas=urlencode({"se": past}))[0].code == "AZ_SAS_EXPIRED"


def test_a_signature_that_is_not_yet_valid_is_named() -> None:
    listed, _ = check("http://127.0.0.1:1", sas=sas(start=NOW + DAY, end=NOW + 2 * DAY))
    assert (listed.code, listed.stage) == ("AZ_SAS_NOT_YET", Stage.AUTH)
    assert listed.message == f"the SAS is valid from {NOW + DAY:%Y-%m-%d %H:%M} UTC on"
    assert "Wait" in listed.remediation
    assert not listed.definitive


def test_a_key_that_is_a_connection_string_is_named() -> None:
    listed, _ = check("http://127.0.0.1:1", key=f"AccountName=acme;AccountKey={KEY}")
    assert (listed.code, listed.stage) == ("AZ_KEY_MALFORMED", Stage.CONFIG)
    assert listed.message == "the account key in variable ACCOUNT_KEY is no Base64"
    assert "not the connection string" in listed.remediation


@pytest.mark.parametrize("sas", ["sv=2024-11-04&sig=%2Fw%C3", "https://acme/lake", "sig=a&broken"])
def test_a_signature_that_was_cut_short_is_named(sas: str) -> None:
    listed, _ = check("http://127.0.0.1:1", sas=sas)
    assert (listed.code, listed.stage) == ("AZ_SAS_MALFORMED", Stage.CONFIG)
    assert listed.message.startswith("the SAS in variable ")
    assert "whole" in listed.remediation
    assert not listed.definitive


def test_without_any_credentials_it_says_so_and_asks_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with stub(lambda _: Said(status=403)) as store:
        monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", KEY)
        monkeypatch.setenv("AZURE_IDENTITY_ENDPOINT", store.url)
        config = {"type": "adls", "account": "acme", "container": "lake", "endpoint": store.url}
        listed, written = preflight({"storage": [config]})
    assert (listed.code, listed.stage) == ("AZ_NO_CREDENTIALS", Stage.CONFIG)
    assert "neither a key nor a SAS nor an identity" in listed.message
    assert "metadata" in listed.remediation
    assert written.code == "SKIPPED"
    assert store.asked == []


def test_an_account_that_does_not_exist_is_told_by_its_name() -> None:
    lake = {"type": "adls", "account": "acme", "container": "lake"}
    config = {"storage": [lake | {"account_key": {"env": "KEY"}}]}
    program = [sys.executable, PROGRAM, json.dumps(config), json.dumps({"KEY": KEY})]
    done = alone(program, resolver="nxdomain")
    (code, stage, message), _ = json.loads(done.stdout)
    assert (code, stage) == ("AZ_ACCOUNT_MISSING", Stage.DNS)
    assert message == (
        "storage account acme does not exist: cannot resolve acme.blob.core.windows.net"
    )
    assert done.asked == ["acme.blob.core.windows.net"]


def azure(status: int, code: str, said: str = "No.") -> Said:
    """Say an error as Azure does."""
    body = f"<?xml version='1.0'?>\n<Error><Code>{code}</Code><Message>{said}</Message></Error>"
    headers = {"content-type": "application/xml", "x-ms-request-id": "1", "x-ms-error-code": code}
    return Said(status=status, body=body, headers=headers)


BLOCKED = "This request is not authorized to perform this operation."


@pytest.mark.parametrize(
    ("said", "code", "message", "remedy"),
    [
        (
            azure(403, "AuthorizationFailure", BLOCKED),
            "AZ_FIREWALL",
            "the network rules of account acme block this client",
            "private endpoint",
        ),
        (
            azure(403, "AuthenticationFailed"),
            "AZ_AUTH_FAILED",
            "account acme refuses the key",
            "rotated",
        ),
        (
            azure(403, "KeyBasedAuthenticationNotPermitted"),
            "AZ_KEYS_OFF",
            "account acme takes no keys",
            "identity",
        ),
        (azure(503, "ServerBusy"), "AZ_THROTTLED", "account acme asks to slow down", "Try again"),
        (
            azure(500, "InternalError"),
            "AZ_UNAVAILABLE",
            "account acme cannot answer: HTTP 500, InternalError",
            "Try again",
        ),
        (
            azure(409, "AccountBeingCreated"),
            "AZ_REFUSED",
            "account acme refuses: HTTP 409, AccountBeingCreated",
            "Look up AccountBeingCreated",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isupper() else "",
)
def test_what_only_azure_says_is_named(said: Said, code: str, message: str, remedy: str) -> None:
    with stub(lambda _: said) as store:
        listed, _ = check(f"{store.url}/acme")
    assert (listed.code, listed.status) == (code, "error"), listed
    assert listed.message == message
    assert remedy in listed.remediation
    assert listed.details["answer"].startswith(("No.", BLOCKED))  # type: ignore[attr-defined]
    assert len(store.asked) == 2  # nothing is tried again


def test_an_account_without_folders_is_warned_of() -> None:
    def answer(asked: Asked) -> Said:
        if asked.query.get("restype") == "account":
            return Said(headers={"x-ms-is-hns-enabled": "false"})
        if "authorization" not in asked.headers:
            return azure(404, "ResourceNotFound")
        if asked.query.get("comp") == "list":
            empty = "<EnumerationResults><Blobs /><NextMarker /></EnumerationResults>"
            return Said(body=f"<?xml version='1.0' encoding='utf-8'?>{empty}")
        return azure(403, "AuthorizationPermissionMismatch")

    with stub(answer) as store:
        listed, written = check(f"{store.url}/acme")
    assert (listed.code, listed.stage, listed.status) == (
        "AZ_NOT_HNS",
        Stage.OPERATION,
        "warning",
    )
    assert listed.message == "account acme has no hierarchical namespace"
    assert "--ignore AZ_NOT_HNS" in listed.remediation
    assert written.code == "AZ_PERMISSION"  # it goes on all the same


def test_a_web_server_is_not_taken_for_a_container() -> None:
    with stub(lambda _: Said(body="<html>Hello.</html>")) as store:
        listed, _ = check(f"{store.url}/acme")
    assert (listed.code, listed.stage) == ("WRONG_SERVICE", Stage.OPERATION)
    assert "answered, but not as Azure's object storage: HTTP 200, text/plain" in listed.message


def test_a_store_that_is_silent_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(asked: Asked) -> Said:
        if "authorization" in asked.headers:
            time.sleep(5)
        return azure(404, "ResourceNotFound")

    monkeypatch.setattr(by_obstore, "RESPONSE_SECONDS", 0.5)
    with stub(answer) as store:
        began = time.monotonic()
        listed, _ = check(f"{store.url}/acme")
        assert time.monotonic() - began < 3
    assert (listed.code, listed.stage) == ("RESPONSE_TIMEOUT", Stage.OPERATION)


def test_every_code_is_made_by_a_test_here() -> None:
    here = Path(__file__).read_text()
    assert [code.id for code in CODES if code.id not in here] == []
