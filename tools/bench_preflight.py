"""Measure `floe preflight`: all services well, all of them silent, and a silent name server.

PostgreSQL, S3 and the Iceberg catalog are real servers of this machine, Trino is a stub. Each run
is a process of its own, start included; the median of several counts, the fastest is beside it.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from alone import alone  # noqa: E402  the tests' own servers
from lakehouse import lakehouse  # noqa: E402

FLOE = (sys.executable, "-m", "floe_deploy", "preflight", "--format=short")
ONE_ANSWER = 4.0
"""Seconds that a service may take for one answer."""


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        print(f"{'':44} {'median':>8} {'fastest':>8}")
        once = measured("python -c pass", [sys.executable, "-c", "pass"], {}, 0)
        with lakehouse(folder) as lab:
            well = checked("all services well", folder, lab.config, lab.variables, 0)
            with silent() as ports:
                quiet = moved(lab.config, ports)
                hung = checked("all accept, none answers", folder, quiet, lab.variables, 1)
        unknown = {"compute": [{"type": "other", "kind": "spark", "host": "a.example", "port": 1}]}
        file = written(folder, unknown)
        times = [alone([*FLOE, f"--config={file}"], resolver="silent").seconds for _ in range(3)]
        told("a name server that never answers", times)
    print(f"\nall well                              {well:6.2f} s  (aim 1.5)")
    print(f"none answers, beyond its limit        {hung - ONE_ANSWER:6.2f} s  (aim 1)")
    print(f"all well, in starts of Python         {well / once:6.1f}")


def checked(
    title: str, folder: Path, config: object, variables: Mapping[str, str], code: int
) -> float:
    """Check a configuration several times."""
    return measured(title, [*FLOE, f"--config={written(folder, config)}"], variables, code)


def written(folder: Path, config: object) -> Path:
    """Answer the file of a configuration."""
    file = folder / "preflight.yaml"
    file.write_text(json.dumps(config))
    return file


def measured(title: str, command: list[str], variables: Mapping[str, str], code: int) -> float:
    """Run a command several times; print and answer its median time."""
    times = []
    for _ in range(7):
        begin = time.perf_counter()
        done = subprocess.run(
            command, env=os.environ | variables, capture_output=True, text=True, check=False
        )
        times.append(time.perf_counter() - begin)
        if done.returncode != code:
            sys.exit(f"{title}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return told(title, times)


def told(title: str, times: list[float]) -> float:
    """Print and answer the median."""
    median = statistics.median(times)
    print(f"{title:44} {median:7.3f}s {min(times):7.3f}s", flush=True)
    return median


@contextmanager
def silent() -> Iterator[list[int]]:
    """Answer ports that take connections and never say a word."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128)).getsockname()[
                1
            ]
            for _ in range(4)
        ]


def moved(config: dict[str, Any], ports: list[int]) -> dict[str, Any]:
    """Answer a configuration whose services are at these ports."""
    quiet: dict[str, Any] = json.loads(json.dumps(config))
    quiet["compute"][0]["port"], quiet["postgres"][0]["port"] = ports[:2]
    quiet["storage"][0]["endpoint"] = f"http://127.0.0.1:{ports[2]}"
    quiet["catalog"][0]["uri"] = f"http://127.0.0.1:{ports[3]}"
    return quiet


if __name__ == "__main__":
    main()
