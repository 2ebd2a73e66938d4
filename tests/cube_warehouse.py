"""A database with a few orders in it, and Cubes in front of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jwt

from cube_data import MODEL, TABLES
from cube_example import SMALL
from cube_server import Example
from floe_constructs.cube import CubeSpec
from loopback import address
from postgres import Postgres, postgres
from service import Address, service
from tls import Authority

SECRET = "signs tokens, and is longer than thirty-two bytes"
TOKEN = jwt.encode({}, SECRET)


@dataclass(frozen=True, kw_only=True)
class Warehouse:
    """A database with orders, at an address that it can be away from."""

    folder: Path
    database: Postgres
    host: str
    at: list[Address] = field(default_factory=list)

    def cube(self, authority: Authority | None = None, **changes: Any) -> Example:
        """Answer a Cube in front of it."""
        source = SMALL["source"] | {
            "host": self.host,
            "database": self.database.database,
            "user": self.database.user,
            "sslmode": "disable",
        }
        told = {"model": MODEL, "source": source | changes.pop("source", {})} | changes
        secrets = {"cube-api/value": SECRET, "warehouse/password": self.database.password}
        secrets["authorities/ca.pem"] = authority.pem if authority else ""
        spec = CubeSpec.model_validate(SMALL | told)
        return Example(folder=self.folder, spec=spec, secrets=secrets)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Let nobody in, nor anybody who is in go on."""
        there, self.at[:] = list(self.at), []
        others = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> {}"
        self.database.sql(others.format("pg_backend_pid() and backend_type = 'client backend'"))
        yield
        self.at[:] = there

    def tables(self, schema: str) -> int:
        where = f"from information_schema.tables where table_schema = '{schema}'"
        return self.database.sql(f"select count(*) {where}")


@contextmanager
def warehouse() -> Iterator[Warehouse]:
    """Run a database with orders in it."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "postgres").mkdir()
        for at in (folder, folder / "postgres"):
            at.chmod(0o755)
        with postgres(folder / "postgres") as database:
            database.sql(*TABLES)
            found = Warehouse(folder=folder, database=database, host=address())
            found.at.append((database.host, database.port))
            with service((found.host, 5432), lambda: found.at):
                yield found
