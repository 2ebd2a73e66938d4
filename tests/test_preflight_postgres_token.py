"""What preflight says about logins at PostgreSQL with a token of the cloud's.

The server is real and takes the token for the password that it is here; who hands tokens out are
stubs of Google's metadata server, Entra ID and the EKS Pod Identity agent.
"""

import datetime as dt
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
import botocore.auth  # type: ignore[import-untyped]
import pytest
from pydantic import ValidationError

from floe_constructs.preflight.targets import Postgres as Target
from floe_deploy.preflight.checks.postgres import token
from floe_deploy.preflight.checks.postgres.token import needs
from floe_deploy.preflight.code import Fault
from floe_deploy.preflight.finding import Finding
from postgres import Postgres, postgres
from preflight import preflight, told
from stub import Said, Stub, stub

pytestmark = [pytest.mark.requirement("FR-016"), pytest.mark.requirement("FR-019")]

TOKEN = "a-token-that-the-cloud-has-made"
KEYS = {"AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "sec/ret+key", "Token": "session=token"}
NOW = dt.datetime(2026, 11, 26, 8, 0, tzinfo=dt.UTC)

Ask = Callable[..., Finding]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with postgres(tmp_path_factory.mktemp("postgres")) as found:
        found.sql(
            f"create role app login password '{TOKEN}'", "create role other login password 'x'"
        )
        yield found


@pytest.fixture
def ask(server: Postgres) -> Ask:
    def answer(**changes: Any) -> Finding:
        target = {"host": server.host, "port": server.port, "database": "postgres", "user": "app"}
        login, *_ = preflight({"postgres": [target | changes]})
        assert TOKEN not in str(login)
        return login

    return answer


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    answer = Said(body={"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})
    with stub(lambda _: answer) as found:
        monkeypatch.setenv("GCE_METADATA_HOST", found.url.removeprefix("http://"))
        yield found


def test_a_role_logs_in_with_a_token_of_google(ask: Ask, google: Stub) -> None:
    login = ask(identity="gcp")
    assert (login.status, login.message) == ("ok", "PostgreSQL 16.14, login as app to postgres")
    (asked,) = google.asked  # as dagster_postgres.auth asks
    assert asked.query == {"scopes": "https://www.googleapis.com/auth/cloud-platform"}


@pytest.mark.usefixtures("google")
def test_a_token_that_the_server_refuses(ask: Ask) -> None:
    login = ask(identity="gcp", user="other")
    assert told(login) == (
        "PG_TOKEN_REFUSED",
        "auth",
        "login as other with a token of gcp refused",
        (
            "Let the role log in with tokens: GRANT rds_iam TO other and rds-db:connect in AWS; in "
            "Cloud SQL an IAM user of this name, which ends before .gserviceaccount.com, and "
            "roles/cloudsql.instanceUser; in Azure a principal made by pgaadauth_create_principal"
        ),
    )
    assert login.definitive


@pytest.mark.parametrize("sslmode", ["disable", "prefer"])
def test_a_token_does_not_cross_the_network_as_it_is(
    ask: Ask, server: Postgres, google: Stub, sslmode: str
) -> None:
    login = ask(identity="gcp", host="127.1", sslmode=sslmode)  # not what a proxy in the pod has
    assert told(login) == (
        "PG_PLAIN_TOKEN",
        "tls",
        (
            f"the identity's token was not sent to 127.1:{server.port}: sslmode {sslmode} would "
            "let it cross the network as it is"
        ),
        "Set sslmode to require or verify-full, or run a proxy in the pod, at 127.0.0.1",
    )
    assert not google.asked


def test_a_role_logs_in_with_a_token_of_azure(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("the-token-of-the-pod")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AZURE_CLIENT_ID", "a-client")
    monkeypatch.setenv("AZURE_TENANT_ID", "a-tenant")
    with stub(lambda _: Said(body={"access_token": TOKEN, "expires_in": 3600})) as entra:
        monkeypatch.setenv("AZURE_AUTHORITY_HOST", entra.url)
        assert ask(identity="azure").status == "ok"
    (asked,) = entra.asked
    assert asked.form["scope"] == "https://ossrdbms-aad.database.windows.net/.default"


def test_azure_in_sovereign_clouds_has_scopes_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us/")
    assert token.azure_scope() == "https://ossrdbms-aad.database.usgovcloudapi.net/.default"


def test_a_role_logs_in_with_a_token_of_aws(
    ask: Ask, server: Postgres, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda **_: NOW)
    rds = boto3.client(
        "rds",
        region_name="eu-west-1",
        aws_access_key_id=KEYS["AccessKeyId"],
        aws_secret_access_key=KEYS["SecretAccessKey"],
        aws_session_token=KEYS["Token"],
    )
    made = rds.generate_db_auth_token(server.host, server.port, "cloud")  # AWS' own way
    server.sql(f"create role cloud login password '{made}'".replace(":", "\\:"))
    (tmp_path / "token").write_text("the-token-of-the-pod")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(tmp_path / "token"))
    with stub(lambda _: Said(body=KEYS)) as agent:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url)
        login = ask(identity="aws-pod-identity", region="eu-west-1", user="cloud")
    assert (login.code, login.status) == ("OK", "ok")


def test_a_token_of_aws_needs_what_signs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    target = {"host": "db", "database": "d", "user": "u", "identity": "aws-irsa"}
    monkeypatch.setitem(sys.modules, "botocore", None)
    with pytest.raises(Fault, match=r"EXTRA_MISSING: .* needs the extra \[aws\]"):
        needs(Target.model_validate(target | {"region": "eu-west-1"}))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"identity": "gcp", "password": {"env": "P"}}, "two ways to log in"),
        ({"identity": "aws-irsa"}, "an identity of AWS needs region"),
    ],
)
def test_a_target_logs_in_in_one_way(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Target.model_validate({"host": "db", "database": "d", "user": "u"} | changes)
