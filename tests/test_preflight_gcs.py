"""Preflight of Google Cloud Storage: two emulators, and what only Google says from a stub."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

import object_stores
from floe_deploy.preflight.checks.gcs.faults import CODES
from floe_deploy.preflight.code import Fault, Stage
from floe_deploy.preflight.finding import Finding
from google_login import BLOCKED, TOKEN, error, exact, login
from preflight import preflight
from stub import Asked, Said, stub

pytestmark = pytest.mark.requirement("FR-017")

ALL = [f"storage.objects.{verb}" for verb in ("list", "create", "get", "delete")]
EMPTY = Said(body={"kind": "storage#objects"})


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with login(tmp_path_factory.mktemp("key")) as file:
        yield file


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with object_stores.gcs_with_rights("lake", tmp_path_factory.mktemp("gcs")) as address:
        yield address


def check(endpoint: str, key: str | None, **target: Any) -> list[Finding]:
    lake = {"type": "gcs", "bucket": "lake", "endpoint": endpoint, "credentials_file": key}
    return preflight({"storage": [lake | target]})


def granting(*permissions: str, **answers: Said) -> Callable[[Asked], Said]:
    """Answer as a bucket on which some rights are granted; by method what is said otherwise."""

    def answer(asked: Asked) -> Said:
        assert asked.headers["authorization"] == f"Bearer {TOKEN}"
        if asked.path.endswith("/iam/testPermissions"):
            return Said(body={"permissions": [*permissions]} if permissions else {})
        way = "LIST" if asked.path.endswith("/o") and asked.method == "GET" else asked.method
        return answers.get(way, EMPTY)

    return answer


def test_a_bucket_that_works_is_listed_written_read_and_left_as_it_was(
    endpoint: str, key: str
) -> None:
    listed, written = check(endpoint, key, prefix="floe")
    assert (listed.id, listed.status) == ("storage", "ok"), listed
    assert listed.message == f"gs://lake/floe: may be listed, at {endpoint.removeprefix('http://')}"
    assert (written.id, written.status) == ("storage.write", "ok"), written
    assert written.message == "gs://lake: wrote, read back and deleted an object"
    assert httpx.get(f"{endpoint}/storage/v1/b/lake/o").json()["items"] == []


def test_it_works_where_nobody_tells_which_rights_are_granted_and_names_a_missing_bucket(
    key: str, tmp_path: Path
) -> None:
    with object_stores.gcs("lake", tmp_path / "buckets") as endpoint:
        assert [found.status for found in check(endpoint, key)] == ["ok", "ok"]
        assert httpx.get(f"{endpoint}/storage/v1/b/lake/o").json().get("items", []) == []
        listed, written = check(endpoint, key, bucket="nolake")
    assert (listed.code, listed.stage) == ("GCS_BUCKET_MISSING", Stage.OPERATION), listed
    assert listed.message == "bucket nolake not found"
    assert "all of Google Cloud" in listed.remediation
    assert listed.definitive
    assert written.code == "SKIPPED"


def test_the_metadata_servers_token_is_what_requests_bear(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stub(lambda _: Said(body={"access_token": TOKEN})) as metadata:
        monkeypatch.setenv("GCE_METADATA_HOST", metadata.url.removeprefix("http://"))
        assert {found.status for found in check(endpoint, None, identity="gcp")} == {"ok"}
    (asked,) = metadata.asked
    assert asked.query["scopes"] == "https://www.googleapis.com/auth/devstorage.read_write"


def test_without_any_credentials_it_says_so_and_asks_nobody(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", key)
    with stub(lambda _: Said(status=403)) as server:
        monkeypatch.setenv("GCE_METADATA_HOST", server.url.removeprefix("http://"))
        listed, written = check(server.url, None)
    assert (listed.code, listed.stage) == ("GCS_NO_ADC", Stage.CONFIG)
    assert "neither a key file nor an identity" in listed.message
    assert "metadata" in listed.remediation
    assert written.code == "SKIPPED"
    assert server.asked == []


def test_what_is_missing_to_list_is_named_right_by_right(key: str) -> None:
    denied = error(403, "forbidden", "lake@example.com does not have storage.objects.list access.")
    with stub(granting("storage.objects.get", LIST=denied)) as store:
        listed, _ = check(store.url, key)
    assert (listed.code, listed.stage) == ("GCS_PERMISSION", Stage.AUTHZ), listed
    assert listed.message == (
        "missing storage.objects.create, storage.objects.delete, storage.objects.list on bucket "
        "lake"
    )
    assert listed.remediation == (
        "Grant roles/storage.objectUser on the bucket to the account of the key file; a new grant "
        "may take some minutes"
    )
    assert not listed.definitive  # grants take a while to spread
    assert str(listed.details["answer"]).startswith("lake@example.com does not have")


@pytest.mark.parametrize(
    ("granted", "answers", "code", "message"),
    [
        (
            ["storage.objects.list"],
            {"POST": error(403, "forbidden")},
            "GCS_READ_ONLY",
            "may list bucket lake, but not write to lake/floe/: missing storage.objects.create",
        ),
        (
            ALL,
            {"GET": error(403, "forbidden")},
            "GCS_READ_DENIED",
            "may write to lake/floe/, but not read from it: missing storage.objects.get",
        ),
    ],
)
def test_what_keeps_objects_from_being_written_or_read_is_named(
    key: str, granted: list[str], answers: dict[str, Said], code: str, message: str
) -> None:
    with stub(granting(*granted, **answers)) as store:
        listed, written = check(store.url, key, prefix="floe")
    assert listed.status == "ok"
    assert (written.code, written.stage, written.status) == (code, Stage.AUTHZ, "error")
    assert written.message == message
    assert "roles/storage.objectUser" in written.remediation
    assert not written.definitive  # grants take a while to spread


def test_a_right_that_is_granted_for_a_folder_alone_is_enough(key: str) -> None:
    kept: dict[str, bytes] = {}
    answer_else = granting()

    def answer(asked: Asked) -> Said:
        if asked.method == "POST":
            kept[asked.query["name"]] = asked.body
        name = unquote(asked.target.partition("/o/")[2].partition("?")[0])
        if asked.query.get("alt") == "media":
            return Said(body=kept[name])
        return answer_else(asked)

    with stub(answer) as store:
        _, written = check(store.url, key, prefix="floe")
    assert written.status == "ok"
    assert [asked.method for asked in store.asked] == ["GET", "GET", "POST", "GET", "DELETE"]
    assert store.asked[2].query["ifGenerationMatch"] == "0"  # nothing is overwritten


def test_where_deleting_is_not_allowed_nothing_is_written(key: str) -> None:
    with stub(granting(*ALL[:3])) as store:
        _, written = check(store.url, key)
    assert (written.code, written.stage, written.status) == (
        "GCS_NO_DELETE",
        Stage.AUTHZ,
        "warning",
    )
    assert written.message == (
        "may write to bucket lake, but not delete, so that nothing was written"
    )
    assert "engines delete too" in written.remediation
    assert {asked.method for asked in store.asked} == {"GET"}


def test_an_object_that_cannot_be_deleted_is_named_so_that_it_can_be_removed_by_hand(
    key: str,
) -> None:
    kept: dict[str, bytes] = {}
    answer_else = granting(*ALL, DELETE=error(403, "retentionPolicyNotMet"))

    def answer(asked: Asked) -> Said:
        if asked.method == "POST":
            kept[asked.query["name"]] = asked.body
        if asked.query.get("alt") == "media":
            return Said(body=next(iter(kept.values())))
        return answer_else(asked)

    with stub(answer) as store:
        _, written = check(store.url, key, prefix="floe")
    (left,) = kept
    assert (written.code, written.stage, written.status) == (
        "GCS_DELETE_DENIED",
        Stage.AUTHZ,
        "warning",
    )
    assert written.message == f"the object {left} could not be removed from bucket lake"
    assert left.startswith("floe/_floe_preflight/")
    assert "by hand" in written.remediation


@pytest.mark.parametrize(
    ("said", "code", "stage", "message", "remedy"),
    [
        (
            error(401, "authError"),
            "GCS_AUTH_FAILED",
            Stage.AUTH,
            "127.0.0.1 refuses the token",
            "make another key",
        ),
        (
            error(403, "accountDisabled"),
            "GCS_BILLING",
            Stage.OPERATION,
            "billing is off for the project of bucket lake",
            "billing account",
        ),
        (
            error(403, "forbidden", details=exact("BILLING_DISABLED")),
            "GCS_BILLING",
            Stage.OPERATION,
            "billing is off for the project of bucket lake",
            "billing account",
        ),
        (
            error(403, "accessNotConfigured"),
            "GCS_API_DISABLED",
            Stage.OPERATION,
            "the Cloud Storage API is off in the project of the account of the key file",
            "gcloud services enable storage.googleapis.com",
        ),
        (
            error(403, "forbidden", BLOCKED, details=exact("SECURITY_POLICY_VIOLATED")),
            "GCS_PERIMETER",
            Stage.AUTHZ,
            "a service perimeter keeps this client from bucket lake",
            "VPC Service Controls",
        ),
        (
            error(429, "rateLimitExceeded"),
            "GCS_THROTTLED",
            Stage.OPERATION,
            "127.0.0.1 asks to slow down",
            "Try again",
        ),
        (
            Said(status=502, body="<html>Bad Gateway</html>"),
            "GCS_UNAVAILABLE",
            Stage.OPERATION,
            "127.0.0.1 cannot answer: HTTP 502, no reason",
            "Try again",
        ),
        (
            error(400, "userProjectMissing"),
            "GCS_REFUSED",
            Stage.OPERATION,
            "127.0.0.1 refuses: HTTP 400, userProjectMissing",
            "Look up userProjectMissing",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isupper() else "",
)
def test_what_only_google_says_is_named(  # noqa: PLR0913, PLR0917  a row of the table
    key: str, said: Said, code: str, stage: Stage, message: str, remedy: str
) -> None:
    with stub(lambda _: said) as store:
        listed, _ = check(store.url, key)
    assert (listed.code, listed.stage, listed.status) == (code, stage, "error"), listed
    assert listed.message == message
    assert remedy in listed.remediation
    assert len(store.asked) == 2  # nothing is tried again


def test_a_web_server_is_not_taken_for_google(key: str) -> None:
    page = Said(status=404, body="<html>Hello.</html>", headers={"content-type": "text/html"})
    with stub(lambda _: page) as store:
        listed, _ = check(store.url, key)
    assert (listed.code, listed.stage) == ("WRONG_SERVICE", Stage.OPERATION)
    assert "answered, but not as a Google API: HTTP 404, text/html" in listed.message


def test_a_key_file_needs_what_signs_for_it(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(Fault, match="EXTRA_MISSING") as failure:
        check("http://127.0.0.1:1", key)
    assert "floe-deploy[gcp]" in failure.value.remediation


def test_every_code_is_made_by_a_test_here() -> None:
    here = Path(__file__).read_text()
    assert [code.id for code in CODES if code.id not in here] == []
