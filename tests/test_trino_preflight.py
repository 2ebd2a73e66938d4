"""What preflight says about Trino: a real one, with TLS, passwords, rules and a full queue."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from floe_deploy.preflight.finding import Finding
from preflight import only, preflight, told
from stub import Asked, Said, stub
from tls import Authority
from trino import HOST, QUERIES, SILENT, STRANGER, Trino

pytestmark = [
    pytest.mark.tools,
    pytest.mark.slow,
    pytest.mark.requirement("FR-016"),
    pytest.mark.requirement("FR-019"),
]

Ask = Callable[..., list[Finding]]
UNHURRIED = {"slow_ms": 60_000, "certificate_days": 0}
PLACE = "variable PASSWORD, from Secret trino-credentials, key password"


@pytest.fixture
def ask(coordinator: Trino, tmp_path: Path) -> Ask:
    ca = tmp_path / "ca.pem"
    ca.write_text(coordinator.authority.pem)

    def answer(given: str = "", *, seconds: float = 30, **changes: Any) -> list[Finding]:
        target = {
            "type": "trino",
            "host": HOST,
            "port": coordinator.port,
            "ca_file": str(ca),
            "user": coordinator.user,
            "password": {
                "env": "PASSWORD",
                "secret": {"name": "trino-credentials", "key": "password"},
            },
        }
        config = {"compute": [target | changes], "warnings": UNHURRIED}
        return preflight(config, {"PASSWORD": given or coordinator.password}, seconds=seconds)

    return answer


def test_a_coordinator_that_works_is_told_with_what_its_catalog_has(ask: Ask) -> None:
    login, catalog, schema = ask(catalog="memory", schema="Marts")
    assert [found.status for found in (login, catalog, schema)] == ["ok", "ok", "ok"]
    assert login.message == "Trino 476, login as cube"
    assert catalog.details["schemas"] == ["default", "information_schema", "marts"]
    assert catalog.message == "catalog memory: 3 schemas"
    assert schema.message == "schema Marts is there"
    assert [found.id for found in (login, catalog, schema)] == [
        "compute",
        "compute.catalog",
        "compute.schema",
    ]


def test_a_password_that_is_refused(ask: Ask) -> None:
    login, catalog = ask("not this one", catalog="memory")
    assert told(login) == (
        "TRINO_AUTH_FAILED",
        "auth",
        "login as cube refused (Basic): Access Denied: Invalid credentials",
        f"Check {PLACE}, that it belongs to this user, and that the coordinator takes passwords",
    )
    assert login.definitive
    assert catalog.code == "SKIPPED"


def test_a_login_without_a_password(ask: Ask, coordinator: Trino) -> None:
    (login,) = ask(password=None)
    assert told(login) == (
        "TRINO_AUTH_REQUIRED",
        "auth",
        f"localhost:{coordinator.port} asks cube for credentials (Basic), and none are set",
        "Set password, from a Secret",
    )
    assert login.definitive


def test_a_password_is_not_sent_in_the_open(ask: Ask, coordinator: Trino) -> None:
    (login,) = ask(tls=False)
    assert told(login) == (
        "TRINO_PLAIN_PASSWORD",
        "config",
        f"a password for localhost:{coordinator.port} is set, and tls is false: it was not sent",
        "Set tls: true and the port that speaks TLS; Trino takes passwords by TLS alone",
    )
    assert login.definitive


def test_a_port_without_tls(ask: Ask, coordinator: Trino) -> None:
    (login,) = ask(tls=False, password=None, port=coordinator.plain_port, host="127.0.0.1")
    assert told(login) == (
        "TRINO_TLS_REQUIRED",
        "auth",
        (
            f"127.0.0.1:{coordinator.plain_port} lets nobody log in without TLS: Error 403 "
            "Forbidden: Authentication over HTTP is not enabled"
        ),
        "Set tls: true and the port that speaks TLS",
    )
    (login,) = ask(port=coordinator.plain_port, host="127.0.0.1")
    assert (login.code, login.stage) == ("TLS_NOT_TLS", "tls")


def test_an_authority_that_is_not_known(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "other.pem").write_text(Authority("other").pem)
    (login,) = ask(ca_file=str(tmp_path / "other.pem"))
    assert (login.code, login.stage) == ("TLS_UNTRUSTED", "tls")


def test_a_catalog_that_is_not_there(ask: Ask) -> None:
    login, catalog, schema = ask(catalog="Lake's", schema="marts")
    assert login.status == "ok"
    assert told(catalog) == (
        "TRINO_CATALOG_MISSING",
        "operation",
        "catalog Lake's not found; there are memory, system",
        "Add etc/catalog/Lake's.properties to coordinator and workers, or correct the name",
    )
    assert catalog.definitive
    assert schema.code == "SKIPPED"


def test_a_schema_that_is_not_there(ask: Ask) -> None:
    schema = only(ask(catalog="memory", schema="silver"), "compute.schema")
    assert told(schema) == (
        "TRINO_SCHEMA_MISSING",
        "operation",
        "schema silver is not in catalog memory, or cube may not see it",
        (
            "Before the first run of what makes it, that is as it should be; otherwise correct the "
            "name, or grant cube rights on it"
        ),
    )
    assert schema.status == "warning"  # nothing could make it behind a gate that it keeps shut


def test_a_user_who_may_not_use_a_catalog(ask: Ask) -> None:
    login, catalog = ask(user=STRANGER, catalog="memory")
    assert login.status == "ok"
    assert told(catalog) == (
        "TRINO_ACCESS_DENIED",
        "authz",
        "stranger is denied catalog memory: Access Denied: Cannot access catalog memory",
        "Allow it in the coordinator's access control",
    )
    assert catalog.definitive


def test_a_user_who_may_not_ask_anything(ask: Ask) -> None:
    (login,) = ask(user=SILENT)
    assert told(login) == (
        "TRINO_ACCESS_DENIED",
        "authz",
        "silent is denied a query: Access Denied: Cannot execute query",
        "Allow it in the coordinator's access control",
    )


BIG = "select a.n from unnest(sequence(1, 10000)) a(n) cross join unnest(sequence(1, 10000)) b(n)"


@contextmanager
def full(coordinator: Trino) -> Iterator[None]:
    """Let as many queries run as may, of which nobody fetches the rows."""
    with coordinator.pool() as pool, ExitStack() as running:
        for _ in range(QUERIES):
            page = pool.request(
                "POST", coordinator.url, body=BIG, headers=coordinator.headers
            ).json()
            while page["stats"]["state"] == "QUEUED":
                page = pool.request("GET", page["nextUri"], headers=coordinator.headers).json()
            running.callback(pool.request, "DELETE", page["nextUri"], headers=coordinator.headers)
        yield


def test_a_queue_that_does_not_move(ask: Ask, coordinator: Trino) -> None:
    with full(coordinator):
        (login,) = ask(seconds=4)
    assert told(login) == (
        "TRINO_QUEUED",
        "operation",
        login.message,
        (
            "Look at the limits of its resource group and at what runs, in Trino's web interface; "
            "QUEUED waits for others, WAITING_FOR_RESOURCES for workers"
        ),
    )
    assert login.message.startswith("a query is still QUEUED after ")
    assert not login.definitive
    assert waiting(coordinator) == 0  # it was cancelled, not left behind


def waiting(coordinator: Trino) -> int:
    """Count the queries of preflight that have not ended."""
    url = coordinator.url.replace("/v1/statement", "/v1/query")
    with coordinator.pool() as pool:
        queries = pool.request("GET", url, headers=coordinator.headers).json()
    ended = {"FINISHED", "FAILED"}
    return len(
        [
            it
            for it in queries
            if it["session"].get("source") == "floe-preflight" and it["state"] not in ended
        ]
    )


@contextmanager
def proxy(coordinator: Trino, **added: str) -> Iterator[int]:
    """Answer the port of a proxy that logs in by itself, and says no host but the coordinator's."""

    def hand_on(asked: Asked) -> Said:
        url = coordinator.url.replace("/v1/statement", asked.path)
        headers = coordinator.headers | added
        with coordinator.pool() as pool:
            answer = pool.request(asked.method, url, body=asked.body, headers=headers)
        kind = answer.headers.get("content-type", "")
        return Said(status=answer.status, body=answer.data, headers={"content-type": kind})

    with stub(hand_on) as server:
        yield int(server.url.rpartition(":")[2])


def test_a_proxy_that_hides_itself_from_the_coordinator(ask: Ask, coordinator: Trino) -> None:
    with proxy(coordinator) as port:
        login, catalog = ask(
            tls=False, password=None, host="127.0.0.1", port=port, catalog="memory"
        )
    assert told(login) == (
        "TRINO_BEHIND_PROXY",
        "operation",
        f"127.0.0.1:{port} tells clients to go on at https://localhost:{coordinator.port}",
        (
            "Set http-server.process-forwarded=true at the coordinator, and have the proxy send "
            "X-Forwarded-Host, -Port and -Proto; clients follow that address"
        ),
    )
    assert (login.status, catalog.status) == ("warning", "ok")


def test_a_coordinator_that_takes_nothing_from_a_proxy(ask: Ask, coordinator: Trino) -> None:
    forwarded = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}
    with proxy(coordinator, **forwarded) as port:
        (login,) = ask(tls=False, password=None, host="127.0.0.1", port=port)
    assert told(login) == (
        "TRINO_FORWARDED",
        "operation",
        f"the coordinator behind 127.0.0.1:{port} takes nothing that a proxy forwards",
        (
            "Set http-server.process-forwarded=true in its config.properties, with TLS ended "
            "at the proxy"
        ),
    )
