"""Servers that answer badly: each has its name, an end, and a gate that tries again or not."""

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from floe_deploy.preflight.checks import cluster
from floe_deploy.preflight.finding import Finding
from preflight import only, preflight
from stub import Said, stub
from tls import Authority

HOST = "127.0.0.1"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
CHUNK = b"10000\r\n" + b"[" * 65_536 + b"\r\n"


@contextmanager
def saying(*parts: bytes, for_ever: bool = False) -> Iterator[str]:
    """Say something to each request, over and over, and hang up."""
    with socket.create_server((HOST, 0), backlog=64) as listener:
        said = (listener, parts, for_ever)
        threading.Thread(target=_accept, args=said, daemon=True).start()
        yield f"http://{HOST}:{listener.getsockname()[1]}"


def _accept(listener: socket.socket, parts: tuple[bytes, ...], for_ever: bool) -> None:  # noqa: FBT001
    while True:
        try:
            client, _ = listener.accept()
        except OSError:  # the listener is closed
            return
        with suppress(OSError), client:
            client.recv(65_536)
            for part in parts:
                client.sendall(part)
            while for_ever:
                client.sendall(parts[-1])


def catalog(url: str, **more: Any) -> Finding:
    return only(preflight({"catalog": [{"type": "rest", "uri": url, **more}]}), "catalog")


@pytest.mark.parametrize(
    ("said", "code", "seen"),
    [
        ([HEAD, b"content-length: 100\r\n\r\n{"], "CONN_CLOSED", "closed the connection"),
        ([HEAD, b"transfer-encoding: chunked\r\n\r\n", CHUNK], "CONN_CLOSED", "closed the"),
        (
            [HEAD, b"content-encoding: gzip\r\ncontent-length: 4\r\n\r\n\xff\xff\xff\xff"],
            "WRONG_SERVICE",
            "not encoded as it says",
        ),
        ([HEAD, b"content-length: 60000\r\n\r\n", b"[" * 60_000], "WRONG_SERVICE", "json"),
        ([b"\x00\x00\x12\x04" + b"\x00" * 23], "WRONG_SERVICE", "no HTTP"),
    ],
)
def test_what_is_no_whole_answer_is_named(said: list[bytes], code: str, seen: str) -> None:
    with saying(*said) as url:
        found = catalog(url)
    assert found.code == code
    assert seen in found.message
    # A server may be starting anew while it answers; something else that listens there does not.
    assert found.definitive == (code == "WRONG_SERVICE")


@pytest.mark.parametrize("zipped", [False, True])
def test_an_answer_without_an_end_is_not_read_to_it(zipped: bool) -> None:  # noqa: FBT001
    bomb = gzip.compress(b"[" * 20_000_000)
    length = b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(bomb)
    parts = [length, bomb] if zipped else [b"transfer-encoding: chunked\r\n\r\n", CHUNK]
    with saying(HEAD, *parts, for_ever=not zipped) as url:
        found = catalog(url)
    assert (found.code, found.definitive) == ("WRONG_SERVICE", True)
    assert "more than 5 MB" in found.message
    assert found.duration_ms < 5000


@pytest.mark.slow
def test_an_answer_in_drops_is_waited_for_no_longer_than_a_silent_one() -> None:
    with saying(b"HTTP/1.1 100 Continue\r\n\r\n", for_ever=True) as url:
        found = catalog(url)
    assert found.code == "RESPONSE_TIMEOUT"
    assert found.duration_ms < 8000


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("service", ["catalog", "storage"])
def test_a_page_that_says_later_is_no_other_service(service: str, status: int) -> None:
    page = Said(status=status, body="<html>", headers={"content-type": "text/html"})
    kept = {"env": "KEY"}
    with stub(lambda _: page) as server:
        targets = {
            "catalog": {"type": "rest", "uri": server.url},
            "storage": {"type": "s3", "bucket": "lake", "endpoint": server.url}
            | {"access_key_id": kept, "secret_access_key": kept},
        }
        found = only(preflight({service: [targets[service]]}, {"KEY": "a-long-key"}), service)
    assert found.code != "WRONG_SERVICE"
    assert (found.status, found.definitive) == ("error", False)


@pytest.mark.parametrize("realm", ["floe\n", "j\u00fcrgen", " "])
def test_a_name_that_no_header_holds_is_no_fault_of_ours(realm: str) -> None:
    with stub(lambda _: Said(body={"defaults": {}, "overrides": {}})) as server:
        found = catalog(server.url, realm=realm)
    assert found.code == "NOT_SENDABLE"
    assert "line break" in found.remediation


@pytest.mark.requirement("FR-015")
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_cluster_that_cannot_answer_is_none_that_has_all(
    status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority("the cluster")
    (tmp_path / "ca.crt").write_text(authority.pem)
    (tmp_path / "token").write_text("a-token-of-an-account")
    monkeypatch.setattr(cluster, "ACCOUNT", tmp_path)
    failing = Said(status=status, body={"kind": "Status", "message": "etcd is slow"})
    version = Said(body={"major": "1", "minor": "35", "gitVersion": "v1.35.0"})
    needs: dict[str, Any] = {"kinds": {"a.example/v1": ["A"]}, "ingress_classes": ["alb"]}
    needs |= {"default_storage_class": True}
    unhurried = {"certificate_days": 0, "slow_ms": 60_000}
    context = authority.server(tmp_path, HOST)
    with stub(lambda asked: version if asked.path == "/version" else failing, context) as server:
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", HOST)
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", server.url.rpartition(":")[2])
        findings = preflight({"cluster": needs, "warnings": unhurried})
    assert only(findings, "cluster.server").status == "ok"
    for part in ("kinds", "ingress-classes", "default-storage-class"):
        found = only(findings, f"cluster.{part}")
        assert (found.code, found.status, found.definitive) == ("NOT_READY", "error", False)
