"""What is wrong below every protocol has a name: made for real, on sockets of the tests' own."""

import contextlib
import json
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from alone import Resolver, alone
from floe_deploy.preflight.finding import Finding
from postgres import free_port
from preflight import only, preflight
from tls import DAY, NOW, Authority

HOST = "127.0.0.1"


def found(port: int, *, host: str = HOST, tls: bool = False, **more: Any) -> Finding:
    """Check a service without a check of its own, of which the layers are all there is."""
    target = {"type": "other", "kind": "spark", "host": host, "port": port, "tls": tls, **more}
    return only(preflight({"compute": [target]}), "compute")


@contextmanager
def listening(context: ssl.SSLContext | None = None, says: bytes = b"") -> Iterator[int]:
    """Accept connections, speak TLS where a context is given, say something, and hang up."""
    with socket.create_server((HOST, 0)) as listener:
        threading.Thread(target=_accept, args=(listener, context, says), daemon=True).start()
        yield listener.getsockname()[1]


def _accept(listener: socket.socket, context: ssl.SSLContext | None, says: bytes) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:  # the listener is closed
            return
        with contextlib.suppress(OSError), client:
            talk = context.wrap_socket(client, server_side=True) if context else client
            talk.sendall(says)
            talk.close()


@contextmanager
def silent() -> Iterator[int]:
    """Take connections and never say a word."""
    with socket.create_server((HOST, 0), backlog=64) as listener:
        yield listener.getsockname()[1]


@contextmanager
def full() -> Iterator[int]:
    """Have no room for another connection: the system answers none, as a firewall that drops."""
    with socket.create_server((HOST, 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(8)]
        for one in waiting:
            one.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                one.connect((HOST, port))
        time.sleep(0.1)
        yield port
        for one in waiting:
            one.close()


@pytest.mark.requirement("FR-020")
def test_a_closed_port_refuses() -> None:
    port = free_port()
    seen = found(port)
    assert (seen.code, seen.stage, seen.status) == ("CONN_REFUSED", "tcp", "error")
    assert seen.message == f"127.0.0.1:{port} refused the connection"
    assert "another port" in seen.remediation
    assert not seen.definitive


def test_an_address_that_is_kept_in_a_secret_is_shown_all_the_same() -> None:
    target = {"type": "other", "kind": "spark", "host": {"env": "HOST"}, "port": free_port()}
    (seen,) = preflight({"compute": [target | {"tls": False}]}, {"HOST": HOST})
    assert seen.message.startswith(f"{HOST}:")


@pytest.mark.requirement("FR-020")
def test_packets_that_are_dropped_are_told_from_a_refusal() -> None:
    with full() as port:
        seen = found(port)
    assert (seen.code, seen.stage) == ("CONN_TIMEOUT", "tcp")
    assert seen.message == f"no TCP answer from 127.0.0.1:{port} in 2 s"
    assert "NetworkPolicy" in seen.remediation
    assert seen.duration_ms < 3000


@pytest.mark.requirement("FR-020")
def test_a_server_that_takes_the_connection_and_is_silent_is_told() -> None:
    with silent() as port:
        seen = found(port, tls=True)
    assert (seen.code, seen.stage) == ("RESPONSE_TIMEOUT", "tls")
    assert seen.message == f"connected to 127.0.0.1:{port}, then no answer in 2 s"
    assert "overloaded" in seen.remediation


@pytest.mark.requirement("FR-020")
def test_a_certificate_of_an_unknown_authority_names_it(tmp_path: Path) -> None:
    with listening(Authority("a private one").server(tmp_path, HOST)) as port:
        seen = found(port, tls=True)
    assert (seen.code, seen.stage, seen.definitive) == ("TLS_UNTRUSTED", "tls", True)
    assert seen.message.endswith("is not signed by a trusted authority: it is by a private one")
    assert "ca_file" in seen.remediation


@pytest.mark.requirement("FR-020")
def test_a_certificate_is_trusted_by_its_authority_and_its_end_is_warned_of(tmp_path: Path) -> None:
    authority = Authority("a private one")
    ca = tmp_path / "ca.crt"
    ca.write_text(authority.pem)
    target = {"type": "other", "kind": "spark", "host": HOST, "ca_file": str(ca)}
    with listening(authority.server(tmp_path, HOST)) as port:
        seen = preflight({"compute": [target | {"port": port}]})
    assert [one.code for one in seen] == ["CERT_EXPIRES_SOON", "NO_DEEP_CHECK"]
    assert "expires in 0 days" in seen[0].message
    assert {one.status for one in seen} == {"warning"}
    with listening(authority.server(tmp_path, HOST, ends=NOW + 90 * DAY)) as port:
        seen = preflight({"compute": [target | {"port": port}]})
    assert [one.code for one in seen] == ["NO_DEEP_CHECK"]
    assert seen[0].details["certificate_days"] == 89


@pytest.mark.requirement("FR-020")
def test_an_expired_certificate_says_since_when(tmp_path: Path) -> None:
    authority = Authority("a private one")
    ca = tmp_path / "ca.crt"
    ca.write_text(authority.pem)
    ends = NOW - 3 * DAY
    with listening(authority.server(tmp_path, HOST, begins=ends - DAY, ends=ends)) as port:
        seen = found(port, tls=True, ca_file=str(ca))
    assert (seen.code, seen.stage) == ("TLS_EXPIRED", "tls")
    assert seen.message == f"the certificate of 127.0.0.1:{port} expired on {ends:%Y-%m-%d}"
    assert "clock" in seen.remediation


def test_a_certificate_of_the_future_says_from_when_on(tmp_path: Path) -> None:
    authority = Authority("a private one")
    ca = tmp_path / "ca.crt"
    ca.write_text(authority.pem)
    begins = NOW + 3 * DAY
    with listening(authority.server(tmp_path, HOST, begins=begins, ends=begins + DAY)) as port:
        seen = found(port, tls=True, ca_file=str(ca))
    assert (seen.code, seen.stage) == ("TLS_NOT_YET", "tls")
    assert f"{begins:%Y-%m-%d}" in seen.message


@pytest.mark.requirement("FR-020")
def test_a_certificate_for_another_name_says_which(tmp_path: Path) -> None:
    authority = Authority("a private one")
    ca = tmp_path / "ca.crt"
    ca.write_text(authority.pem)
    with listening(authority.server(tmp_path, "trino.example.com")) as port:
        seen = found(port, tls=True, ca_file=str(ca))
    assert (seen.code, seen.stage) == ("TLS_NAME_MISMATCH", "tls")
    assert seen.message == "the certificate is for trino.example.com, not 127.0.0.1"
    assert "name of the certificate" in seen.remediation


@pytest.mark.requirement("FR-020")
def test_a_port_without_tls_says_so() -> None:
    with listening(says=b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        seen = found(port, tls=True)
    assert (seen.code, seen.stage) == ("TLS_NOT_TLS", "tls")
    assert seen.message == f"127.0.0.1:{port} does not speak TLS"


def test_whoever_hangs_up_in_the_handshake_may_be_a_balancer_that_has_no_server_yet() -> None:
    with listening() as port:
        seen = found(port, tls=True)
    assert (seen.code, seen.stage, seen.definitive) == ("CONN_CLOSED", "tls", False)


def test_a_server_that_knows_only_old_tls_is_told_from_one_that_knows_none(tmp_path: Path) -> None:
    context = Authority("old").server(tmp_path, HOST)
    context.set_ciphers("AES128-SHA@SECLEVEL=0")  # none that the other side takes
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with listening(context) as port:
        seen = found(port, tls=True)
    assert (seen.code, seen.stage) == ("TLS_FAILED", "tls")
    assert "handshake failure" in seen.message


def test_a_file_of_certificates_may_be_about_to_come(tmp_path: Path) -> None:
    seen = found(free_port(), tls=True, ca_file=str(tmp_path / "ca.crt"))
    assert (seen.code, seen.stage, seen.definitive) == ("TLS_CA_MISSING", "config", False)


def test_a_file_without_certificates_is_told_before_the_handshake(tmp_path: Path) -> None:
    file = tmp_path / "ca.crt"
    file.write_text("nothing")
    seen = found(free_port(), tls=True, ca_file=str(file))
    assert (seen.code, seen.stage) == ("TLS_CA_FILE", "tls")
    assert str(file) in seen.message


def test_traffic_in_the_clear_is_warned_of_unless_it_stays_near() -> None:
    with listening() as port:
        near = preflight(
            {"compute": [{"type": "other", "kind": "x", "host": HOST, "port": port, "tls": False}]}
        )
    assert [one.code for one in near] == ["NO_DEEP_CHECK"]


@pytest.mark.requirement("FR-016")
def test_an_engine_without_a_check_is_never_a_plain_pass() -> None:
    with listening() as port:
        seen = found(port)
    assert (seen.status, seen.code, seen.stage) == ("warning", "NO_DEEP_CHECK", "operation")
    assert seen.message == f"spark at 127.0.0.1:{port} is there; whether it works was not asked"
    assert seen.remediation == "Ask it yourself once: there is no check for spark"


# names


LOOKUP = "import socket; socket.getaddrinfo('spark.data.example', 1)"
INTERRUPTED = """import signal, subprocess, sys, time
with subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL) as floe:
    time.sleep(3)
    floe.send_signal(signal.SIGINT)
    began = time.monotonic()
    print(floe.wait(), time.monotonic() - began)
"""
BESIDE = """"$0" -c "$1" 2>/dev/null & shift
"$0" "$@"; code=$?
kill $! 2>/dev/null && echo first >&2
exit $code"""
"""A plain lookup beside the command: who ends first?"""


def _resolving(resolver: Resolver, tmp_path: Path) -> tuple[dict[str, Any], str]:
    config = tmp_path / "preflight.yaml"
    target = {"type": "other", "kind": "spark", "host": "spark.data.example", "port": 1}
    config.write_text(json.dumps({"compute": [target]}))
    floe = ["-m", "floe_deploy", "preflight", "--json", f"--config={config}"]
    done = alone(["sh", "-c", BESIDE, sys.executable, LOOKUP, *floe], resolver=resolver)
    assert done.returncode == 1, done.stderr
    (check,) = json.loads(done.stdout)["checks"]
    return check, done.stderr


@pytest.mark.requirement("FR-020")
def test_a_name_that_is_not_there_is_told(tmp_path: Path) -> None:
    check, _ = _resolving("nxdomain", tmp_path)
    assert (check["code"], check["stage"]) == ("DNS_NOT_FOUND", "dns")
    assert check["message"] == "cannot resolve spark.data.example"
    assert "service.namespace.svc" in check["remediation"]


@pytest.mark.requirement("FR-020")
def test_a_name_server_that_is_not_there_is_no_spelling_mistake(tmp_path: Path) -> None:
    check, _ = _resolving("none", tmp_path)
    assert (check["code"], check["stage"]) == ("DNS_UNAVAILABLE", "dns")
    assert "the spelling is not the problem" in check["remediation"]


@pytest.mark.requirement("FR-020", "SC-003")
@pytest.mark.slow
def test_a_silent_name_server_does_not_hold_the_process(tmp_path: Path) -> None:
    check, said = _resolving("silent", tmp_path)
    assert (check["code"], check["stage"]) == ("DNS_TIMEOUT", "dns")
    assert check["message"] == "no DNS answer for spark.data.example in 5 s"
    assert "port 53" in check["remediation"]
    assert 5000 <= check["duration_ms"] < 6000
    assert "first" in said  # the resolver would hold the process as long as it holds a lookup


@pytest.mark.slow
def test_whoever_interrupts_does_not_wait_for_a_silent_name_server(tmp_path: Path) -> None:
    config = tmp_path / "preflight.yaml"
    target = {"type": "other", "kind": "spark", "host": "spark.data.example", "port": 1}
    config.write_text(json.dumps({"compute": [target]}))
    floe = [sys.executable, "-m", "floe_deploy", "preflight", f"--config={config}"]
    done = alone([sys.executable, "-c", INTERRUPTED, *floe], resolver="silent")
    code, seconds = done.stdout.split()
    assert int(code) == 130, done.stderr
    assert float(seconds) < 2
    assert "Traceback" not in done.stderr
