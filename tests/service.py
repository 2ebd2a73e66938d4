"""An address that leads to whoever is ready, as a Service's does."""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Address = tuple[str, int]


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    """Hand on what one says until it has no more to say, or nobody listens."""
    with suppress(OSError):
        while said := source.recv(65536):
            target.sendall(said)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    block_on_close = False


@contextmanager
def service(address: Address, ready: Callable[[], list[Address]]) -> Iterator[None]:
    """Take connections to an address, each for the first that is ready when it comes."""

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            for target in ready()[:1]:
                with suppress(OSError), socket.create_connection(target, timeout=5) as found:
                    found.settimeout(None)
                    back = threading.Thread(target=_pass_on, args=(found, self.request))
                    back.start()
                    _pass_on(self.request, found)
                    back.join()

    with _Server(address, Connection) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.1,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
