"""A network of a program's own: loopback alone, a name server of the test's, and a tripwire.

Run as a program it is the inside: it makes the network usable, runs a command, and answers in JSON
how that ended, which names were asked for, and how often something was sent to where no route is.
"""

import contextlib
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

Resolver = Literal["none", "silent", "nxdomain"]
"""What the one name server does: it is not there, never answers, or knows no name."""

_RESOLVER = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Alone:
    """How a command ended that was alone."""

    returncode: int
    stdout: str
    stderr: str
    seconds: float
    asked: list[str]
    """Names that the name server was asked for."""
    strayed: int
    """Packets that were meant for other machines."""


def alone(
    command: Sequence[str | Path],
    *,
    resolver: Resolver = "none",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Alone:
    """Run a command in a network of its own; there has to be `unshare`, or the rights for it."""
    unshare = ["unshare", "--net", "--mount", *([] if os.getuid() == 0 else ["--map-root-user"])]
    inside = [sys.executable, __file__, resolver, *map(str, command)]
    done = subprocess.run(
        [*unshare, *inside],
        env=os.environ | (env or {}),
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    return Alone(**json.loads(done.stdout))


def _inside(resolver: Resolver, command: list[str]) -> Alone:
    _loopback_up()
    asked: list[str] = []
    with tempfile.TemporaryDirectory() as folder, _name_server(resolver, asked):
        file = Path(folder) / "resolv.conf"
        # A lookup at a silent one takes a minute: nothing but its own limit ends a program earlier.
        file.write_text(f"nameserver {_RESOLVER}\noptions timeout:30\n")
        subprocess.run(["mount", "--bind", file, "/etc/resolv.conf"], check=True)
        before, began = _strayed(), time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=150)
        return Alone(
            returncode=done.returncode,
            stdout=done.stdout,
            stderr=done.stderr,
            seconds=time.monotonic() - began,
            asked=sorted(set(asked)),
            strayed=_strayed() - before,
        )


def _loopback_up() -> None:
    set_flags, up_and_running = 0x8914, 0x41
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh", b"lo", up_and_running))


@contextlib.contextmanager
def _name_server(resolver: Resolver, asked: list[str]) -> Iterator[None]:
    if resolver == "none":
        yield
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((_RESOLVER, 53))
        if resolver == "nxdomain":
            threading.Thread(target=_deny, args=(server, asked), daemon=True).start()
        yield


def _deny(server: socket.socket, asked: list[str]) -> None:
    """Answer each question that there is no such name (RFC 1035, code 3)."""
    while True:
        question, client = server.recvfrom(512)
        asked.append(_name(question))
        flags, counts = b"\x81\x83", question[4:6] + b"\0" * 6
        server.sendto(question[:2] + flags + counts + _question(question), client)


def _question(message: bytes) -> bytes:
    return message[12 : message.index(b"\0", 12) + 5]


def _name(message: bytes) -> str:
    labels, at = [], 12
    while length := message[at]:
        labels.append(message[at + 1 : at + 1 + length].decode())
        at += length + 1
    return ".".join(labels)


def _strayed() -> int:
    """Answer how many packets had no route: in a network of loopback alone, all but its own."""
    names, values = (
        line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if "Ip: " in line
    )
    counts = dict(zip(names, values, strict=True))
    six = Path("/proc/net/snmp6").read_text().splitlines()
    (other,) = (line.split()[1] for line in six if line.startswith("Ip6OutNoRoutes"))
    return int(counts["OutNoRoutes"]) + int(other)


if __name__ == "__main__":
    print(json.dumps(asdict(_inside(sys.argv[1], sys.argv[2:]))))  # type: ignore[arg-type] # noqa: T201
