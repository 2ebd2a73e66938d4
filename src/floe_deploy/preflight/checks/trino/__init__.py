"""Checks of Trino: login and a query, the catalog, the schema."""

import time

from floe_constructs.preflight.targets import Trino
from floe_deploy.preflight.check import Check, Probe
from floe_deploy.preflight.checks.trino import faults
from floe_deploy.preflight.checks.trino.client import Session, StatementError, session
from floe_deploy.preflight.code import Answer, Fault, Stage

_ASIDE_SECONDS = 1.5
"""What is left of a check's time to cancel a query, and to say that it did not end."""

_MOST_SCHEMAS = 50


def checks(target: Trino) -> list[Check]:
    """Answer the checks of a coordinator: a query, then catalog and schema if they are named."""
    login = target.root("compute")
    server = _Server(target)
    told = [("", "login and a query", server.log_in, "")]
    if target.catalog:
        told.append((".catalog", f"catalog {target.catalog}", server.catalog, login))
    if target.catalog and target.db_schema:
        title = f"schema {target.db_schema}"
        told.append((".schema", title, server.schema, f"{login}.catalog"))
    return [
        Check(
            id=f"{login}{suffix}",
            service="compute",
            title=title,
            hint=server.hint,
            run=run,
            requires=requires,
        )
        for suffix, title, run, requires in told
    ]


class _Server:
    """A coordinator, the session with it and what it has said."""

    session: Session
    schemas: list[str]

    def __init__(self, target: Trino) -> None:
        self.target = target
        host = target.host if isinstance(target.host, str) else target.host.told
        self.hint = f"{host}:{target.port}"

    async def log_in(self, probe: Probe) -> Answer:
        """Ask who it is, and one query."""
        end = _end(probe)
        self.session = asked = await session(probe, self.target)
        version = await asked.version(probe)
        probe.details |= {"version": version, "user": asked.user}
        try:
            await asked.rows(probe, "SELECT 1", end)
        except StatementError as failure:
            raise self._fault(failure, "a query") from failure
        for other in sorted(asked.handed_out):
            probe.warn(faults.TRINO_BEHIND_PROXY(**asked.told, other=other))
        return Answer(message=f"Trino {version}, login as {asked.user}".replace("  ", " "))

    async def catalog(self, probe: Probe) -> Answer:
        """Look into the catalog: a query of nothing does not touch it."""
        probe.at(Stage.OPERATION, self.hint)
        end, name = _end(probe), self.target.catalog or ""
        try:
            rows = await self.session.rows(probe, f"SHOW SCHEMAS FROM {_quoted(name)}", end)
        except StatementError as failure:
            if failure.name == "CATALOG_NOT_FOUND":
                there = await self._catalogs(probe, end)
                raise faults.TRINO_CATALOG_MISSING(catalog=name, there=there) from failure
            raise self._fault(failure, f"catalog {name}") from failure
        self.schemas = [str(row[0]) for row in rows]
        probe.details["schemas"] = self.schemas[:_MOST_SCHEMAS]
        return Answer(message=f"catalog {name}: {len(rows)} schema{'s' * (len(rows) != 1)}")

    async def schema(self, probe: Probe) -> Answer:
        """Look for the schema in what the catalog has listed; Trino writes all names small."""
        probe.at(Stage.OPERATION, self.hint)
        catalog, schema = self.target.catalog, self.target.db_schema or ""
        if schema.lower() not in self.schemas:
            user = self.session.user
            probe.warn(faults.TRINO_SCHEMA_MISSING(schema=schema, catalog=catalog, user=user))
        return Answer(message=f"schema {schema} is there")

    async def _catalogs(self, probe: Probe, end: float) -> str:
        try:
            rows = await self.session.rows(probe, "SHOW CATALOGS", end)
        except (StatementError, Fault):
            return "others"
        return ", ".join(str(row[0]) for row in rows) or "none"

    def _fault(self, failure: StatementError, what: str) -> Fault:
        values = self.session.told | {"what": what, "seen": failure.message}
        match failure.name:
            case "PERMISSION_DENIED":
                return faults.TRINO_ACCESS_DENIED(**values)
            case "NO_NODES_AVAILABLE":
                return faults.TRINO_NO_WORKERS(**values)
            case "SERVER_STARTING_UP":
                return faults.TRINO_STARTING(**values)
        values["seen"] = f"{failure.name}, {failure.message}"
        return faults.TRINO_REFUSED(**values)


def _end(probe: Probe) -> float:
    return time.monotonic() + probe.seconds - _ASIDE_SECONDS


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
