"""What preflight says about a Trino in states that no real one can be brought into at will.

Stubs of its protocol, made from what is published of it: a coordinator that starts, one without
workers, gateways before it, and what is no Trino at all.
"""

import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from floe_deploy.preflight.finding import Finding
from preflight import preflight
from tls import Authority

pytestmark = [pytest.mark.requirement("FR-016"), pytest.mark.requirement("FR-019")]

INFO = {"nodeVersion": {"version": "476"}, "coordinator": True, "starting": False}
Answers = Mapping[str, tuple[int, object]]
"""Status and body, by method and path."""


@contextmanager
def stub(
    answers: Answers, context: ssl.SSLContext | None = None, **headers: str
) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """Run what answers as given; tell its port, and who has asked what."""
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append((f"{self.command} {self.path}", self.headers.get("X-Trino-User", "")))
            status, body = answers.get(f"{self.command} {self.path}", (404, ""))
            data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            kind = "text/html" if isinstance(body, str) else "application/json"
            self.send_response(status)
            for name, value in {"Content-Type": kind, **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = handle_any  # noqa: N815  http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_port, asked
        server.shutdown()


def failing(name: str, message: str) -> Answers:
    error = {"errorName": name, "message": message, "errorType": "INSUFFICIENT_RESOURCES"}
    page = {"id": "1", "stats": {"state": "FAILED"}, "error": error}
    return {"GET /v1/info": (200, INFO), "POST /v1/statement": (200, page)}


def ask(port: int, **changes: Any) -> list[Finding]:
    target = {"type": "trino", "host": "127.0.0.1", "port": port, "tls": False, "user": "floe"}
    warnings = {"certificate_days": 0}
    return preflight({"compute": [target | changes], "warnings": warnings})


def told(found: Finding) -> tuple[str, str, str, str]:
    return found.code, found.stage, found.message, found.remediation


STARTING = (
    "Wait for it with --wait; if it stays so, look at its log and at what is behind its proxy"
)


@pytest.mark.parametrize(
    ("answers", "seen"),
    [
        ({"GET /v1/info": (200, INFO | {"starting": True})}, "it says that it is starting"),
        ({"GET /v1/info": (503, "no healthy upstream")}, "no healthy upstream"),
        (
            {"GET /v1/info": (401, ""), "POST /v1/statement": (502, "Bad Gateway")},
            "Bad Gateway",
        ),
        (
            failing("SERVER_STARTING_UP", "Trino server is still initializing"),
            "Trino server is still initializing",
        ),
    ],
)
def test_a_coordinator_that_starts(answers: Answers, seen: str) -> None:
    with stub(answers) as (port, _):
        (login,) = ask(port)
    message = f"the coordinator at 127.0.0.1:{port} is not ready: {seen}"
    assert told(login) == ("TRINO_STARTING", "operation", message, STARTING)
    assert not login.definitive


def test_a_coordinator_without_workers() -> None:
    seen = "No nodes available to run query"
    with stub(failing("NO_NODES_AVAILABLE", seen)) as (port, _):
        (login,) = ask(port)
    assert told(login) == (
        "TRINO_NO_WORKERS",
        "operation",
        f"127.0.0.1:{port} has no workers: {seen}",
        (
            "Scale them up; check that they reach the coordinator at its discovery.uri and have "
            "the same shared secret"
        ),
    )
    assert not login.definitive


def test_a_gateway_that_forbids(tmp_path: Path) -> None:
    answers = {"GET /v1/info": (403, ""), "POST /v1/statement": (403, "not of your group")}
    ours = Authority("ours")
    (tmp_path / "ca.pem").write_text(ours.pem)
    with stub(answers, ours.server(tmp_path, "127.0.0.1")) as (port, _):
        (login,) = ask(port, tls=True, ca_file=str(tmp_path / "ca.pem"))
    assert told(login) == (
        "TRINO_FORBIDDEN",
        "authz",
        f"127.0.0.1:{port} forbids floe to ask: not of your group",
        (
            "Look at who refuses: the coordinator's access control and rules of impersonation, or "
            "a proxy before it"
        ),
    )
    assert login.definitive


def test_an_error_that_has_no_name_of_its_own() -> None:
    with stub(failing("QUERY_QUEUE_FULL", 'Too many queued queries for "global"')) as (port, _):
        (login,) = ask(port)
    assert told(login) == (
        "TRINO_REFUSED",
        "operation",
        f'127.0.0.1:{port} failed: QUERY_QUEUE_FULL, Too many queued queries for "global"',
        "Look up what it says, and the coordinator's log at this time",
    )


@pytest.mark.parametrize(
    ("answers", "service", "seen"),
    [
        ({}, "Trino", "HTTP 404"),
        ({"GET /v1/info": (200, "<html>")}, "Trino", "HTTP 200, text/html"),
        ({"GET /v1/info": (200, {"version": 1})}, "Trino", "JSON of something else"),
        (
            {"GET /v1/info": (200, INFO), "POST /v1/statement": (200, {"took": 1})},
            "Trino",
            "JSON of something else",
        ),
        (
            {"GET /v1/info": (200, INFO | {"coordinator": False})},
            "Trino's coordinator",
            "a worker",
        ),
    ],
)
def test_what_is_no_trino(answers: Answers, service: str, seen: str) -> None:
    with stub(answers) as (port, _):
        (login,) = ask(port)
    assert told(login) == (
        "WRONG_SERVICE",
        "operation",
        f"127.0.0.1:{port} answered, but not as {service}: {seen}",
        "Check the address: something else listens there",
    )


def test_a_redirect_is_told_and_not_followed() -> None:
    answers = {"GET /v1/info": (308, "")}
    with stub(answers, Location="https://trino.example/v1/info") as (port, asked):
        (login,) = ask(port)
    seen = "HTTP 308 to https://trino.example/v1/info"
    assert login.message == f"127.0.0.1:{port} answered, but not as Trino: {seen}"
    assert len(asked) == 1


def test_a_query_is_cancelled_by_whoever_leaves_it() -> None:
    """The stub of a gateway: it hands out another host, and its queue does not move."""
    following = "http://elsewhere.example:8080/v1/statement/queued/1?slug=x"
    page = {"id": "1", "stats": {"state": "WAITING_FOR_RESOURCES"}, "nextUri": following}
    answers = {
        "GET /v1/info": (200, INFO),
        "POST /v1/statement": (200, page),
        "GET /v1/statement/queued/1?slug=x": (200, page),
        "DELETE /v1/statement/queued/1?slug=x": (204, ""),
    }
    target = {"type": "trino", "host": "127.0.0.1", "tls": False, "user": "floe"}
    with stub(answers) as (port, asked):
        (login,) = preflight({"compute": [target | {"port": port}]}, seconds=2)
    assert (login.code, login.status) == ("TRINO_QUEUED", "error")
    assert login.message.startswith("a query is still WAITING_FOR_RESOURCES after ")
    assert asked[-1] == ("DELETE /v1/statement/queued/1?slug=x", "floe")
    assert 3 < len(asked) < 40  # it does not ask as fast as it can
