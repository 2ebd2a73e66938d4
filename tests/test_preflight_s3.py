"""Preflight of S3: a real server with keys that may do less, and what only AWS says from a stub."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
import httpx
import pytest

import object_stores
from floe_deploy.preflight import connection
from floe_deploy.preflight.checks import by_obstore
from floe_deploy.preflight.checks.objects import CONTENT
from floe_deploy.preflight.checks.s3.faults import CODES
from floe_deploy.preflight.code import Fault, Stage
from floe_deploy.preflight.finding import Finding
from preflight import PROGRAM, preflight
from stub import Asked, Said, stub

pytestmark = pytest.mark.requirement("FR-017")

SECRET = "a-secret-of-twenty-characters"
USERS = {
    "lister": ["List:lake"],
    "reader": ["List:lake", "Read:lake"],
    "writer": ["List:lake", "Write:lake"],
    "stranger": ["Admin:other"],
}
KEPT = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:DeleteObject"],
            "Resource": ["arn:aws:s3:::kept/*"],
        }
    ],
}


def client(endpoint: str, key: str = "admin") -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
    )


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("s3")
    with object_stores.s3(folder, "admin", SECRET, "lake,other,kept", USERS) as address:
        admin, until = client(address), time.monotonic() + 30
        while len(admin.list_buckets()["Buckets"]) < 3:  # they are made a moment later
            assert time.monotonic() < until
            time.sleep(0.05)
        admin.put_bucket_policy(Bucket="kept", Policy=json.dumps(KEPT))
        admin.put_object(Bucket="lake", Key="floe/_floe_preflight/not-ours", Body=b"kept")
        yield address


def check(
    endpoint: str,
    key: str = "admin",
    secret: str = SECRET,
    *,
    seconds: float = 15,
    **target: Any,
) -> list[Finding]:
    """Check the bucket `lake` with a key; what is given is said otherwise."""
    kept = {"access_key_id": {"env": "KEY"}, "secret_access_key": {"env": "SECRET"}}
    lake = {"type": "s3", "bucket": "lake", "endpoint": endpoint, **kept}
    config = {
        "storage": [{name: value for name, value in (lake | target).items() if value is not None}]
    }
    return preflight(config, {"KEY": key, "SECRET": secret}, seconds=seconds)


def test_a_bucket_that_works_is_listed_written_read_and_left_as_it_was(endpoint: str) -> None:
    before = client(endpoint).list_objects_v2(Bucket="lake")["Contents"]
    listed, written = check(endpoint, prefix="floe")
    assert (listed.id, listed.status) == ("storage", "ok")
    assert listed.message == f"s3://lake/floe: may be listed, at {endpoint.removeprefix('http://')}"
    assert (written.id, written.status) == ("storage.write", "ok")
    assert written.message == "s3://lake: wrote, read back and deleted an object"
    assert client(endpoint).list_objects_v2(Bucket="lake")["Contents"] == before


def test_checks_are_told_apart_by_the_name_of_their_target(endpoint: str) -> None:
    assert [found.id for found in check(endpoint, name="logs")] == [
        "storage.logs",
        "storage.logs.write",
    ]


MAY_NOT_LIST: dict[str, tuple[dict[str, Any], Stage, str, str]] = {
    "S3_BUCKET_MISSING": (
        {"bucket": "nolake"},
        Stage.OPERATION,
        "bucket nolake not found at {where}",
        "Create it; check the spelling",
    ),
    "S3_KEY_UNKNOWN": (
        {"key": "nobody"},
        Stage.AUTH,
        "{where} does not know the access key",
        "put both parts into the Secret",
    ),
    "S3_SECRET_WRONG": (
        {"secret": "another-secret"},
        Stage.AUTH,
        "the secret does not fit the access key",
        "both parts of one key pair",
    ),
    "S3_LIST_DENIED": (
        {"key": "stranger"},
        Stage.AUTHZ,
        "may not list bucket lake",
        "s3:ListBucket on arn:aws:s3:::lake for lake/",
    ),
}


@pytest.mark.parametrize("code", MAY_NOT_LIST)
def test_what_keeps_a_bucket_from_being_listed_is_named_and_nothing_is_written(
    endpoint: str, code: str
) -> None:
    given, stage, message, remedy = MAY_NOT_LIST[code]
    listed, written = check(endpoint, **given)
    assert (listed.code, listed.stage, listed.status) == (code, stage, "error")
    assert listed.message == message.format(where=endpoint.removeprefix("http://"))
    assert remedy in listed.remediation
    assert listed.definitive
    assert written.code == "SKIPPED"
    assert "nolake" not in str(client(endpoint).list_buckets()["Buckets"])


@pytest.mark.parametrize(
    ("key", "code", "message", "remedy"),
    [
        (
            "lister",
            "S3_READ_ONLY",
            "may list bucket lake, but not write to lake/floe/",
            "s3:PutObject on arn:aws:s3:::lake/floe/*",
        ),
        ("reader", "S3_READ_ONLY", "may list bucket lake, but not write", "kms:GenerateDataKey"),
        (
            "writer",
            "S3_READ_DENIED",
            "may write to lake/floe/, but not read from it",
            "s3:GetObject on arn:aws:s3:::lake/floe/*",
        ),
    ],
)
def test_what_keeps_objects_from_being_written_or_read_is_named(
    endpoint: str, key: str, code: str, message: str, remedy: str
) -> None:
    listed, written = check(endpoint, key, prefix="floe")
    assert listed.status == "ok"
    assert (written.code, written.stage, written.status) == (code, Stage.AUTHZ, "error")
    assert message in written.message
    assert remedy in written.remediation
    assert written.definitive
    assert len(client(endpoint).list_objects_v2(Bucket="lake")["Contents"]) == 1


def test_an_object_that_cannot_be_deleted_is_named_so_that_it_can_be_removed_by_hand(
    endpoint: str,
) -> None:
    listed, written = check(endpoint, bucket="kept", prefix="floe")
    assert listed.status == "ok"
    assert (written.code, written.stage, written.status) == (
        "S3_DELETE_DENIED",
        Stage.AUTHZ,
        "warning",
    )
    (left,) = client(endpoint).list_objects_v2(Bucket="kept")["Contents"]
    assert left["Key"].startswith("floe/_floe_preflight/")
    assert written.message == f"the object {left['Key']} could not be removed from bucket kept"
    assert "s3:DeleteObject on arn:aws:s3:::kept/floe/*" in written.remediation
    assert "by hand" in written.remediation
    body = client(endpoint).get_object(Bucket="kept", Key=left["Key"])["Body"].read()
    assert body == CONTENT


def test_without_any_credentials_it_says_so_and_asks_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-environment")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-environment")
    with stub(lambda _: Said(status=403)) as store:
        listed, written = check(store.url, access_key_id=None, secret_access_key=None)
    assert (listed.code, listed.stage) == ("S3_NO_CREDENTIALS", Stage.CONFIG)
    assert "neither a key pair nor an identity nor a profile" in listed.message
    assert "metadata" in listed.remediation
    assert written.code == "SKIPPED"
    assert store.asked == []


def test_a_line_break_at_the_end_of_a_credential_is_found_before_the_server_is_asked() -> None:
    listed, _ = check("http://127.0.0.1:1", secret=f"{SECRET}\n")
    assert (listed.code, listed.stage) == ("S3_WHITE_SPACE", Stage.CONFIG)
    assert listed.message == "the credential in variable SECRET begins or ends with white space"
    assert "printf" in listed.remediation


def aws(status: int, code: str, more: str = "", **headers: str) -> Said:
    """Say an error as S3 does."""
    body = f"<?xml version='1.0'?>\n<Error><Code>{code}</Code><Message>No.</Message>{more}</Error>"
    return Said(status=status, body=body, headers={"content-type": "application/xml"} | headers)


def unsigned(asked: Asked, said: Said) -> Said:
    """Answer as S3 does: who does not sign is not let in."""
    return said if "authorization" in asked.headers else aws(403, "AccessDenied")


@pytest.mark.parametrize(
    ("said", "code", "stage", "message", "remedy"),
    [
        (
            aws(400, "ExpiredToken"),
            "S3_TOKEN_EXPIRED",
            Stage.AUTH,
            "the session's credentials have expired",
            "Log in again",
        ),
        (
            aws(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
            "S3_WRONG_REGION",
            Stage.OPERATION,
            "bucket lake is in eu-west-1, the configuration says us-east-1",
            "Set region",
        ),
        (
            aws(403, "RequestTimeTooSkewed"),  # the real server's is below
            "S3_CLOCK_SKEW",
            Stage.AUTH,
            "refuses signatures of this clock",
            "synchronized",
        ),
        (aws(503, "SlowDown"), "S3_THROTTLED", Stage.OPERATION, "asks to slow down", "Try again"),
        (
            aws(500, "InternalError"),
            "S3_UNAVAILABLE",
            Stage.OPERATION,
            "cannot answer: HTTP 500, InternalError",
            "Try again",
        ),
        (
            aws(400, "InvalidBucketName"),
            "S3_REFUSED",
            Stage.OPERATION,
            "refuses: HTTP 400, InvalidBucketName",
            "Look up InvalidBucketName",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isupper() else "",
)
def test_what_only_aws_says_is_named(
    said: Said, code: str, stage: Stage, message: str, remedy: str
) -> None:
    with stub(lambda asked: unsigned(asked, said)) as store:
        listed, _ = check(store.url)
    assert (listed.code, listed.stage, listed.status) == (code, stage, "error")
    assert message in listed.message
    assert remedy in listed.remediation
    assert listed.details.get("answer") == "No."
    assert len(store.asked) == 2  # nothing is tried again


@pytest.mark.parametrize("tells", [("GET", "HEAD"), ("HEAD",)])
def test_a_bucket_of_another_region_is_told_by_the_redirect(tells: tuple[str, ...]) -> None:
    moved, region = aws(301, "PermanentRedirect"), {"x-amz-bucket-region": "ap-south-1"}
    told = aws(301, "PermanentRedirect", **region)
    with stub(lambda asked: told if asked.method in tells else moved) as store:
        listed, _ = check(store.url)
    assert (listed.code, listed.stage) == ("S3_WRONG_REGION", Stage.OPERATION)
    assert listed.message == "bucket lake is in ap-south-1, the configuration says us-east-1"
    assert listed.definitive
    assert [asked.method for asked in store.asked] == ["GET", "HEAD"][: 3 - len(tells)]


@pytest.mark.parametrize("status", [200, 302, 404])
def test_a_web_server_is_not_taken_for_an_empty_bucket(status: int) -> None:
    page = Said(status=status, body="<html>Hello.</html>", headers={"content-type": "text/html"})
    with stub(lambda _: page) as store:
        listed, _ = check(store.url)
    assert (listed.code, listed.stage) == ("WRONG_SERVICE", Stage.OPERATION)
    assert f"answered, but not as S3: HTTP {status}, text/html" in listed.message
    assert len(store.asked) == 1


def test_a_store_that_is_silent_when_written_to_leaves_the_name_of_what_it_may_keep() -> None:
    def answer(asked: Asked) -> Said:
        if asked.method == "PUT":
            time.sleep(5)
        if asked.method in {"PUT", "GET"}:
            return unsigned(asked, Said(body="<ListBucketResult></ListBucketResult>"))
        return Said(status=204)

    with stub(answer) as store:
        _, *written = check(store.url)
    assert [(found.code, found.status) for found in written] == [
        ("RESPONSE_TIMEOUT", "error"),
        ("PROBE_LEFT", "warning"),
    ]
    assert "_floe_preflight/" in written[1].message
    assert "by hand" in written[1].remediation


def test_what_may_be_left_is_named_even_when_the_time_of_the_whole_run_is_up() -> None:
    def answer(asked: Asked) -> Said:
        if asked.method == "PUT":
            time.sleep(3)
        return unsigned(asked, Said(body="<ListBucketResult></ListBucketResult>"))

    with stub(answer) as store:
        _, *written = check(store.url, seconds=1.5)
    assert [found.code for found in written] == ["RESPONSE_TIMEOUT", "PROBE_LEFT"]
    assert "_floe_preflight/" in written[1].message


def test_an_object_is_deleted_even_where_reading_it_is_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answer(asked: Asked) -> Said:
        if asked.method == "GET" and "_floe_preflight" in asked.path:
            time.sleep(5)
        if asked.method == "GET":
            return unsigned(asked, Said(body="<ListBucketResult></ListBucketResult>"))
        return Said(status=204 if asked.method == "DELETE" else 200, headers={"etag": '"1"'})

    monkeypatch.setattr(by_obstore, "RESPONSE_SECONDS", 1.0)
    with stub(answer) as store:
        _, *written = check(store.url)
    assert [found.code for found in written] == ["RESPONSE_TIMEOUT"]
    assert store.asked[-1].method == "DELETE"


def test_what_is_left_is_named_whatever_the_reason_that_it_was_not_deleted() -> None:
    kept: list[bytes] = []

    def answer(asked: Asked) -> Said:
        if asked.method == "PUT":
            kept.append(asked.body)
            return Said(headers={"etag": '"1"'})
        if asked.method == "DELETE":
            return aws(503, "SlowDown")
        if "_floe_preflight" in asked.path:
            day = "Thu, 26 Nov 2026 00:00:00 GMT"
            return Said(body=kept[0], headers={"etag": '"1"', "last-modified": day})
        return unsigned(asked, Said(body="<ListBucketResult></ListBucketResult>"))

    with stub(answer) as store:
        _, written = check(store.url)
        key = store.asked[-1].path.removeprefix("/lake/")
    assert (written.code, written.status) == ("S3_DELETE_DENIED", "warning")
    assert written.message == f"the object {key} could not be removed from bucket lake"


def test_a_gateway_that_answers_with_other_bytes_is_named() -> None:
    def answer(asked: Asked) -> Said:
        if "_floe_preflight" in asked.path and asked.method == "GET":
            day = "Thu, 26 Nov 2026 00:00:00 GMT"
            return Said(body="something else", headers={"etag": '"1"', "last-modified": day})
        if asked.method == "GET":
            return unsigned(asked, Said(body="<ListBucketResult></ListBucketResult>"))
        return Said(status=204 if asked.method == "DELETE" else 200, headers={"etag": '"1"'})

    with stub(answer) as store:
        _, written = check(store.url)
    assert (written.code, written.stage) == ("PROBE_DIFFERS", Stage.OPERATION)
    assert written.message == "what was read from s3://lake is not what was written to it"
    assert "proxy" in written.remediation
    assert [asked.method for asked in store.asked[2:]] == ["PUT", "GET", "DELETE"]


def test_the_environment_decides_nothing_that_the_configuration_does_not_say(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stub(lambda _: Said(status=500)) as elsewhere:
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_METADATA_ENDPOINT"):
            monkeypatch.setenv(name, elsewhere.url)
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", elsewhere.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-environment")
        monkeypatch.setenv("AWS_SESSION_TOKEN", "of-the-environment")
        monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
        assert {found.status for found in check(endpoint)} == {"ok"}
    assert elsewhere.asked == []


def test_traffic_that_others_could_read_is_warned_of(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "near", lambda _: False)  # as if it were elsewhere
    listed, written = check(endpoint)
    assert (listed.code, listed.stage, listed.status) == ("PLAIN_TRAFFIC", Stage.TLS, "warning")
    assert "is not encrypted" in listed.message
    assert "Use https" in listed.remediation
    assert written.status == "ok"


def test_a_virtual_host_has_the_name_of_the_bucket() -> None:
    with stub(lambda asked: unsigned(asked, aws(404, "NoSuchBucket"))) as store:
        url = store.url.replace("127.0.0.1", "localhost")
        listed, _ = check(url, path_style=False)
    if listed.code in {"DNS_NOT_FOUND", "DNS_UNAVAILABLE"}:
        assert "lake.localhost" in listed.message  # not every resolver knows it
    else:
        assert listed.code == "S3_BUCKET_MISSING"
        assert {asked.headers["host"].partition(":")[0] for asked in store.asked} == {
            "lake.localhost"
        }


def test_a_pods_web_identity_is_what_requests_are_signed_with(
    endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keys = f"<AccessKeyId>admin</AccessKeyId><SecretAccessKey>{SECRET}</SecretAccessKey>"
    (tmp_path / "token").write_text("the-token-of-the-pod")
    said = Said(body=f"<Credentials>{keys}<SessionToken>none</SessionToken></Credentials>")
    with stub(lambda _: said) as sts:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.url)
        monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/lake")
        monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
        found = check(endpoint, access_key_id=None, secret_access_key=None, identity="aws-irsa")
    assert len(sts.asked) == 1
    # The server knows no session, so that it gets no further than the login with what STS gave.
    assert found[0].code in {"S3_KEY_UNKNOWN", "S3_REFUSED", "OK"}


def test_a_profile_needs_what_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(Fault, match="EXTRA_MISSING") as failure:
        check("http://127.0.0.1:1", access_key_id=None, secret_access_key=None, profile="lake")
    assert failure.value.code.stage == Stage.CONFIG
    assert "floe-deploy[aws]" in failure.value.remediation


def two_hours_ago(endpoint: str) -> list[str]:
    """Check the bucket at another time; answer the first code, stage and message."""
    spec = find_spec("libfaketime")
    assert spec
    assert spec.origin
    library = Path(spec.origin).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"
    kept = {"access_key_id": {"env": "KEY"}, "secret_access_key": {"env": "SECRET"}}
    config = {"storage": [{"type": "s3", "bucket": "lake", "endpoint": endpoint, **kept}]}
    keys = {"KEY": "admin", "SECRET": SECRET}
    shifted = {"LD_PRELOAD": str(library), "FAKETIME": "-2h", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    done = subprocess.run(
        [sys.executable, PROGRAM, json.dumps(config), json.dumps(keys)],
        check=True,
        env=os.environ | shifted,
        capture_output=True,
        text=True,
    )
    first: list[str] = json.loads(done.stdout)[0]
    return first


def test_a_clock_that_is_two_hours_off_is_named(endpoint: str) -> None:
    code, stage, message = two_hours_ago(endpoint)
    assert (code, stage) == ("CLOCK_SKEW", Stage.OPERATION)
    assert re.fullmatch(r"this clock and that of 127.0.0.1 are 7(199|200|201) s apart", message)


def test_a_store_that_does_not_tell_its_time_refuses_a_clock_that_is_off(endpoint: str) -> None:
    def relay(asked: Asked) -> Said:
        headers = {**asked.headers}
        answer = httpx.request(asked.method, f"{endpoint}{asked.target}", headers=headers)
        return Said(status=answer.status_code, body=answer.content, date=False)

    with stub(relay) as store:
        code, stage, message = two_hours_ago(store.url)
    assert (code, stage) == ("S3_CLOCK_SKEW", Stage.AUTH)
    assert message.endswith("refuses signatures of this clock")


def test_every_code_is_made_by_a_test_here() -> None:
    here = Path(__file__).read_text()
    assert [code.id for code in CODES if code.id not in here] == []
