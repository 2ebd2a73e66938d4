"""Preflight of BigQuery, which cannot be had here: a stub answers as its REST reference says."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from floe_deploy.preflight.checks.bigquery.faults import CODES
from floe_deploy.preflight.code import Fault, Stage
from floe_deploy.preflight.finding import Finding
from google_login import BLOCKED, TOKEN, error, exact, login
from preflight import preflight
from stub import Asked, Said, Stub, stub

pytestmark = pytest.mark.requirement("FR-016")

DONE = {
    "kind": "bigquery#queryResponse",
    "jobReference": {"projectId": "acme", "jobId": "job_1", "location": "EU"},
    "jobComplete": True,
    "totalRows": "1",
}
DATASET = {"kind": "bigquery#dataset", "id": "acme:marts", "location": "EU"}


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with login(tmp_path_factory.mktemp("key")) as file:
        yield file


def bigquery(**answers: Said) -> Callable[[Asked], Said]:
    """Answer as BigQuery; by the last word of the path what is said otherwise."""

    def answer(asked: Asked) -> Said:
        assert asked.headers["authorization"] == f"Bearer {TOKEN}"
        assert asked.path.startswith("/bigquery/v2/projects/acme/")
        word = asked.path.rpartition("/")[2]
        usual: dict[str, Any] = {
            "queries": DONE,
            "marts": DATASET,
            "tables": {"kind": "bigquery#tableList"},
        }
        return answers.get(word) or Said(body=usual.get(word, {}))

    return answer


def check(server: Stub, key: str | None, **target: Any) -> list[Finding]:
    acme = {"type": "bigquery", "project": "acme", "dataset": "marts", "url": server.url}
    return preflight({"compute": [acme | {"credentials_file": key} | target]})


def test_a_project_that_works_runs_a_query_that_reads_nothing_and_its_dataset_is_read(
    key: str,
) -> None:
    with stub(bigquery()) as server:
        queried, read = check(server, key)
    assert (queried.id, queried.status) == ("compute", "ok"), queried
    assert queried.message == "BigQuery of project acme in EU, SELECT 1"
    assert (read.id, read.status) == ("compute.dataset", "ok"), read
    assert read.message == "dataset marts in EU: may be read"
    assert [(asked.method, asked.path) for asked in server.asked] == [
        ("POST", "/bigquery/v2/projects/acme/queries"),
        ("GET", "/bigquery/v2/projects/acme/datasets/marts"),
        ("GET", "/bigquery/v2/projects/acme/datasets/marts/tables"),
    ]
    assert b'"useLegacySql":false' in server.asked[0].body.replace(b" ", b"")


def test_without_a_dataset_none_is_looked_for(key: str) -> None:
    with stub(bigquery()) as server:
        (queried,) = check(server, key, dataset=None, location="EU")
    assert queried.status == "ok"
    assert b'"location":"EU"' in server.asked[0].body.replace(b" ", b"")


def test_the_metadata_servers_token_is_what_requests_bear(monkeypatch: pytest.MonkeyPatch) -> None:
    with stub(lambda _: Said(body={"access_token": TOKEN})) as metadata, stub(bigquery()) as server:
        monkeypatch.setenv("GCE_METADATA_HOST", metadata.url.removeprefix("http://"))
        assert {found.status for found in check(server, None, identity="gcp")} == {"ok"}
    (asked,) = metadata.asked
    assert asked.query["scopes"] == "https://www.googleapis.com/auth/bigquery"


def test_without_any_credentials_it_says_so_and_asks_nobody(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", key)
    with stub(bigquery()) as server:
        monkeypatch.setenv("GCE_METADATA_HOST", server.url.removeprefix("http://"))
        queried, read = check(server, None)
    assert (queried.code, queried.stage) == ("BQ_NO_CREDENTIALS", Stage.CONFIG)
    assert "neither a key file nor an identity" in queried.message
    assert "metadata" in queried.remediation
    assert read.code == "SKIPPED"
    assert server.asked == []


@pytest.mark.parametrize(
    ("said", "code", "stage", "message", "remedy"),
    [
        (
            error(401, "authError"),
            "BQ_AUTH_FAILED",
            Stage.AUTH,
            "127.0.0.1 refuses the token",
            "make another key",
        ),
        (
            error(403, "accessDenied", "User does not have bigquery.jobs.create permission."),
            "BQ_NO_JOB_PERMISSION",
            Stage.AUTHZ,
            "may not run jobs in project acme",
            "roles/bigquery.jobUser",
        ),
        (
            error(404, "notFound", "Not found: Project acme"),
            "BQ_PROJECT_MISSING",
            Stage.OPERATION,
            "project acme is unknown",
            "not its name or number",
        ),
        (
            error(403, "forbidden", details=exact("CONSUMER_INVALID")),
            "BQ_PROJECT_MISSING",
            Stage.OPERATION,
            "project acme is unknown",
            "not its name or number",
        ),
        (
            error(403, "accessNotConfigured", details=exact("SERVICE_DISABLED")),
            "BQ_API_DISABLED",
            Stage.OPERATION,
            "the BigQuery API is off in project acme",
            "gcloud services enable bigquery.googleapis.com --project acme",
        ),
        (
            error(400, "invalid", "The project acme has not enabled BigQuery."),
            "BQ_API_DISABLED",
            Stage.OPERATION,
            "the BigQuery API is off in project acme",
            "gcloud services enable",
        ),
        (
            error(403, "billingNotEnabled"),
            "BQ_BILLING",
            Stage.OPERATION,
            "billing is off for project acme",
            "billing account",
        ),
        (
            error(403, "policyViolation", f"VPC Service Controls: {BLOCKED}"),
            "BQ_PERIMETER",
            Stage.AUTHZ,
            "a service perimeter keeps this client from project acme",
            "VPC Service Controls",
        ),
        (
            error(403, "quotaExceeded"),
            "BQ_QUOTA",
            Stage.OPERATION,
            "project acme has used up its quota: quotaExceeded",
            "Try again later",
        ),
        (
            error(503, "backendError"),
            "BQ_UNAVAILABLE",
            Stage.OPERATION,
            "127.0.0.1 cannot answer: HTTP 503, backendError",
            "Try again",
        ),
        (
            error(400, "invalid"),
            "BQ_REFUSED",
            Stage.OPERATION,
            "127.0.0.1 refuses: HTTP 400, invalid",
            "Look up invalid",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isupper() else "",
)
def test_what_keeps_a_query_from_running_is_named(  # noqa: PLR0913, PLR0917  a row of the table
    key: str, said: Said, code: str, stage: Stage, message: str, remedy: str
) -> None:
    with stub(bigquery(queries=said)) as server:
        queried, read = check(server, key)
    assert (queried.code, queried.stage, queried.status) == (code, stage, "error"), queried
    assert queried.message == message
    assert remedy in queried.remediation
    assert read.code == "SKIPPED"
    assert len(server.asked) == 1  # nothing is tried again


def test_a_query_that_waits_for_a_slot_is_given_up_and_cancelled(key: str) -> None:
    with stub(bigquery(queries=Said(body=DONE | {"jobComplete": False}))) as server:
        queried, _ = check(server, key, location="EU")
    assert (queried.code, queried.stage) == ("BQ_JOB_PENDING", Stage.OPERATION)
    assert queried.message == "a query of project acme had no slot within 3 s"
    assert "slots" in queried.remediation
    assert not queried.definitive
    last = server.asked[-1]
    assert (last.method, last.path) == ("POST", "/bigquery/v2/projects/acme/jobs/job_1/cancel")
    assert last.query == {"location": "EU"}


@pytest.mark.parametrize(
    ("answers", "code", "stage", "message", "remedy"),
    [
        (
            {"marts": error(404, "notFound", "Not found: Dataset acme:marts")},
            "BQ_DATASET_MISSING",
            Stage.OPERATION,
            "dataset marts not found in project acme",
            "Create it",
        ),
        (
            {"marts": error(403, "accessDenied")},
            "BQ_DATASET_DENIED",
            Stage.AUTHZ,
            "may not read dataset marts, or it does not exist",
            "roles/bigquery.dataEditor",
        ),
        (
            {"tables": error(403, "accessDenied")},
            "BQ_DATASET_DENIED",
            Stage.AUTHZ,
            "may not read dataset marts, or it does not exist",
            "roles/bigquery.dataViewer",
        ),
        (
            {"marts": Said(body=DATASET | {"location": "us-central1"})},
            "BQ_LOCATION",
            Stage.OPERATION,
            "dataset marts is in us-central1, the configuration says EU",
            "Set location",
        ),
    ],
    ids=["missing", "denied", "tables", "location"],
)
def test_what_keeps_a_dataset_from_being_read_is_named(  # noqa: PLR0913, PLR0917  a row
    key: str, answers: dict[str, Said], code: str, stage: Stage, message: str, remedy: str
) -> None:
    with stub(bigquery(**answers)) as server:
        queried, read = check(server, key, location="EU")
    assert queried.status == "ok"
    assert (read.code, read.stage, read.status) == (code, stage, "error"), read
    assert read.message == message
    assert remedy in read.remediation
    assert read.definitive == (code != "BQ_DATASET_DENIED")  # grants take a while to spread


def test_a_web_server_is_not_taken_for_bigquery(key: str) -> None:
    page = Said(body="<html>Hello.</html>", headers={"content-type": "text/html"})
    with stub(lambda _: page) as server:
        queried, _ = check(server, key)
    assert (queried.code, queried.stage) == ("WRONG_SERVICE", Stage.OPERATION)
    assert "answered, but not as BigQuery: HTTP 200, text/html" in queried.message


def test_a_key_file_needs_what_signs_for_it(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(Fault, match="EXTRA_MISSING") as failure:
        check(Stub(url="http://127.0.0.1:1"), key)
    assert "floe-deploy[gcp]" in failure.value.remediation


def test_every_code_is_made_by_a_test_here() -> None:
    here = Path(__file__).read_text()
    assert [code.id for code in CODES if code.id not in here] == []
