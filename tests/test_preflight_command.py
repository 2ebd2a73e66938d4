"""`floe preflight` as people and programs call it."""

import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, CompletedProcess, Popen, run
from typing import Any, NoReturn

import jsonschema
import pytest

from floe_constructs.preflight.targets import PreflightConfig, Target
from floe_deploy import preflighting
from floe_deploy.preflight import checks, gate
from floe_deploy.preflight.asked import Asked
from floe_deploy.preflight.check import Check
from floe_deploy.preflight.credentials import resolve
from floe_deploy.preflight.layers import EXTRA_MISSING
from floe_deploy.preflight.preparing import NothingCheckedError, prepared
from floe_deploy.preflight.report import Printed
from postgres import free_port
from stub import Said, stub
from test_cli import on_terminal
from test_dist import floe

HOST = "127.0.0.1"
SCHEMA = Printed.model_json_schema(mode="serialization")
FORMATS = ("table", "short", "json", "junit")


@contextmanager
def listening(port: int = 0) -> Iterator[int]:
    """Take connections, and say nothing: all that a service without a check has to do."""
    with socket.create_server((HOST, port), backlog=64) as listener:
        yield listener.getsockname()[1]


def spark(port: int, *, tls: bool = False) -> dict[str, Any]:
    return {"type": "other", "kind": "spark", "host": HOST, "port": port, "tls": tls}


def called(
    folder: Path, config: object, *arguments: str, env: dict[str, str] | None = None
) -> CompletedProcess[str]:
    file = folder / "preflight.yaml"
    file.write_text(config if isinstance(config, str) else json.dumps(config))
    return floe("preflight", *arguments, cwd=folder, env=env)


def as_json(done: CompletedProcess[str]) -> dict[str, Any]:
    """Answer the one document on standard output, which fits the published schema."""
    told: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(told, SCHEMA)
    return told


# how it ends


@pytest.mark.requirement("FR-015")
def test_a_warning_passes_unless_it_is_asked_for_and_can_be_ignored(tmp_path: Path) -> None:
    with listening() as port:
        config = {"compute": [spark(port)]}
        assert called(tmp_path, config).returncode == 0
        assert called(tmp_path, config, "--strict").returncode == 1
        ignored = called(tmp_path, config, "--strict", "--ignore", "NO_DEEP_CHECK", "--json")
    assert ignored.returncode == 0
    assert as_json(ignored)["overall_status"] == "pass"


@pytest.mark.requirement("FR-015", "FR-020")
@pytest.mark.parametrize("form", FORMATS)
def test_the_exit_code_is_the_same_in_every_form(tmp_path: Path, form: str) -> None:
    refused = {"environment": "prod", "compute": [spark(free_port())]}
    done = called(tmp_path, refused, "--format", form)
    assert done.returncode == 1
    assert done.stderr == ""
    assert "refused the connection" in done.stdout
    wrong = called(tmp_path, "compute: [{type: trino}]", "--format", form)
    assert wrong.returncode == 2
    told = wrong.stdout if form == "json" else wrong.stderr
    assert "compute[0].host" in told
    assert "compute[0].user" in told


def test_json_is_one_document_whatever_happens(tmp_path: Path) -> None:
    refused = as_json(called(tmp_path, {"compute": [spark(free_port())]}, "--json"))
    assert [check["code"] for check in refused["checks"]] == ["CONN_REFUSED"]
    wrong = as_json(called(tmp_path, "compute: 1", "--json"))
    assert wrong["error"] == "config_invalid"
    absent = as_json(floe("preflight", "--json", "--config", "nothing.yaml", cwd=tmp_path))
    assert absent["error"] == "config_not_found"
    secret = {"host": HOST, "database": "d", "user": "u", "password": {"env": "NOWHERE"}}
    missing = as_json(called(tmp_path, {"postgres": [secret]}, "--json"))
    assert missing["error"] == "missing_credentials"
    assert missing["details"][0]["service"] == "postgres"
    assert missing["details"][0]["code"] == "SECRET_UNRESOLVED"


@pytest.mark.requirement("FR-015")
def test_a_gate_tells_what_trying_again_may_mend_from_what_it_does_not(tmp_path: Path) -> None:
    refused = called(tmp_path, {"compute": [spark(free_port())]}, "--gate")
    assert refused.returncode == 1
    invalid = {"compute": [spark(free_port())], "storage": [{"type": "nothing"}]}
    assert called(tmp_path, invalid, "--gate").returncode == 78
    secret = {"host": HOST, "database": "d", "user": "u", "password": {"env": "NOWHERE"}}
    missing = called(tmp_path, {"postgres": [secret]}, "--gate")
    assert missing.returncode == 1
    assert "variable NOWHERE is not set" in missing.stderr


def test_a_missing_key_of_a_secret_is_named_with_its_secret(tmp_path: Path) -> None:
    kept = {"env": "NOWHERE", "secret": {"name": "dagster-postgres", "key": "password"}}
    config = {"postgres": [{"host": HOST, "database": "d", "user": "u", "password": kept}]}
    for value, seen in ((None, "not set"), ("", "empty")):
        env = {"NOWHERE": value} if value is not None else None
        done = called(tmp_path, config, env=env)
        assert done.returncode == 2
        place = "variable NOWHERE, from Secret dagster-postgres, key password"
        assert f"postgres[0].password: the credential in {place} is {seen}" in done.stderr


def test_a_file_that_is_not_there_is_told_as_a_credential_that_is_missing(tmp_path: Path) -> None:
    kept = {"file": str(tmp_path / "password")}
    config = {"postgres": [{"host": HOST, "database": "d", "user": "u", "password": kept}]}
    done = called(tmp_path, config)
    assert f"the credential in file {tmp_path / 'password'} is not there" in done.stderr
    (tmp_path / "password").mkdir()
    assert "is unreadable (is a directory)" in called(tmp_path, config).stderr


def test_what_cannot_be_checked_is_told_before_the_first_connection(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        wrong = ["--only", "compte", "--skip", "storage", "--ignore", "NOTHING", "--check-catalog"]
        done = called(tmp_path, {"compute": [spark(port)]}, *wrong)
        listener.settimeout(0.1)
        with pytest.raises(TimeoutError):
            listener.accept()
    assert done.returncode == 2
    assert "did you mean compute?" in done.stderr.lower()
    for option in ("--only", "--skip", "--ignore", "--check-catalog"):
        assert f"{option}: found" in done.stderr


def test_an_environment_and_a_file_are_not_both_checked(tmp_path: Path) -> None:
    done = called(tmp_path, {}, "--env", "prod", "--config", "preflight.yaml")
    assert done.returncode == 2
    assert "--env, --config: found both" in done.stderr
    told = as_json(called(tmp_path, {}, "--env", "prod", "--config", "preflight.yaml", "--json"))
    assert told["error"] == "config_invalid"


def test_nothing_to_check_is_no_pass(tmp_path: Path) -> None:
    assert called(tmp_path, {"environment": "prod"}).returncode == 2
    with listening() as port:
        done = called(tmp_path, {"compute": [spark(port)]}, "--skip", "compute")
    assert done.returncode == 2
    assert "no service is left" in done.stderr


# what it does


def test_checks_are_listed_without_a_connection(tmp_path: Path) -> None:
    done = called(tmp_path, {"compute": [spark(free_port())]}, "--list")
    assert done.returncode == 0
    assert done.stdout.startswith("compute ")
    assert "spark is there" in done.stdout
    (told,) = json.loads(called(tmp_path, {"compute": [spark(1)]}, "--list", "--json").stdout)
    assert (told["id"], told["service"], told["hint"]) == ("compute", "compute", f"{HOST}:1")


def test_what_an_overlay_deploys_on_is_checked_from_anywhere() -> None:
    done = floe("preflight", "--env", "dev", "--list")
    assert done.returncode == 0, done.stderr
    assert {"postgres.dagster", "postgres.marquez"} <= {
        line.split()[0] for line in done.stdout.splitlines()
    }


@pytest.mark.requirement("FR-015")
def test_a_service_that_is_late_is_waited_for(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "preflight.yaml").write_text(json.dumps({"compute": [spark(port)]}))
    with Popen(
        [sys.executable, "-m", "floe_deploy", "preflight", "--wait", "60"],
        cwd=tmp_path,
        stdout=PIPE,
        stderr=PIPE,
        text=True,
    ) as process:
        assert process.stderr
        assert process.stdout
        assert process.stderr.readline().startswith("again in 1 s: [COMPUTE] ERROR")
        with listening(port):
            assert process.wait(60) == 0
        assert "preflight passed" in process.stdout.read()


def test_what_no_time_mends_is_not_waited_for(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as listener:

        def hang_up() -> None:
            while True:
                try:
                    with listener.accept()[0] as client:
                        client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                except OSError:
                    return

        threading.Thread(target=hang_up, daemon=True).start()
        config = {"compute": [spark(listener.getsockname()[1], tls=True)]}
        done = called(tmp_path, config, "--wait", "60", "--gate")
    assert done.returncode == 78
    assert "TLS_NOT_TLS" in done.stdout
    assert "again" not in done.stderr


def test_a_gate_says_beside_its_pod_what_is_wrong_and_how_it_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "termination-log"
    monkeypatch.setattr(gate, "TERMINATION_LOG", log)
    gate.last_words(["on a laptop"], 1)
    assert not log.exists()
    log.touch()
    monkeypatch.setattr(socket, "gethostname", lambda: "preflight-services-0123456789-abcde")
    gate.last_words(["[POSTGRES] ERROR: …"], 78)
    said = log.read_text()
    assert said.startswith("[POSTGRES] ERROR")
    assert "gate.attempt" in said
    assert "kubectl delete job preflight-services-0123456789" in said
    gate.last_words(["ü" * 5000], 1)
    assert 4000 < len(log.read_bytes()) <= 4096
    assert "gate.attempt" in log.read_text()
    gate.last_words(["all is well"], 0)
    assert log.read_text() == "all is well"


def test_a_report_is_printed_whatever_letters_a_server_has_used(tmp_path: Path) -> None:
    words = "half \ud83d, red \x1b[31m, ring \x07, smile \U0001f600"
    refusal = Said(status=400, body={"error": {"message": words, "type": "x"}})
    with stub(lambda _: refusal) as server:
        config = {"catalog": [{"type": "rest", "uri": server.url, "warehouse": "w"}]}
        ascii_alone = {"PYTHONIOENCODING": "ascii"}
        for form in FORMATS:
            done = called(tmp_path, config, "--format", form, env=ascii_alone)
            assert done.returncode == 1, done.stderr
            assert "red" in done.stdout
            assert not {"\x1b", "\x07"} & {*done.stdout}
        (check, _) = as_json(called(tmp_path, config, "--json"))["checks"]
    assert "half \N{REPLACEMENT CHARACTER}, red" in check["message"]


def test_whoever_has_stopped_reading_does_not_change_how_it_ends(tmp_path: Path) -> None:
    with listening() as port:
        (tmp_path / "preflight.yaml").write_text(json.dumps({"compute": [spark(port)]}))
        reading, writing = os.pipe()
        os.close(reading)
        command = [sys.executable, "-m", "floe_deploy", "preflight", "--json"]
        with Popen(command, cwd=tmp_path, stdout=writing, stderr=PIPE, text=True) as process:
            os.close(writing)
            _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")


BLOCKED = """import re
from floe_constructs.preflight import PreflightConfig
from floe_deploy import preflighting
from floe_deploy.preflight import trying
from floe_deploy.preflight.asked import Asked
preflighting._GRACE = 1
trying.found = lambda *_: re.match("(a+)+$", "a" * 60 + "b")
other = {"type": "other", "kind": "spark", "host": "127.0.0.1", "port": 1}
config = PreflightConfig.model_validate({"compute": [other]})
preflighting.end(Asked(deadline=1), lambda: config)
"""
"""Nothing else of Python runs while it looks for a pattern."""


def test_a_library_that_blocks_python_itself_does_not_hold_the_process() -> None:
    with Popen([sys.executable, "-c", BLOCKED], stdout=PIPE, stderr=PIPE, text=True) as process:
        assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 1


def test_a_file_that_may_not_be_read_is_told_in_one_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused() -> NoReturn:
        raise PermissionError(13, "Permission denied", "preflight.yaml")

    monkeypatch.setattr(os, "_exit", sys.exit)
    with pytest.raises(SystemExit) as ended:
        preflighting.end(Asked(format="json"), refused)
    assert ended.value.code == 2
    told = json.loads(capsys.readouterr().out)
    jsonschema.validate(told, SCHEMA)
    assert told["message"].endswith("preflight.yaml: found permission denied")


def test_all_that_is_not_installed_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(service: str, target: Target) -> NoReturn:
        raise EXTRA_MISSING(service=service, extra=target.name)

    monkeypatch.setattr(checks, "_of", lacking)
    others = [{**spark(1), "name": name} for name in ("one", "two")]
    config = PreflightConfig.model_validate({"compute": others})
    with pytest.raises(NothingCheckedError) as told:
        prepared(Asked(), config)
    assert [fault.message.split()[3] for fault in told.value.error.details] == ["extra"] * 2
    assert "[one]" in told.value.error.message
    assert "[two]" in told.value.error.message


def test_a_variable_that_is_no_text_is_told_before_it_is_sent() -> None:
    target = {"host": HOST, "database": "d", "user": "u", "password": {"env": "PASSWORD"}}
    config = PreflightConfig.model_validate({"postgres": [target]})
    _, (missing,) = resolve(config, {"PASSWORD": os.fsdecode(b"\xff\xfe")})
    assert missing.seen == "no text"


def test_on_a_terminal_it_says_whom_it_waits_for_and_wipes_that_out(tmp_path: Path) -> None:
    with listening() as port:
        catalog = {"type": "rest", "uri": f"http://{HOST}:{port}", "warehouse": "lake"}
        (tmp_path / "preflight.yaml").write_text(json.dumps({"catalog": [catalog]}))
        output, shown = on_terminal("preflight", cwd=tmp_path)
    assert "RESPONSE_TIMEOUT" in output
    assert "0 of 2, 2 s; waiting for catalog" in shown
    assert shown.endswith("\r\x1b[2K")
    assert "\x1b" not in output


def test_a_reader_that_was_never_there_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "preflight.yaml").write_text(json.dumps({"compute": [spark(free_port())]}))
    command = [sys.executable, "-m", "floe_deploy", "preflight"]
    done = run(
        ["sh", "-c", '"$@" >&-', "sh", *command], cwd=tmp_path, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, b"")


def test_no_node_is_started(tmp_path: Path) -> None:
    with listening() as port:
        done = called(
            tmp_path,
            {"compute": [spark(port)]},
            env={"JSII_NODE": "/nowhere", "PATH": os.environ["PATH"]},
        )
    assert done.returncode == 0


def test_where_a_pod_is_ended_no_run_is_cut_short_and_none_begins_again(tmp_path: Path) -> None:
    (tmp_path / "preflight.yaml").write_text(json.dumps({"compute": [spark(free_port())]}))
    command = [sys.executable, "-m", "floe_deploy", "preflight", "--wait", "60", "--gate"]
    with Popen(command, cwd=tmp_path, stdout=PIPE, stderr=PIPE, text=True) as process:
        assert process.stderr
        assert process.stdout
        assert process.stderr.readline().startswith("again in 1 s")
        process.terminate()
        assert process.wait(20) == 1
        assert "CONN_REFUSED" in process.stdout.read()


def test_what_is_left_out_needs_no_credential_and_no_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = {"database": "d", "user": "u", "password": {"env": "NOWHERE"}}
    others = [
        {"host": HOST, "port": free_port(), "name": name, **secret} for name in ("one", "two")
    ]
    others[1] = others[1] | {"password": {"env": "HERE"}}
    config = {"postgres": others}
    done = called(tmp_path, config, "--only", "postgres.two", env={"HERE": "x"})
    assert "postgres.two" in done.stdout
    assert done.returncode == 1
    done = called(tmp_path, config, "--skip", "postgres.one", "--skip", "postgres.two.rights")
    assert done.returncode == 2
    assert "postgres[1].password: the credential in variable HERE is not set" in done.stderr
    assert "NOWHERE" not in done.stderr
    made = checks._of  # noqa: SLF001

    def lacking(service: str, target: Target) -> list[Check]:
        if target.name == "one":
            raise EXTRA_MISSING(service=service, extra="one")
        return made(service, target)

    monkeypatch.setattr(checks, "_of", lacking)
    monkeypatch.setenv("HERE", "x")
    read = PreflightConfig.model_validate(config)
    ready = prepared(Asked(skip=("postgres.one",)), read)
    assert {check.id.partition(".")[2].partition(".")[0] for check in ready.checks} == {"two"}
    with pytest.raises(NothingCheckedError) as told:
        prepared(Asked(only=("postgres.one.rights", "postgres.thre")), read)
    assert "[one]" in told.value.error.message
    assert "did you mean" in told.value.error.message.lower()
    assert "NOWHERE is not set" in told.value.error.message
