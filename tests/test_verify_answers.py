"""What a verification says of services in states that real ones cannot be brought into at will.

Stubs of what each is documented, or was seen, to answer; `test_verify_process` asks real ones. Of
Marquez there is nothing but stubs: its server is in no package registry.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest

from floe_deploy.preflight.finding import Finding
from preflight import only, preflight
from stub import Asked, Said, stub
from tls import Authority

pytestmark = [pytest.mark.requirement("FR-015"), pytest.mark.requirement("FR-019")]

SECRET = "signs tokens, and is longer than thirty-two bytes"
HTML = {"content-type": "text/html; charset=utf-8"}
PAGE = Said(body="<!doctype html><title>Something else</title>", headers=HTML)
Answers = Mapping[str, Said]
"""What is said, by method and path."""


def by(answers: Answers) -> Callable[[Asked], Said]:
    return lambda asked: answers.get(f"{asked.method} {asked.path}", Said(status=404))


def verify(answer: Callable[[Asked], Said], target: dict[str, Any]) -> list[Finding]:
    with stub(answer) as server:
        named = {"url": f"{server.url}{target.pop('path', '')}"} | target
        variables = {"CUBEJS_API_SECRET": SECRET} if target["type"] == "cube" else {}
        return preflight({"platform": [named]}, variables)


def code(found: Finding) -> tuple[str, str]:
    return found.status, found.code


# Dagster


def daemon(name: str, seconds_ago: float | None, *errors: str, healthy: bool = True) -> Any:
    return {
        "daemonType": name,
        "required": True,
        "healthy": healthy,
        "lastHeartbeatTime": seconds_ago,
        "lastHeartbeatErrors": [{"message": text} for text in errors],
    }


def since(status: dict[str, Any]) -> dict[str, Any]:
    """Say when the last sign of life came, for what says how long ago."""
    ago = status["lastHeartbeatTime"]
    return status | {"lastHeartbeatTime": None if ago is None else time.time() - ago}


def entry(name: str, kind: str | None = "RepositoryLocation", **more: Any) -> dict[str, Any]:
    loaded = {"__typename": kind} | more if kind else None
    return {"name": name, "loadStatus": "LOADED", "locationOrLoadError": loaded}


SHOP = entry("shop")
CAUSES = [{"message": "wrapped"}, {"message": "ImportError: no module\n  at line 1"}]
LIVING = daemon("SCHEDULER", 5)


def dagster(entries: list[Any] | None = None, daemons: list[Any] | None = None) -> Any:
    """Answer what GraphQL says of code locations and daemons."""
    workspace = {
        "__typename": "Workspace",
        "locationEntries": [SHOP] if entries is None else entries,
    }
    statuses = [since(each) for each in ([LIVING] if daemons is None else daemons)]
    data = {
        "workspaceOrError": workspace,
        "instance": {"daemonHealth": {"allDaemonStatuses": statuses}},
        "version": "1.13.27",
    }
    return by({"POST /prefix/graphql": Said(body={"data": data})})


def ask_dagster(answer: Callable[[Asked], Said]) -> list[Finding]:
    return verify(answer, {"type": "dagster", "locations": ["shop"], "path": "/prefix"})


def test_a_dagster_that_does_all_it_has_to() -> None:
    found = ask_dagster(dagster(daemons=[LIVING, daemon("SENSOR", None) | {"required": False}]))
    assert [(one.id, one.message) for one in found] == [
        ("platform.dagster", "Dagster 1.13.27"),
        ("platform.dagster.code-shop", "code location shop is loaded"),
        ("platform.dagster.daemon", "1 daemon gives signs of life"),
    ]


@pytest.mark.parametrize(
    ("entries", "expected", "seen"),
    [
        ([entry("other")], "DAGSTER_LOCATION_ABSENT", "it knows other"),
        ([], "DAGSTER_LOCATION_ABSENT", "it knows none"),
        ([SHOP | {"loadStatus": "LOADING"}], "DAGSTER_LOCATION_LOADING", "still being loaded"),
        ([entry("shop", None)], "DAGSTER_LOCATION_LOADING", "still being loaded"),
        (
            [entry("shop", "PythonError", message="UNAVAILABLE", causes=[])],
            "DAGSTER_LOCATION_FAILED",
            "not loaded: UNAVAILABLE",
        ),
        (
            [entry("shop", "PythonError", message="Error", causes=CAUSES)],
            "DAGSTER_LOCATION_FAILED",
            "not loaded: ImportError: no module at line 1",
        ),
    ],
)
def test_a_code_location_that_is_not_loaded(entries: list[Any], expected: str, seen: str) -> None:
    found = ask_dagster(dagster(entries))
    fault = only(found, "platform.dagster.code-shop")
    assert code(fault) == ("error", expected)
    assert seen in fault.message
    assert not fault.definitive
    assert only(found, "platform.dagster.daemon").status == "ok"


@pytest.mark.parametrize(
    ("daemons", "expected", "seen"),
    [
        ([LIVING, daemon("SENSOR", 600)], "DAGSTER_DAEMON_SILENT", "in 90 s: SENSOR"),
        ([daemon("SENSOR", None)], "DAGSTER_DAEMON_SILENT", "in 90 s: SENSOR"),
        (
            [daemon("SENSOR", 5, "disk full", healthy=False)],
            "DAGSTER_DAEMON_FAILING",
            "SENSOR reports an error: disk full",
        ),
        ([daemon("SENSOR", 5, healthy=False)], "DAGSTER_DAEMON_FAILING", "it is not healthy"),
    ],
)
def test_a_daemon_that_does_not_live(daemons: list[Any], expected: str, seen: str) -> None:
    fault = only(ask_dagster(dagster(daemons=daemons)), "platform.dagster.daemon")
    assert code(fault) == ("error", expected)
    assert seen in fault.message


@pytest.mark.parametrize(
    ("said", "expected", "seen"),
    [
        (PAGE, "WRONG_SERVICE", "HTTP 200, text/html"),
        (Said(status=404, body="no"), "WRONG_SERVICE", "HTTP 404"),
        (Said(body={"data": {}}), "WRONG_SERVICE", "JSON of something else"),
        (Said(status=503, body="no healthy upstream"), "NOT_READY", "HTTP 503"),
        (
            Said(status=500, body={"errors": [{"message": "could not connect to server"}]}),
            "DAGSTER_REFUSED",
            "could not connect to server",
        ),
    ],
)
def test_what_is_no_dagster_or_cannot_answer_is_named_once(
    said: Said, expected: str, seen: str
) -> None:
    first, *others = ask_dagster(lambda _: said)
    assert code(first) == ("error", expected)
    assert seen in first.message
    assert {one.code for one in others} == {"SKIPPED"}


def test_a_workspace_that_dagster_cannot_read() -> None:
    broken = {"workspaceOrError": {"__typename": "PythonError", "message": "no such table"}}
    version = {"version": "1.13.27"}
    found = ask_dagster(by({"POST /prefix/graphql": Said(body={"data": version | broken})}))
    fault = only(found, "platform.dagster.code-shop")
    assert (fault.code, "no such table" in fault.message) == ("DAGSTER_REFUSED", True)


# Cube

READY = {"GET /readyz": Said(body={"health": "HEALTH"})}
META = "GET /cubejs-api/v1/meta"
KEPT = {"env": "CUBEJS_API_SECRET", "secret": {"name": "cube-api", "key": "value"}}
REFUSED = Said(status=403, body={"error": "Invalid token"})


def ask_cube(answers: Answers, meta: Said | None = None) -> list[Finding]:
    """Ask a Cube that says `meta` to whoever has a token of the secret."""

    def answer(asked: Asked) -> Said:
        if asked.path == "/cubejs-api/v1/meta" and (token := asked.headers.get("authorization")):
            claims = jwt.decode(token, SECRET, ["HS256"])
            assert claims["exp"] - claims["iat"] == 120
            return meta or Said(body={"cubes": [{"name": "orders"}]})
        return by({**READY, META: REFUSED, **answers})(asked)

    return verify(answer, {"type": "cube", "api_secret": KEPT})


def test_a_cube_that_does_all_it_has_to() -> None:
    assert [(one.id, one.message) for one in ask_cube({})] == [
        ("platform.cube", "Cube is ready, and refuses who has no token"),
        ("platform.cube.model", "the model compiles: 1 cube or view"),
    ]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"GET /readyz": Said(status=500, body={"health": "DOWN"})}, "CUBE_NOT_READY"),
        ({"GET /readyz": Said(status=502, body="Bad Gateway")}, "NOT_READY"),
        ({"GET /readyz": PAGE}, "WRONG_SERVICE"),
        ({META: Said(body={"cubes": []})}, "CUBE_OPEN"),
        ({META: Said(status=404)}, "WRONG_SERVICE"),
    ],
)
def test_a_cube_that_is_not_ready_or_not_shut(answers: Answers, expected: str) -> None:
    first, model = ask_cube(answers)
    assert (code(first), model.code) == (("error", expected), "SKIPPED")


@pytest.mark.parametrize(
    ("meta", "expected", "status"),
    [
        (Said(status=500, body={"error": "Compile errors: orders.yml"}), "CUBE_MODEL", "error"),
        (REFUSED, "CUBE_TOKEN_REFUSED", "error"),
        (Said(status=502, body="Bad Gateway"), "NOT_READY", "error"),
        (Said(body={"other": 1}), "WRONG_SERVICE", "error"),
        (Said(body={"cubes": []}), "CUBE_NO_CUBES", "warning"),
    ],
)
def test_a_model_that_cannot_be_read(meta: Said, expected: str, status: str) -> None:
    _, model = ask_cube({}, meta)
    assert code(model) == (status, expected)
    if expected == "CUBE_MODEL":
        assert "Compile errors: orders.yml" in model.message
    if expected == "CUBE_TOKEN_REFUSED":
        assert "Secret cube-api, key value: Invalid token" in model.message


# Jaeger, Marquez and logins: one check each

NAMESPACES = "GET /api/v1/namespaces"
FOUND = Said(body={"namespaces": [{"name": "default"}]})
UNHURRIED = {"slow_ms": 60_000, "certificate_days": 0}
OK = {
    "jaeger": {"GET /api/services": Said(body={"data": None, "total": 0})},
    "otlp": {"POST /v1/traces": Said(body={"partialSuccess": {}})},
    "marquez": {NAMESPACES: FOUND},
    "marquez-web": {"GET /": PAGE, NAMESPACES: FOUND},
    "login": {"GET /ready": Said(body="OK"), "GET /": Said(status=302)},
}
TOLD = {
    "jaeger": "Jaeger knows 0 services",
    "otlp": "OTLP over HTTP is taken in",
    "marquez": "Marquez knows 1 namespace",
    "marquez-web": "Marquez' interface shows what the API says",
    "login": "the login is ready, and lets nobody through without a session",
}
STORAGE = {"data": None, "errors": [{"code": 500, "msg": "no available connection"}]}


@pytest.mark.parametrize("kind", OK)
def test_one_that_does_what_it_has_to(kind: str) -> None:
    (found,) = verify(by(OK[kind]), {"type": kind})
    assert (found.id, found.service, found.status) == (f"platform.{kind}", "platform", "ok")
    assert found.message == TOLD[kind]


@pytest.mark.parametrize("kind", OK)
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Said(status=404, body="no"), "WRONG_SERVICE"),
        (Said(status=503, body="no healthy upstream"), "NOT_READY"),
    ],
)
def test_whatever_is_asked_a_stranger_and_a_gateway_are_told_apart(
    kind: str, said: Said, expected: str
) -> None:
    (found,) = verify(lambda _: said, {"type": kind})
    assert code(found) == ("error", expected)


@pytest.mark.parametrize(
    ("kind", "answers", "expected"),
    [
        ("jaeger", {"GET /api/services": Said(status=500, body=STORAGE)}, "JAEGER_STORAGE"),
        ("jaeger", {"GET /api/services": Said(status=500, body={})}, "NOT_READY"),
        ("jaeger", {"GET /api/services": Said(body={"services": []})}, "WRONG_SERVICE"),
        ("jaeger", {"GET /api/services": PAGE}, "WRONG_SERVICE"),
        ("otlp", {"POST /v1/traces": PAGE}, "WRONG_SERVICE"),
        ("marquez", {NAMESPACES: Said(body={"namespaces": 1})}, "WRONG_SERVICE"),
        ("marquez", {NAMESPACES: PAGE}, "WRONG_SERVICE"),
        ("marquez-web", {NAMESPACES: PAGE}, "MARQUEZ_WEB_ALONE"),
        ("marquez-web", {NAMESPACES: Said(status=504, body="proxy")}, "MARQUEZ_WEB_ALONE"),
        ("marquez-web", {NAMESPACES: Said(body={})}, "MARQUEZ_WEB_ALONE"),
        ("marquez-web", {"GET /": Said(body={})}, "WRONG_SERVICE"),
        ("login", {"GET /ready": PAGE}, "WRONG_SERVICE"),
        ("login", {"GET /": PAGE}, "LOGIN_OPEN"),
        ("login", {"GET /": Said(status=500)}, "NOT_READY"),
        ("login", {"GET /": Said(status=404)}, "WRONG_SERVICE"),
    ],
)
def test_one_that_does_not(kind: str, answers: Answers, expected: str) -> None:
    (found,) = verify(by({**OK[kind], **answers}), {"type": kind})
    assert code(found) == ("error", expected)
    if expected == "JAEGER_STORAGE":
        assert "no available connection" in found.message


@pytest.mark.parametrize("status", [302, 401, 403])
def test_a_login_is_shut_whichever_way_it_says_so(status: int) -> None:
    (found,) = verify(by(OK["login"] | {"GET /": Said(status=status)}), {"type": "login"})
    assert found.status == "ok"


@pytest.mark.parametrize("kind", ["dagster", "cube", *OK])
def test_a_service_that_is_away_is_told_by_the_layer_below(kind: str) -> None:
    with stub(by({})) as server:
        url = server.url
    found, *_ = preflight({"platform": [{"type": kind, "url": url}]})
    assert code(found) == ("error", "CONN_REFUSED")


@pytest.mark.parametrize("kind", ["dagster", "otlp"])
def test_a_service_that_says_nothing_is_not_waited_for(kind: str) -> None:
    def silent(_: Asked) -> Said:
        time.sleep(1.5)
        return Said()

    with stub(silent) as server:
        target = {"type": kind, "url": server.url}
        found, *_ = preflight({"platform": [target]}, seconds=1)
    assert code(found) == ("error", "RESPONSE_TIMEOUT")


def test_several_of_a_kind_are_told_apart_by_name_and_others_by_their_kind() -> None:
    away = "http://127.0.0.1:1"
    targets = [{"type": kind, "url": away} for kind in ("jaeger", "marquez")]
    targets += [{"type": "login", "name": f"login-{it}", "url": away} for it in ("a", "b")]
    assert [found.id for found in preflight({"platform": targets})] == [
        "platform.jaeger",
        "platform.marquez",
        "platform.login-a",
        "platform.login-b",
    ]


def test_spans_by_tls_are_verified_by_the_authority_that_is_named(tmp_path: Path) -> None:
    known, other = Authority("known"), Authority("other")
    with stub(by(OK["otlp"]), known.server(tmp_path, "localhost")) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        for authority, expected in ((known, "OK"), (other, "TLS_UNTRUSTED")):
            (tmp_path / "ca.crt").write_text(authority.pem)
            target = {"type": "otlp", "url": url, "ca_file": str(tmp_path / "ca.crt")}
            (found,) = preflight({"platform": [target], "warnings": UNHURRIED})
            assert found.code == expected
