"""Checks of DuckDB, which runs in the process: the file, its lock, extensions.

It is opened as a workload would; nothing is downloaded, and nothing new is left behind.
"""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

from floe_constructs.preflight.targets import DuckDb
from floe_deploy.preflight import layers
from floe_deploy.preflight.check import Check, Probe
from floe_deploy.preflight.checks.duckdb import faults
from floe_deploy.preflight.code import Answer, Fault, Stage
from floe_deploy.preflight.http import excerpt

_MEMORY = ":memory:"

_BY_TEXT = {
    r"Conflicting lock": faults.DUCK_LOCKED,
    r"not a valid DuckDB database|Corrupt database file": faults.DUCK_CORRUPT,
    r"read-only mode: database does not exist": faults.DUCK_READ_ONLY_MISSING,
    r"Permission denied|Read-only file system": faults.DUCK_PERMISSION,
    r"No such file or directory": faults.DUCK_PATH_MISSING,
    r'Extension "[^"]*" not found|requires the extension': faults.DUCK_EXTENSION,
}


def checks(target: DuckDb) -> list[Check]:
    """Answer the checks of a database file: it opens, and extensions are in the image.

    Raises:
        Fault: DuckDB is not installed.

    """
    try:
        import duckdb
    except ImportError as cause:
        raise layers.EXTRA_MISSING(service="DuckDB", extra="duckdb") from cause
    file = _File(duckdb, target)
    opening = target.root("compute")
    hint = target.path
    found = [Check(id=opening, service="compute", title="opens", hint=hint, run=file.opens)]
    if target.extensions:
        found.append(
            Check(
                id=f"{opening}.extensions",
                service="compute",
                title="extensions",
                hint=", ".join(target.extensions),
                run=file.loads,
                requires=opening,
            )
        )
    return found


class _File:
    """A database file."""

    def __init__(self, duckdb: ModuleType, target: DuckDb) -> None:
        self.duckdb = duckdb
        self.target = target

    async def opens(self, probe: Probe) -> Answer:
        """Open it as a workload would, and ask one query."""
        path, version = self.target.path, self.duckdb.__version__
        probe.details["version"] = version
        opened = await self._in_thread(probe, self._open)
        return Answer(message=f"DuckDB {version} {opened} {path}")

    async def loads(self, probe: Probe) -> Answer:
        """Load each extension into a database of its own."""
        for extension in self.target.extensions:
            await self._in_thread(probe, partial(self._load, extension), extension)
        return Answer(message=f"in the image: {', '.join(self.target.extensions)}")

    def _open(self) -> str:
        path = self.target.path
        if self.target.read_only or not _is_local(path) or Path(path).exists():
            self._ask(path)
            return "opens"
        # Opening makes the file: whether that works is tried with another one, which is removed.
        other = Path(path).parent / f".floe-preflight-{uuid4().hex}"
        try:
            self._ask(str(other))
        finally:
            with suppress(OSError):
                other.unlink(missing_ok=True)
        return "can make"

    def _ask(self, path: str) -> None:
        with self._connected(path, read_only=self.target.read_only) as connection:
            if not self.target.read_only:
                connection.execute("PRAGMA disable_checkpoint_on_shutdown")  # leave it as it is
            connection.execute("SELECT 1").fetchall()

    def _load(self, extension: str) -> str:
        quoted = extension.replace("'", "''")
        with self._connected(_MEMORY, read_only=False) as connection:
            connection.execute(f"LOAD '{quoted}'")
        return extension

    def _connected(self, path: str, *, read_only: bool) -> Any:
        config = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
        return self.duckdb.connect(path, read_only=read_only, config=config)

    async def _in_thread(self, probe: Probe, work: Callable[[], str], extension: str = "") -> str:
        """Do what blocks, for as long as the check may take.

        Raises:
            Fault: DuckDB does not.

        """
        probe.at(Stage.OPERATION, self.target.path)
        try:
            return await asyncio.to_thread(work)
        except self.duckdb.Error as failure:
            raise self._fault(str(failure), extension) from failure

    def _fault(self, seen: str, extension: str) -> Fault:
        path = self.target.path
        found = [code for text, code in _BY_TEXT.items() if re.search(text, seen)]
        named = re.search(r'/(\w+)\.duckdb_extension"|requires the extension (\w+)', seen)
        if "://" in path and path not in seen and not named:
            # DuckDB 1 takes an address that no extension of it is for as a file's path.
            found = [faults.DUCK_EXTENSION]
            extension = "azure" if path.startswith(("az", "abfss")) else "httpfs"
        values = {
            "path": path,
            "folder": Path(path).parent,
            "done": "read" if self.target.read_only else "written",
            "version": self.duckdb.__version__,
            "extension": extension or (named and (named[1] or named[2])) or "unknown",
            "seen": excerpt(seen),
        }
        return (found or [faults.DUCK_REFUSED])[0](**values)


def _is_local(path: str) -> bool:
    return path != _MEMORY and "://" not in path and not path.startswith("md:")
