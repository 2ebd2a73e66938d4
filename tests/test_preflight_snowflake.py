"""What preflight says about Snowflake: the real connector, and a stub of its service."""

import json
import logging
import os
import socket
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

import snowflake_stub
from alone import alone
from floe_deploy.preflight import checks
from floe_deploy.preflight.code import Fault
from floe_deploy.preflight.finding import Finding
from preflight import preflight
from snowflake_stub import TOKEN, Account
from stub import Stub, stub

pytestmark = [pytest.mark.requirement("FR-015"), pytest.mark.requirement("FR-018")]

PASSWORD = {"env": "SNOWFLAKE_PASSWORD"}
KEY = {"env": "SNOWFLAKE_KEY", "secret": {"name": "snowflake", "key": "key.p8"}}
PLACE = "variable SNOWFLAKE_KEY, from Secret snowflake, key key.p8"
CONTEXT = {"role": "LOADER", "database": "LAKE", "schema": "BRONZE", "warehouse": "WH"}

Ask = Callable[..., list[Finding]]


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def server(account: Account) -> Iterator[Stub]:
    with stub(account.answer) as found:
        yield found


@pytest.fixture
def ask(server: Stub) -> Ask:
    def answer(variables: dict[str, str] | None = None, **changes: Any) -> list[Finding]:
        target: dict[str, Any] = {"type": "snowflake", "account": "acme-x", "user": "FLOE"}
        target |= {"url": server.url, "password": PASSWORD} | CONTEXT | changes
        given = {name: value for name, value in target.items() if value is not None}
        return preflight({"compute": [given]}, variables or {"SNOWFLAKE_PASSWORD": "hunter2"})

    return answer


def pem(key: rsa.RSAPrivateKey, phrase: str = "") -> str:
    how: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if phrase:
        how = serialization.BestAvailableEncryption(phrase.encode())
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, how).decode()


def told(found: Finding) -> tuple[str, str, str, str]:
    return found.code, found.stage, found.message, found.remediation


def host(server: Stub) -> str:
    return server.url.removeprefix("http://")


def test_an_account_that_works(ask: Ask) -> None:
    login, query = ask()
    assert [(found.id, found.status) for found in (login, query)] == [
        ("compute", "ok"),
        ("compute.query", "ok"),
    ]
    assert login.message == "Snowflake 9.31.2, login to acme-x as LOADER"
    assert query.message == "warehouse WH answers"
    assert login.details == {
        "version": "9.31.2",
        "role": "LOADER",
        "database": "LAKE",
        "schema": "BRONZE",
        "warehouse": "WH",
    }


def test_no_warehouse_is_woken_up_where_none_is_configured(ask: Ask, server: Stub) -> None:
    (login,) = ask(warehouse=None)
    assert login.status == "ok"
    assert not any(b"GENERATOR" in asked.body for asked in server.asked)


def test_a_key_pair_logs_in_with_a_token_that_it_signs(
    ask: Ask, account: Account, key: rsa.RSAPrivateKey
) -> None:
    variables = {"SNOWFLAKE_KEY": pem(key, "sesame"), "PHRASE": "sesame"}
    phrase = {"env": "PHRASE"}
    login, _ = ask(variables, password=None, private_key=KEY, private_key_passphrase=phrase)
    assert login.status == "ok"
    (data,) = account.logins
    assert data["AUTHENTICATOR"] == "SNOWFLAKE_JWT"
    assert data["TOKEN"].count(".") == 2


@pytest.mark.parametrize(
    ("number", "message", "expected"),
    [
        (
            390100,
            "Incorrect username or password was specified.",
            (
                "SF_AUTH_FAILED",
                "auth",
                "login as FLOE refused",
                (
                    "Check variable SNOWFLAKE_PASSWORD; services log in with a key pair or a "
                    "programmatic access token. Snowflake says the same of a wrong password and an "
                    "unknown user"
                ),
            ),
        ),
        (
            390102,
            "Your user account has been temporarily locked.",
            (
                "SF_LOCKED",
                "auth",
                "user FLOE is locked for now",
                (
                    "Wait 15 minutes, or ALTER USER … SET MINS_TO_UNLOCK = 0; and find who tries a "
                    "wrong password"
                ),
            ),
        ),
        (
            390422,
            "Incoming request with IP/Token 192.0.2.1 is not allowed to access Snowflake.",
            (
                "SF_NETWORK_POLICY",
                "auth",
                "a network policy of acme-x blocks this address",
                "Add the address that the cluster goes out with to the policy of account or user",
            ),
        ),
        (
            390189,
            "Role 'LOADER' specified in the connect string does not exist or not authorized.",
            (
                "SF_ROLE",
                "authz",
                "role LOADER does not exist, or is not granted to FLOE",
                "GRANT ROLE LOADER TO USER …, with the name in the case in which it was created",
            ),
        ),
        (
            394508,
            "Failed to authenticate: MFA with TOTP is required.",
            (
                "SF_MFA",
                "auth",
                "FLOE is asked for a second factor, which no program has",
                "Make it a user of TYPE = SERVICE with a key pair or a programmatic access token",
            ),
        ),
        (
            390999,
            "Something new.",
            (
                "SF_ERROR",
                "auth",
                (
                    "Snowflake refused with 390999: 390999 (08001): Failed to login: Login error: "
                    "Something new., code: 390999"
                ),
                "Look the number up, or the query in QUERY_HISTORY",
            ),
        ),
    ],
)
def test_a_login_that_is_refused(
    ask: Ask, account: Account, number: int, message: str, expected: tuple[str, ...]
) -> None:
    account.refuses, account.message = number, message
    login, query = ask()
    assert told(login) == expected
    assert login.definitive == (expected[0] not in {"SF_LOCKED", "SF_ERROR"})
    assert query.code == "SKIPPED"
    assert len(account.logins) == 1  # a second try would lock the user sooner


def test_a_key_that_belongs_to_nobody(ask: Ask, account: Account, key: rsa.RSAPrivateKey) -> None:
    account.refuses = 390144
    account.message = "JWT token is invalid. [0ce9eb56-821d-4ca9-a774-04ae89a0cf5a]"
    login, _ = ask({"SNOWFLAKE_KEY": pem(key)}, password=None, private_key=KEY)
    assert told(login) == (
        "SF_JWT_INVALID",
        "auth",
        "key-pair login as FLOE refused",
        (
            f"Compare the fingerprint of DESCRIBE USER with the key in {PLACE}, the account's "
            "name, and the clock; SYSTEM$GET_LOGIN_FAILURE_DETAILS tells the reason for "
            "0ce9eb56-821d-4ca9-a774-04ae89a0cf5a"
        ),
    )


@pytest.mark.parametrize(
    ("phrase", "given", "reason"),
    [
        ("", "sesame", "has no passphrase, while one is configured"),
        ("sesame", "", "needs a passphrase"),
        ("sesame", "another", "is none, or its passphrase is wrong"),
        (None, "", "is none, or its passphrase is wrong"),
    ],
)
def test_a_key_that_cannot_be_read(  # noqa: PLR0913, PLR0917  fixtures
    ask: Ask,
    account: Account,
    key: rsa.RSAPrivateKey,
    phrase: str | None,
    given: str,
    reason: str,
) -> None:
    text = "no key" if phrase is None else pem(key, phrase)
    changes = {"private_key_passphrase": {"env": "PHRASE"}} if given else {}
    variables = {"SNOWFLAKE_KEY": text, "PHRASE": given}
    login, _ = ask(variables, password=None, private_key=KEY, **changes)
    assert told(login) == (
        "SF_KEY",
        "config",
        f"the private key in {PLACE} {reason}",
        "Give an RSA key in PEM, PKCS #8 (BEGIN PRIVATE KEY), and its passphrase if it has one",
    )
    assert login.definitive
    assert not account.logins


@pytest.mark.parametrize("status", [403, 404])
def test_an_account_that_is_not_there(
    ask: Ask, account: Account, server: Stub, status: int
) -> None:
    account.status = status
    login, _ = ask()
    assert told(login) == (
        "SF_ACCOUNT_WRONG",
        "auth",
        f"no account acme-x at {host(server)}",
        "Write ORGANIZATION-ACCOUNT, without a domain: Snowsight shows it under account details",
    )
    assert login.definitive


def test_an_account_with_a_domain_is_not_asked_for(ask: Ask, account: Account) -> None:
    login, _ = ask(account="acme-x.snowflakecomputing.com")
    assert login.code == "SF_ACCOUNT_WRONG"
    assert not account.logins


def test_an_account_whose_host_nobody_knows(
    ask: Ask, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(host: str, *_: Any, **__: Any) -> Any:
        assert host == "acme-eu-west.snowflakecomputing.com"
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    login, _ = ask(url=None, account="ACME-EU_WEST")
    assert login.code == "SF_ACCOUNT_WRONG"
    assert login.message == "no account ACME-EU_WEST at acme-eu-west.snowflakecomputing.com"
    assert not account.logins


def test_a_service_that_is_not_there_for_now(ask: Ask, account: Account, server: Stub) -> None:
    account.status = 503
    login, _ = ask()
    assert told(login) == (
        "SF_NOT_READY",
        "auth",
        f"{host(server)} does not serve now: HTTP 503",
        "Look at status.snowflake.com, and at the proxy before it",
    )
    assert not login.definitive
    assert len(account.logins) == 1


@pytest.mark.parametrize(
    ("kind", "code", "message", "remediation"),
    [
        (
            "DATABASE",
            "SF_DB",
            "database LAKE does not exist, or is not granted to role LOADER",
            "GRANT USAGE ON DATABASE LAKE TO ROLE LOADER; or correct the name",
        ),
        (
            "SCHEMA",
            "SF_SCHEMA",
            "schema BRONZE is not in LAKE, or not granted to role LOADER",
            "GRANT USAGE ON SCHEMA LAKE.BRONZE TO ROLE LOADER; or correct the name",
        ),
        (
            "WAREHOUSE",
            "SF_WAREHOUSE",
            "warehouse WH does not exist, or is not granted to role LOADER",
            "GRANT USAGE ON WAREHOUSE WH TO ROLE LOADER; or correct the name",
        ),
    ],
)
def test_what_a_login_succeeds_without(  # noqa: PLR0913, PLR0917  fixtures
    ask: Ask, account: Account, kind: str, code: str, message: str, remediation: str
) -> None:
    account.context = {kind: None}
    login, _ = ask()
    assert told(login) == (code, "authz", message, remediation)
    assert login.definitive


@pytest.mark.parametrize(
    ("number", "said", "expected"),
    [
        (
            606,
            "No active warehouse selected in the current session.",
            (
                "SF_WAREHOUSE",
                "authz",
                "warehouse WH does not exist, or is not granted to role LOADER",
                "GRANT USAGE ON WAREHOUSE WH TO ROLE LOADER; or correct the name",
            ),
        ),
        (
            90073,
            "Warehouse 'WH' cannot be resumed because resource monitor 'M' has exceeded its quota.",
            (
                "SF_QUOTA",
                "operation",
                "warehouse WH may not start: a resource monitor's quota is used up",
                "Raise the quota, or wait until the monitor begins anew",
            ),
        ),
    ],
)
def test_a_warehouse_that_does_not_work(
    ask: Ask, account: Account, number: int, said: str, expected: tuple[str, ...]
) -> None:
    account.fails = number, said
    login, query = ask()
    assert login.status == "ok"
    assert told(query) == expected


def test_a_warehouse_that_was_asleep(ask: Ask, account: Account) -> None:
    account.sleeps = 1.2
    _, query = ask()
    assert query.status == "warning"
    assert query.code == "SF_COLD"
    assert query.message.startswith("the first query in WH took 1.")
    assert query.message.endswith(" s: it was probably suspended")
    assert query.remediation == "Nothing to do, if the first run after a pause may take as long"


def test_a_warehouse_that_never_wakes_up(account: Account, server: Stub) -> None:
    account.sleeps = 5
    target: dict[str, Any] = {"type": "snowflake", "account": "a", "user": "u"}
    target |= {"url": server.url, "password": PASSWORD, "warehouse": "WH"}
    variables = {"SNOWFLAKE_PASSWORD": "hunter2"}
    _, query = preflight({"compute": [target]}, variables, seconds=2)
    assert told(query)[:3] == (
        "RESPONSE_TIMEOUT",
        "operation",
        f"connected to {host(server)}, then no answer in 2 s",
    )


def test_a_server_that_is_silent(ask: Ask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        where = "{}:{}".format(*silent.getsockname())
        login, _ = ask(url=f"http://{where}")
    assert told(login)[:3] == (
        "RESPONSE_TIMEOUT",
        "auth",
        f"connected to {where}, then no answer in 4 s",
    )


def test_a_port_that_is_closed_is_named_before_the_connector_is_asked(ask: Ask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        where = "{}:{}".format(*closed.getsockname())
    login, _ = ask(url=f"http://{where}")
    assert told(login)[:3] == ("CONN_REFUSED", "tcp", f"{where} refused the connection")


@pytest.mark.requirement("FR-020")
def test_no_credential_is_told_and_nothing_is_logged(
    ask: Ask,
    account: Account,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    account.refuses, account.message = 390999, "no: hunter2"
    with caplog.at_level(logging.DEBUG):
        found = ask()
    assert "hunter2" not in repr(found)
    assert "•••" in found[0].message
    assert capfd.readouterr() == ("", "")
    assert not [record for record in caplog.records if "snowflake" in record.name]
    assert TOKEN not in repr(found)


def test_without_the_extra_there_is_no_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(name: str, *rest: Any) -> Any:
        return None if name.startswith("snowflake") else find_spec(name, *rest)

    monkeypatch.setattr(checks.snowflake, "find_spec", without)
    with pytest.raises(Fault) as raised:
        preflight(
            {"compute": [{"type": "snowflake", "account": "a", "user": "u", "password": PASSWORD}]},
            {"SNOWFLAKE_PASSWORD": "hunter2"},
        )
    assert raised.value.code.id == "EXTRA_MISSING"
    assert raised.value.message == "Snowflake needs the extra [snowflake]"


@pytest.mark.requirement("FR-016")
def test_nobody_else_is_asked(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "SNOWFLAKE_PASSWORD": "hunter2"}
    program = [sys.executable, snowflake_stub.__file__]
    tests = str(Path(snowflake_stub.__file__).parent)
    done = alone(program, resolver="nxdomain", env=home | {"PYTHONPATH": tests})
    said = json.loads(done.stdout)
    report = json.loads(said["stdout"])
    assert (report["overall_status"], said["returncode"]) == ("pass", 0)
    assert (done.strayed, done.asked) == (0, [])
    assert said["stderr"] == ""
    assert "/telemetry/send" not in said["asked"]
    assert len(said["logins"]) == 1
    assert "hunter2" not in json.dumps([said["stdout"], said["stderr"]])
    assert os.listdir(tmp_path) == []  # noqa: PTH208  it keeps nothing
