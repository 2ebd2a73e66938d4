"""The rendered collector, query and index cleaner, run for real over a real OpenSearch.

OpenSearch's own TLS and logins are a plugin that no registry has as jars: a gate in front of it
asks for a client's certificate and a password, and hands on who shows both.
"""

import base64
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from conftest import Synth
from floe_constructs.jaeger.jaeger import Jaeger
from jaeger_example import LARGE, RESOURCES, SEARCH, spec
from old_jaeger import Process, laid_out
from opensearch import OpenSearch, opensearch
from test_jaeger_process import eventually, grpc, http_to, send, services
from tls import Authority, pump

pytestmark = [pytest.mark.slow, pytest.mark.tools]

LOGIN = base64.b64encode(b"jaeger:hunter2").decode()


@contextmanager
def gate(server: OpenSearch, context: ssl.SSLContext) -> Iterator[str]:
    """Answer the address of a way to the server that asks who comes."""
    behind = ("127.0.0.1", int(server.url.rpartition(":")[2]))

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError), context.wrap_socket(self.request, server_side=True) as near:
                asked = b""
                while b"\r\n\r\n" not in asked:
                    asked += (more := near.recv(65536))
                    if not more:
                        return
                if f"Authorization: Basic {LOGIN}".encode() not in asked:
                    near.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
                    return
                with socket.create_connection(behind) as far:
                    far.sendall(asked)
                    back = threading.Thread(target=pump, args=(far, near), daemon=True)
                    back.start()
                    pump(near, far)
                    far.shutdown(socket.SHUT_WR)
                    back.join(5)

    with Gate(("127.0.0.1", 0), Connection) as listening:
        threading.Thread(target=listening.serve_forever, args=(0.1,), daemon=True).start()
        yield f"https://127.0.0.1:{listening.server_address[1]}"
        listening.shutdown()


class Gate(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


@pytest.fixture
def server() -> Iterator[OpenSearch]:
    with TemporaryDirectory() as name:  # which others reach
        Path(name).chmod(0o755)
        with opensearch(Path(name)) as found:
            yield found


def laid(
    synth: Synth, folder: Path, secrets: dict[str, dict[str, str]], values: dict[str, Any]
) -> dict[str, Process]:
    objects = synth(lambda chart: Jaeger(chart, "jaeger", spec(values)))
    kinds = ("CronJob", "Deployment")
    return {
        name: laid_out(objects, made, folder, secrets)
        for (kind, name), made in objects.items()
        if kind in kinds
    }


def test_spans_of_the_collector_are_found_by_the_query_until_their_index_is_deleted(
    synth: Synth, tmp_path: Path, server: OpenSearch
) -> None:
    authority = Authority("search")
    context = authority.server(tmp_path, "127.0.0.1")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=authority.pem)
    shown, key = authority.pair("jaeger")
    secrets = {"search": {"password": "hunter2", "ca.crt": authority.pem}}
    secrets["search"] |= {"tls.crt": shown, "tls.key": key}
    with ExitStack() as running:
        url = running.enter_context(gate(server, context))
        storage = LARGE["storage"] | {"urls": [url], "keep_days": 2, "rotation": "day"}
        values = SEARCH | {"storage": storage, "index_cleaner": LARGE["index_cleaner"]}
        found = laid(synth, tmp_path, secrets, values)
        cleaner = found.pop("jaeger-index-cleaner")
        for process in found.values():
            running.enter_context(process.running())
        collector, query = found["jaeger-collector"], found["jaeger-query"]
        sent = [send(exporter(collector), "shop") for exporter in (grpc, http_to)]
        eventually(lambda: services(query) == {"shop"})
        for trace in sent:
            path = f"/api/traces/{trace}"
            eventually(partial(query.get, 16686, path))

        written = server.indices()
        assert all(name.startswith("test-jaeger-") for name in written)
        # 1.62 leaves the date out of its names: those of 2.20 are made here.
        dated = {f"test-jaeger-{kind}-2026-11-26" for kind in ("span", "service")}
        others = {"other-jaeger-span-2020-01-01", "test-other-2020-01-01"}
        for name in dated | others:
            server.ask("PUT", f"/{name}")
        kept = server.indices()
        # The cleaner goes by when an index was made, and none can be made in the past.
        for days, left in (("2", kept), ("0", kept - dated)):
            done = subprocess.run(
                [days if each == "2" else each for each in cleaner.pod.args],
                check=False,
                capture_output=True,
                text=True,
                timeout=60,
                env=cleaner.pod.env,
            )
            assert done.returncode == 0, done.stderr
            assert server.indices() == left


def test_several_pods_over_one_server_know_the_same_traces(
    synth: Synth, tmp_path: Path, server: OpenSearch
) -> None:
    storage = {"type": "opensearch", "urls": [server.url], "shards": 2, "replicas": 3}
    values = {key: value for key, value in SEARCH.items() if key not in {"collector", "query"}}
    values |= {"storage": storage, "all_in_one": {"resources": RESOURCES, "replicas": 2}}
    with ExitStack() as running:
        one, other = (
            running.enter_context(process.running())
            for _ in range(2)
            for process in laid(synth, tmp_path, {}, values).values()
        )
        send(http_to(one), "shop")
        eventually(lambda: services(other) == {"shop"})
    (span,) = (name for name in server.indices() if "span" in name)
    told = server.ask("GET", f"/{span}/_settings")[span]["settings"]["index"]
    assert (told["number_of_shards"], told["number_of_replicas"]) == ("2", "3")
