"""Tokens of a cloud's identity: each way in which there may be none has a name of its own.

None of the clouds can be had here. STS, the EKS Pod Identity agent, Google's metadata server and
token endpoint, and Entra ID are stubs, which answer as their vendors' documentation says.
"""

import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import jwt
import pytest

from floe_constructs.preflight.targets import Kept, Warnings
from floe_deploy.preflight import connection, http, runner
from floe_deploy.preflight.check import Check, Probe
from floe_deploy.preflight.code import Answer, Stage
from floe_deploy.preflight.credentials import Credentials
from floe_deploy.preflight.finding import Finding
from floe_deploy.preflight.identity import aws, azure, gcp, profile
from google_login import key_file
from stub import Said, Stub, stub

pytestmark = pytest.mark.requirement("FR-016")

ROLE = "arn:aws:iam::111122223333:role/lake"
KEYS = ("ASIAEXAMPLEEXAMPLE00", "a-secret-key-of-the-session", "a-session-token-of-the-pod")
AGENT = {"AccessKeyId": KEYS[0], "SecretAccessKey": KEYS[1], "Token": KEYS[2]}
STS = (
    "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
    f"<SessionToken>{KEYS[2]}</SessionToken><SecretAccessKey>{KEYS[1]}</SecretAccessKey>"
    f"<AccessKeyId>{KEYS[0]}</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResult>"
    "</AssumeRoleWithWebIdentityResponse>"
)
SCOPE = "https://storage.azure.com/.default"


def ask(way: Callable[[Probe], Awaitable[object]]) -> Finding:
    """Ask for a token as a check does; the report says all of it, so that hiding is seen."""

    async def run(probe: Probe) -> Answer:
        return Answer(message=str(getattr(found := await way(probe), "__dict__", found)))

    check = Check(id="storage", service="storage", title="", hint="", run=run)
    limits = Warnings(slow_ms=60_000)  # the machine may be busy
    (found,) = runner.run([check], Credentials(), seconds=15, deadline=15, thresholds=limits)
    return found


def sts_error(status: int, code: str, message: str = "No.") -> Said:
    error = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Said(status=status, body=f"{error}</ErrorResponse>")


@pytest.fixture
def token(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text("the-token-of-the-pod\n")
    return file


def web_identity(patch: pytest.MonkeyPatch, token: Path, sts: Stub) -> None:
    patch.setenv("AWS_ROLE_ARN", ROLE)
    patch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    patch.setenv("AWS_ENDPOINT_URL_STS", sts.url)


def pod_identity(patch: pytest.MonkeyPatch, token: Path, agent: Stub) -> None:
    patch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{agent.url}/v1/credentials")
    patch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(token))


def federated(patch: pytest.MonkeyPatch, token: Path, entra: Stub) -> None:
    patch.setenv("AZURE_CLIENT_ID", "the-client")
    patch.setenv("AZURE_TENANT_ID", "the-tenant")
    patch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(token))
    patch.setenv("AZURE_AUTHORITY_HOST", f"{entra.url}/")


def test_a_web_identity_is_exchanged_for_keys_that_no_report_shows(
    monkeypatch: pytest.MonkeyPatch, token: Path
) -> None:
    with stub(lambda _: Said(body=STS)) as sts:
        web_identity(monkeypatch, token, sts)
        found = ask(lambda probe: aws.keys(probe, "aws-irsa", "eu-west-1"))
    assert found.status == "ok"
    assert found.message.count("•••") == 3
    (asked,) = sts.asked
    assert asked.form == {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": ROLE,
        "RoleSessionName": "floe-preflight",
        "WebIdentityToken": "the-token-of-the-pod",
    }


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (sts_error(403, "AccessDenied"), "AWS_ROLE_REFUSED"),
        (sts_error(400, "InvalidIdentityToken"), "AWS_ROLE_REFUSED"),
        (sts_error(400, "IDPCommunicationError"), "AWS_STS_FAILED"),
        (sts_error(400, "Throttling"), "AWS_STS_FAILED"),
        (sts_error(500, "InternalFailure"), "AWS_STS_FAILED"),
    ],
)
def test_what_sts_says_is_named(
    monkeypatch: pytest.MonkeyPatch, token: Path, said: Said, code: str
) -> None:
    with stub(lambda _: said) as sts:
        web_identity(monkeypatch, token, sts)
        found = ask(lambda probe: aws.keys(probe, "aws-irsa", "eu-west-1"))
    assert (found.code, found.stage) == (code, Stage.AUTH)
    assert ROLE in found.message
    assert found.definitive == (code == "AWS_ROLE_REFUSED")
    assert found.details["answer"] == "No."
    if code == "AWS_ROLE_REFUSED":
        assert "system:serviceaccount:NAMESPACE:SERVICEACCOUNT" in found.remediation


def test_a_pod_without_a_web_identity_is_told_of_its_serviceaccount(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    found = ask(lambda probe: aws.keys(probe, "aws-irsa", "eu-west-1"))
    assert (found.code, found.stage) == ("AWS_NO_WEB_IDENTITY", Stage.CONFIG)
    assert "AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE not set" in found.message
    assert "eks.amazonaws.com/role-arn" in found.remediation


@pytest.mark.parametrize("reason", ["no such file or directory", "empty"])
def test_a_token_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reason: str
) -> None:
    file = tmp_path / "token"
    if reason == "empty":
        file.touch()
    web_identity(monkeypatch, file, Stub(url="http://127.0.0.1:1"))
    found = ask(lambda probe: aws.keys(probe, "aws-irsa", "eu-west-1"))
    assert (found.code, found.stage) == ("AWS_TOKEN_FILE", Stage.CONFIG)
    assert found.message == f"the token in {file} cannot be read: {reason}"
    assert "fsGroup" in found.remediation


def test_the_pod_identity_agent_is_asked_with_the_token_and_past_any_proxy(
    monkeypatch: pytest.MonkeyPatch, token: Path
) -> None:
    with stub(lambda _: Said(body=AGENT)) as agent:
        pod_identity(monkeypatch, token, agent)
        found = ask(lambda probe: aws.keys(probe, "aws-pod-identity", "eu-west-1"))
    assert found.status == "ok"
    assert found.message.count("•••") == 3
    (asked,) = agent.asked
    assert asked.headers["authorization"] == "the-token-of-the-pod"
    assert asked.path == "/v1/credentials"


def test_a_pod_identity_that_the_agent_refuses_is_named(
    monkeypatch: pytest.MonkeyPatch, token: Path
) -> None:
    with stub(lambda _: Said(status=400, body="[AccessDeniedException] Not you.")) as agent:
        pod_identity(monkeypatch, token, agent)
        found = ask(lambda probe: aws.keys(probe, "aws-pod-identity", "eu-west-1"))
    assert (found.code, found.stage) == ("AWS_POD_IDENTITY_REFUSED", Stage.AUTH)
    assert found.message == "the EKS Pod Identity agent gives no keys: HTTP 400"
    assert "pods.eks.amazonaws.com" in found.remediation
    assert found.details["answer"] == "[AccessDeniedException] Not you."


def test_a_pod_without_a_pod_identity_is_told_of_its_association(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in (
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    ):
        monkeypatch.delenv(name, raising=False)
    found = ask(lambda probe: aws.keys(probe, "aws-pod-identity", "eu-west-1"))
    assert (found.code, found.stage) == ("AWS_NO_POD_IDENTITY", Stage.CONFIG)
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" in found.message
    assert "eks-pod-identity-agent" in found.remediation


def test_a_profile_gives_its_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text(
        f"[lake]\naws_access_key_id = {KEYS[0]}\naws_secret_access_key = {KEYS[1]}\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    found = ask(lambda probe: profile.keys(probe, "lake"))
    assert found.status == "ok"
    assert found.message.count("•••") == 2


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("", "there is no such profile"),
        ("[profile lake]\nregion = eu-west-1\n", "it holds none"),
    ],
)
def test_a_profile_without_keys_is_named_and_no_metadata_address_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, config: str, reason: str
) -> None:
    (tmp_path / "config").write_text(config)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with stub(lambda _: Said(status=500)) as metadata:
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url)
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", metadata.url)
        found = ask(lambda probe: profile.keys(probe, "lake"))
    assert (found.code, found.stage) == ("AWS_PROFILE", Stage.CONFIG)
    assert found.message == f"no keys from the AWS profile lake: {reason}"
    assert "aws sso login --profile lake" in found.remediation
    assert metadata.asked == []


def test_the_metadata_server_gives_the_token_of_a_google_identity(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with stub(lambda _: Said(body={"access_token": "ya29.token-of-the-pod"})) as metadata:
        monkeypatch.setenv("GCE_METADATA_HOST", metadata.url.removeprefix("http://"))
        found = ask(lambda probe: gcp.token(probe, "a-scope"))
    assert (found.status, found.message) == ("ok", "•••")
    (asked,) = metadata.asked
    assert asked.headers["metadata-flavor"] == "Google"
    assert asked.path == "/computeMetadata/v1/instance/service-accounts/default/token"
    assert asked.query == {"scopes": "a-scope"}


def test_where_no_metadata_server_is_there_is_no_google_identity(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GCE_METADATA_HOST", "127.0.0.1:1")
    found = ask(lambda probe: gcp.token(probe, "a-scope"))
    assert (found.code, found.stage) == ("GCP_NO_IDENTITY", Stage.AUTH)
    assert found.message == "no Google identity here: 127.0.0.1:1 refused the connection"
    assert "169.254.169.252:988" in found.remediation


def test_a_metadata_server_that_gives_no_token_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with stub(lambda _: Said(status=403, body="Permission denied on resource")) as metadata:
        monkeypatch.setenv("GCE_METADATA_HOST", metadata.url.removeprefix("http://"))
        found = ask(lambda probe: gcp.token(probe, "a-scope"))
    assert (found.code, found.stage) == ("GCP_IDENTITY_REFUSED", Stage.AUTH)
    assert found.message == "the metadata server gives no token: HTTP 403"
    assert "roles/iam.workloadIdentityUser" in found.remediation
    assert found.details["answer"] == "Permission denied on resource"


def test_a_key_file_is_exchanged_for_a_token(tmp_path: Path) -> None:
    with stub(lambda _: Said(body={"access_token": "ya29.token-of-the-key"})) as google:
        file, key = key_file(tmp_path, token_uri=f"{google.url}/token")
        found = ask(lambda probe: gcp.token_by_key(probe, Kept(file=str(file)), "a-scope"))
    assert (found.status, found.message) == ("ok", "•••")
    (asked,) = google.asked
    assert asked.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    claims = jwt.decode(
        asked.form["assertion"], key.public_key(), ["RS256"], audience=f"{google.url}/token"
    )
    assert (claims["iss"], claims["scope"]) == ("lake@example.com", "a-scope")
    assert claims["exp"] - claims["iat"] == 3600


def test_a_users_own_login_is_exchanged_for_a_token(tmp_path: Path) -> None:
    user = {"client_id": "gcloud", "client_secret": "not-secret", "refresh_token": "1//a-token"}
    with stub(lambda _: Said(body={"access_token": "ya29.token-of-the-user"})) as google:
        file, _ = key_file(tmp_path, type="authorized_user", token_uri=google.url, **user)
        found = ask(lambda probe: gcp.token_by_key(probe, Kept(file=str(file)), "a-scope"))
    assert found.status == "ok"
    (asked,) = google.asked
    assert asked.form == user | {"grant_type": "refresh_token"}


def test_a_key_that_google_refuses_is_named(tmp_path: Path) -> None:
    refused = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
    with stub(lambda _: Said(status=400, body=refused)) as google:
        file, _ = key_file(tmp_path, token_uri=f"{google.url}/token")
        found = ask(lambda probe: gcp.token_by_key(probe, Kept(file=str(file)), "a-scope"))
    assert (found.code, found.stage) == ("GCP_TOKEN_EXCHANGE", Stage.AUTH)
    assert found.message == "login as lake@example.com refused: invalid_grant"
    assert "make another key" in found.remediation
    assert found.details["answer"] == "Invalid JWT Signature."
    assert found.definitive


def test_a_token_endpoint_that_is_down_is_not_the_keys_fault(tmp_path: Path) -> None:
    with stub(lambda _: Said(status=503, body="later")) as google:
        file, _ = key_file(tmp_path, token_uri=f"{google.url}/token")
        found = ask(lambda probe: gcp.token_by_key(probe, Kept(file=str(file)), "a-scope"))
    assert (found.code, found.stage) == ("GCP_LOGIN_FAILED", Stage.AUTH)
    assert found.message == "127.0.0.1 gives no token: HTTP 503"
    assert "token_uri" in found.remediation
    assert not found.definitive


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"type": "external_account"}, "its type is external_account"),
        ({"private_key": None}, "it has no private_key"),
        ({"private_key": "-----BEGIN"}, "its private_key cannot be read"),
    ],
)
def test_a_file_that_is_no_key_file_is_named(
    tmp_path: Path, fields: dict[str, Any], reason: str
) -> None:
    file, _ = key_file(tmp_path, **fields)
    found = ask(lambda probe: gcp.token_by_key(probe, Kept(file=str(file)), "a-scope"))
    assert (found.code, found.stage) == ("GCP_KEY_FILE", Stage.CONFIG)
    assert found.message == f"no key of a service account in file {file}: {reason}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [(None, "no such file or directory"), ("no", "no JSON"), ("[]", "no JSON object")],
)
def test_a_file_that_is_no_json_is_named(tmp_path: Path, text: str | None, reason: str) -> None:
    file = tmp_path / "key.json"
    if text is not None:
        file.write_text(text)
    found = ask(lambda probe: gcp.token_by_key(probe, Kept(file=str(file)), "a-scope"))
    assert found.code == "GCP_KEY_FILE"
    assert found.message.endswith(reason)
    assert "Secret" in found.remediation


def test_a_federated_token_is_exchanged_for_one_of_entra(
    monkeypatch: pytest.MonkeyPatch, token: Path
) -> None:
    with stub(lambda _: Said(body={"access_token": "token-of-entra"})) as entra:
        federated(monkeypatch, token, entra)
        found = ask(lambda probe: azure.token(probe, SCOPE))
    assert (found.status, found.message) == ("ok", "•••")
    (asked,) = entra.asked
    assert asked.path == "/the-tenant/oauth2/v2.0/token"
    assert asked.form["client_assertion"] == "the-token-of-the-pod"
    assert (asked.form["client_id"], asked.form["scope"]) == ("the-client", SCOPE)


def test_a_tenant_that_does_not_know_the_pod_is_named(
    monkeypatch: pytest.MonkeyPatch, token: Path
) -> None:
    said = "AADSTS70021: No matching federated identity record found."
    refused = Said(status=401, body={"error": "invalid_client", "error_description": said})
    with stub(lambda _: refused) as entra:
        federated(monkeypatch, token, entra)
        found = ask(lambda probe: azure.token(probe, SCOPE))
    assert (found.code, found.stage) == ("AZ_TENANT", Stage.AUTH)
    assert found.message == ("Entra ID refuses client the-client of tenant the-tenant: AADSTS70021")
    assert "api://AzureADTokenExchange" in found.remediation
    assert found.details["answer"] == said
    assert found.definitive


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, "temporarily_unavailable"), (429, "invalid_request"), (503, "server_error")],
)
def test_an_entra_that_asks_to_come_again_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, token: Path, status: int, error: str
) -> None:
    said = "AADSTS90033: A transient error has occurred. Please try again."
    later = Said(status=status, body={"error": error, "error_description": said})
    with stub(lambda _: later) as entra:
        federated(monkeypatch, token, entra)
        found = ask(lambda probe: azure.token(probe, SCOPE))
    assert (found.code, found.definitive) == ("AZ_LOGIN_FAILED", False)
    assert "AADSTS90033" in found.message


def test_an_answer_of_entra_without_a_reason_is_named(
    monkeypatch: pytest.MonkeyPatch, token: Path
) -> None:
    with stub(lambda _: Said(status=503, body={})) as entra:
        federated(monkeypatch, token, entra)
        found = ask(lambda probe: azure.token(probe, SCOPE))
    assert (found.code, found.stage) == ("AZ_LOGIN_FAILED", Stage.AUTH)
    assert found.message == "127.0.0.1 gives no token: HTTP 503"
    assert "AZURE_AUTHORITY_HOST" in found.remediation


def test_a_pod_without_an_azure_identity_is_told_of_its_label(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    found = ask(lambda probe: azure.token(probe, SCOPE))
    assert (found.code, found.stage) == ("AZ_NO_IDENTITY", Stage.CONFIG)
    assert "AZURE_FEDERATED_TOKEN_FILE not set" in found.message
    assert 'azure.workload.identity/use: "true"' in found.remediation
    federated(monkeypatch, tmp_path / "none", Stub(url="http://127.0.0.1:1"))
    found = ask(lambda probe: azure.token(probe, SCOPE))
    assert (found.code, found.stage) == ("AZ_TOKEN_FILE", Stage.CONFIG)
    assert "no such file" in found.message
    assert "volume" in found.remediation


@pytest.mark.parametrize(
    ("host", "there"),
    [
        ("169.254.170.23", True),
        ("fe80::1", True),
        ("metadata.google.internal", True),
        ("sts.eu-west-1.amazonaws.com", False),
        ("10.0.0.1", False),
    ],
)
def test_what_the_node_gives_identities_by_is_told_by_its_address(
    host: str, *, there: bool
) -> None:
    assert connection.on_the_node(host) == there


def test_nobody_but_the_node_hears_of_a_request_for_its_identity(
    monkeypatch: pytest.MonkeyPatch, token: Path
) -> None:
    for module in (connection, http):  # no packet leaves this machine for the test
        monkeypatch.setattr(module, "on_the_node", lambda _: True)
    with socket.create_server(("127.0.0.1", 0)) as proxy, stub(lambda _: Said(body=AGENT)) as agent:
        proxy.setblocking(False)  # noqa: FBT003  its name is lost in the standard library
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        pod_identity(monkeypatch, token, agent)
        found = ask(lambda probe: aws.keys(probe, "aws-pod-identity", "eu-west-1"))
        with pytest.raises(BlockingIOError):
            proxy.accept()
    assert found.status == "ok"
