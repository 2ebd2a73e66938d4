"""A stand-in for Cube Store: it listens where its variables say, and ends when it is told to.

Started as `python -m cube_store ADDRESS [never]`; with `never` it listens nowhere. Each of its
lines is JSON, with a time that all processes of the machine share.
"""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType

OWN = "CUBESTORE_"


class _Status(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path in {"/livez", "/readyz"} else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def _say(what: str, **more: object) -> None:
    sys.stdout.write(json.dumps({"what": what, "at": time.monotonic()} | more) + "\n")
    sys.stdout.flush()


def _end(*_: int | FrameType | None) -> None:
    time.sleep(0.5)  # as whoever has work to finish
    _say("ended")
    os._exit(0)


def main() -> None:
    """Listen as a worker where there is a worker's port, else as a router."""
    signal.signal(signal.SIGTERM, _end)
    env = {name.removeprefix(OWN): text for name, text in os.environ.items() if OWN in name}
    _say("started", env=env)
    address, *never = sys.argv[1:]
    ports = ("WORKER_PORT",) if "WORKER_PORT" in env else ("HTTP_PORT", "META_PORT", "STATUS_PORT")
    for port in () if never else ports:
        server = ThreadingHTTPServer((address, int(env[port])), _Status)
        threading.Thread(target=server.serve_forever).start()
    signal.pause()


if __name__ == "__main__":
    main()
