"""A proxy by which programs reach hosts that are not there: all of them are one local server."""

import select
import socket
import socketserver
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from ssl import SSLContext, SSLSocket

from tls import Authority

_PORT = 443


@contextmanager
def proxy(folder: Path, authority: Authority, hosts: Sequence[str], port: int) -> Iterator[str]:
    """Take connections to hosts by TLS, answer for them, and hand what is said to a local port."""
    contexts = {f"{host}:{_PORT}": _context(folder, authority, host) for host in hosts}

    class Connection(socketserver.StreamRequestHandler):
        rbufsize = 0  # what follows the request is TLS

        def handle(self) -> None:
            _, target, _ = self.rfile.readline().decode().split()
            while self.rfile.readline().strip():
                pass
            if target not in contexts:
                self.wfile.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
                return
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with suppress(OSError):
                self.talk(contexts[target])

        def talk(self, context: SSLContext) -> None:
            with (
                context.wrap_socket(self.connection, server_side=True) as near,
                socket.create_connection(("127.0.0.1", port)) as far,
            ):
                _hand_on(near, far)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def _context(folder: Path, authority: Authority, host: str) -> SSLContext:
    own = folder / host
    own.mkdir()
    return authority.server(own, host)


def _hand_on(near: SSLSocket, far: socket.socket) -> None:
    """Hand on what both say, in one thread, because a TLS connection is for one at a time."""
    while True:
        ready = [near] if near.pending() else select.select([near, far], [], [])[0]
        for source in ready:
            data = source.recv(65536)
            if not data:
                return
            (far if source is near else near).sendall(data)
