"""What preflight says about a Trino in states that no real one can be brought into at will.

Stubs of its protocol, made from what is published of it: a coordinator that starts, one without
workers, gateways before it, and what is no Trino at all.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from floe_deploy.preflight.finding import Finding
from preflight import preflight, told
from stub import Asked, Said, Stub, stub
from tls import Authority

pytestmark = [pytest.mark.requirement("FR-016"), pytest.mark.requirement("FR-019")]

INFO = {"nodeVersion": {"version": "476"}, "coordinator": True, "starting": False}
UNHURRIED = {"slow_ms": 60_000, "certificate_days": 0}
Answers = Mapping[str, Said]
"""What is said, by method and path."""


def by(answers: Answers) -> Callable[[Asked], Said]:
    return lambda asked: answers.get(f"{asked.method} {asked.path}", Said(status=404))


def failing(name: str, message: str) -> Answers:
    error = {"errorName": name, "message": message, "errorType": "INSUFFICIENT_RESOURCES"}
    page = {"id": "1", "stats": {"state": "FAILED"}, "error": error}
    return {"GET /v1/info": Said(body=INFO), "POST /v1/statement": Said(body=page)}


def ask(server: Stub, *, seconds: float = 15, **changes: Any) -> list[Finding]:
    target = {"type": "trino", "host": "127.0.0.1", "tls": False, "user": "floe"}
    target |= {"port": port_of(server)} | changes
    config = {"compute": [target], "warnings": UNHURRIED}
    return preflight(config, {"PASSWORD": "canary-of-trino"}, seconds=seconds)


def port_of(server: Stub) -> int:
    return int(server.url.rpartition(":")[2])


STARTING = (
    "Wait for it with --wait; if it stays so, look at its log and at what is behind its proxy"
)


@pytest.mark.parametrize(
    ("answers", "seen"),
    [
        ({"GET /v1/info": Said(body=INFO | {"starting": True})}, "it says that it is starting"),
        ({"GET /v1/info": Said(status=503, body="no healthy upstream")}, "no healthy upstream"),
        (
            {
                "GET /v1/info": Said(status=401),
                "POST /v1/statement": Said(status=502, body="Bad Gateway"),
            },
            "Bad Gateway",
        ),
        (
            failing("SERVER_STARTING_UP", "Trino server is still initializing"),
            "Trino server is still initializing",
        ),
    ],
)
def test_a_coordinator_that_starts(answers: Answers, seen: str) -> None:
    with stub(by(answers)) as server:
        (login,) = ask(server)
    message = f"the coordinator at 127.0.0.1:{port_of(server)} is not ready: {seen}"
    assert told(login) == ("TRINO_STARTING", "operation", message, STARTING)
    assert not login.definitive


def test_a_coordinator_without_workers() -> None:
    seen = "No nodes available to run query"
    with stub(by(failing("NO_NODES_AVAILABLE", seen))) as server:
        (login,) = ask(server)
    assert told(login) == (
        "TRINO_NO_WORKERS",
        "operation",
        f"127.0.0.1:{port_of(server)} has no workers: {seen}",
        (
            "Scale them up; check that they reach the coordinator at its discovery.uri and have "
            "the same shared secret"
        ),
    )
    assert not login.definitive


def test_a_gateway_that_forbids(tmp_path: Path) -> None:
    answers = {
        "GET /v1/info": Said(status=403),
        "POST /v1/statement": Said(status=403, body="not of your group"),
    }
    ours = Authority("ours")
    (tmp_path / "ca.pem").write_text(ours.pem)
    with stub(by(answers), ours.server(tmp_path, "127.0.0.1")) as server:
        (login,) = ask(server, tls=True, ca_file=str(tmp_path / "ca.pem"))
    assert told(login) == (
        "TRINO_FORBIDDEN",
        "authz",
        f"127.0.0.1:{port_of(server)} forbids floe to ask: not of your group",
        (
            "Look at who refuses: the coordinator's access control and rules of impersonation, or "
            "a proxy before it"
        ),
    )
    assert login.definitive


def test_an_error_that_has_no_name_of_its_own() -> None:
    seen = 'Too many queued queries for "global"'
    with stub(by(failing("QUERY_QUEUE_FULL", seen))) as server:
        (login,) = ask(server)
    assert told(login) == (
        "TRINO_REFUSED",
        "operation",
        f"127.0.0.1:{port_of(server)} failed: QUERY_QUEUE_FULL, {seen}",
        "Look up what it says, and the coordinator's log at this time",
    )


@pytest.mark.parametrize(
    ("answers", "service", "seen"),
    [
        ({}, "Trino", "HTTP 404"),
        ({"GET /v1/info": Said(body="<html>")}, "Trino", "HTTP 200, text/plain"),
        ({"GET /v1/info": Said(body={"version": 1})}, "Trino", "JSON of something else"),
        (
            {"GET /v1/info": Said(body=INFO), "POST /v1/statement": Said(body={"took": 1})},
            "Trino",
            "JSON of something else",
        ),
        (
            {"GET /v1/info": Said(body=INFO | {"coordinator": False})},
            "Trino's coordinator",
            "a worker",
        ),
    ],
)
def test_what_is_no_trino(answers: Answers, service: str, seen: str) -> None:
    with stub(by(answers)) as server:
        (login,) = ask(server)
    assert told(login) == (
        "WRONG_SERVICE",
        "operation",
        f"127.0.0.1:{port_of(server)} answered, but not as {service}: {seen}",
        "Check the address: something else listens there",
    )


def test_a_password_is_not_sent_in_the_open() -> None:
    with stub(by({})) as server:
        (login,) = ask(server, password={"env": "PASSWORD"})
    assert (login.code, login.stage) == ("TRINO_PLAIN_PASSWORD", "config")
    assert not server.asked


@pytest.mark.parametrize("user", ["floe\n", "jürgen"])
def test_a_user_that_no_header_can_hold(user: str) -> None:
    with stub(by({})) as server:
        (login,) = ask(server, user=user)
    assert told(login) == (
        "TRINO_USER_MALFORMED",
        "config",
        f"the user for 127.0.0.1:{port_of(server)} has characters that HTTP takes in no header",
        "Take a name in ASCII, without a line break at its end: see how its Secret is made",
    )
    assert login.definitive
    assert not server.asked


@pytest.mark.parametrize("host", ["127.0.0.1\n", "https://127.0.0.1", "127.0.0.1:80", "me@there"])
def test_a_host_that_is_kept_as_something_else(host: str) -> None:
    kept = {"env": "HOST", "secret": {"name": "trino", "key": "host"}}
    target = {"type": "trino", "host": kept, "tls": False, "user": "floe"}
    other = {"type": "other", "name": "x", "kind": "x", "port": 1, "host": kept}
    database = {"host": kept, "database": "d", "user": "u"}
    config = {"compute": [target, other], "postgres": [database]}
    for found in preflight(config, {"HOST": host}):
        assert found.code == "SKIPPED" or told(found) == (
            "HOST_MALFORMED",
            "config",
            "the host in variable HOST, from Secret trino, key host is no host name or address",
            "Make it anew without scheme, user and port, and without a line break at its end",
        )


def test_a_redirect_is_told_and_not_followed() -> None:
    where = "https://trino.example/v1/info"
    with stub(lambda _: Said(status=308, headers={"location": where})) as server:
        (login,) = ask(server)
    address = f"127.0.0.1:{port_of(server)}"
    assert login.message == f"{address} answered, but not as Trino: HTTP 308 to {where}"
    assert len(server.asked) == 1


def test_a_query_is_cancelled_by_whoever_leaves_it() -> None:
    """The stub of a gateway: it hands out another host, and its queue does not move."""
    following = "http://elsewhere.example:8080/v1/statement/queued/1?slug=x"
    page = {"id": "1", "stats": {"state": "WAITING_FOR_RESOURCES"}, "nextUri": following}
    answers = {
        "GET /v1/info": Said(body=INFO),
        "POST /v1/statement": Said(body=page),
        "GET /v1/statement/queued/1": Said(body=page),
        "DELETE /v1/statement/queued/1": Said(status=204),
    }
    with stub(by(answers)) as server:
        (login,) = ask(server, seconds=2)
    assert (login.code, login.status) == ("TRINO_QUEUED", "error")
    assert login.message.startswith("a query is still WAITING_FOR_RESOURCES after ")
    last = server.asked[-1]
    assert (last.method, last.path, last.query) == (
        "DELETE",
        "/v1/statement/queued/1",
        {"slug": "x"},
    )
    assert {asked.headers["x-trino-user"] for asked in server.asked[1:]} == {"floe"}
    assert 3 < len(server.asked) < 40  # it does not ask as fast as it can
