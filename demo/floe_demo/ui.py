"""Dagster's own pages and schedules, as processes that end with whoever started them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from floe_demo import remote
from floe_demo.embedded import DAGSTER
from floe_demo.refusal import FailedError, RefusedError
from floe_demo.settings import PREFIX

LOG = Path("logs", "dagster.log")
PATIENCE = 20.0
"""Seconds in which Dagster ends by itself, before it is ended."""


@contextmanager
def running(home: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run Dagster with its schedules on; when it is left, none of its processes is."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise RefusedError(f"port {port} is taken: name another with --port") from None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    log = home / LOG
    log.parent.mkdir(parents=True, exist_ok=True)
    said = {f"{PREFIX}HOME": str(home), "DAGSTER_HOME": str(home / DAGSTER)}
    environment = {f"{PREFIX}ENABLED": "true", **os.environ, **said}
    command = ["-m", "dagster", "dev", "-m", "floe_demo.definitions"]
    with (
        log.open("wb") as file,
        # In a session of its own: an interrupt from the keyboard is for us alone, who pass it on.
        subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, *command, "--host", "127.0.0.1", "--port", str(port)],
            env=environment,
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            _ended(process)


def ready(process: subprocess.Popen[bytes], url: str, home: Path) -> None:
    """Wait until it answers with the demo's assets."""
    while process.poll() is None:
        with suppress(RefusedError):
            if fault := remote.fault(url):
                raise FailedError(f"Dagster cannot load the demo: {fault}")
            remote.found(url)
            return
        time.sleep(0.5)
    last = (home / LOG).read_text("utf-8", "replace").splitlines()[-3:]
    msg = "\n".join(
        [f"Dagster ended ({process.returncode}); all it said is in {home / LOG}", *last]
    )
    raise RefusedError(msg)


def _ended(process: subprocess.Popen[bytes]) -> None:
    """Ask Dagster's first process to end the others; kill what is left after a while."""
    with suppress(ProcessLookupError):
        process.terminate()
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and _lives(process):
        time.sleep(0.1)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _lives(process: subprocess.Popen[bytes]) -> bool:
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True
