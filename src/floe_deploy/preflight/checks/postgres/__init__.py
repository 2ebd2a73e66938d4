"""Checks of PostgreSQL: login, rights, whether it takes writes, state of migrations."""

import time
from typing import Any

import asyncpg

from floe_constructs.preflight.targets import Postgres
from floe_deploy.preflight import layers
from floe_deploy.preflight.check import RESPONSE_SECONDS, Check, Probe
from floe_deploy.preflight.checks.postgres import faults, revisions
from floe_deploy.preflight.checks.postgres.login import Session, login, refused
from floe_deploy.preflight.checks.postgres.token import needs
from floe_deploy.preflight.code import Answer, Stage
from floe_deploy.preflight.http import compare

OLDEST = 14
"""Major version; Marquez' own documentation asks for it."""

QUERY_SECONDS = RESPONSE_SECONDS
"""After which the server itself ends a query."""

_RIGHTS = {"CREATE": "may_create", "USAGE": "may_use"}

_STATE = """
SELECT current_setting('server_version_num')::int / 10000 AS major,
       current_setting('server_version') AS version,
       clock_timestamp() AS clock,
       pg_is_in_recovery() AS standby,
       current_setting('transaction_read_only')::bool AS read_only,
       to_regnamespace(quote_ident($1)) IS NOT NULL AS found,
       has_schema_privilege(to_regnamespace(quote_ident($1))::oid, 'CREATE') AS may_create,
       has_schema_privilege(to_regnamespace(quote_ident($1))::oid, 'USAGE') AS may_use
"""

_TABLE = """
SELECT pg_get_userbyid(relowner) AS owner,
       pg_has_role(relowner, 'USAGE') AS owned,
       has_table_privilege(pg_class.oid, 'SELECT') AS readable
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = $1 AND relname = 'alembic_version'
"""


def checks(target: Postgres) -> list[Check]:
    """Answer the checks of a database: a login, then rights and migrations by the same session.

    Raises:
        Fault: what signs the tokens of its identity is not installed.

    """
    needs(target)
    login_id = target.root("postgres")
    server = _Server(target)
    found = [
        Check(id=login_id, service="postgres", title="login", hint=server.hint, run=server.log_in),
        Check(
            id=f"{login_id}.rights",
            service="postgres",
            title="may read" if target.read_only else "may make tables",
            hint=server.hint,
            run=server.rights,
            requires=login_id,
        ),
    ]
    if target.migrations:
        found.append(
            Check(
                id=f"{login_id}.migrations",
                service="postgres",
                title="state of Dagster's tables",
                hint=server.hint,
                run=server.migrations,
                requires=f"{login_id}.rights",
            )
        )
    return found


class _Server:
    """A server, its session and what it has said of itself."""

    session: Session
    state: asyncpg.Record

    def __init__(self, target: Postgres) -> None:
        self.target = target
        places = [it if isinstance(it, str) else it.told for it in (target.host, target.database)]
        self.hint = f"{places[0]}:{target.port}, database {places[1]}"

    async def log_in(self, probe: Probe) -> Answer:
        """Log in, and ask all that one answer can tell."""
        self.session = session = await login(probe, self.target)
        probe.at(Stage.OPERATION)
        self.state = state = await self._row(_STATE, self.target.db_schema)
        version = state["version"].partition(" ")[0]
        probe.details |= {"version": version, "database": session.database, "user": session.user}
        probe.details["encrypted"] = session.encrypted
        compare(probe, round(time.time() - state["clock"].timestamp()), session.host)
        if state["major"] < OLDEST:
            probe.warn(faults.PG_VERSION(found=version, oldest=OLDEST))
        message = f"PostgreSQL {version}, login as {session.user} to {session.database}"
        return Answer(message=message)

    async def rights(self, probe: Probe) -> Answer:
        """Look at what may be done in the schema."""
        probe.at(Stage.AUTHZ)
        session, state, schema = self.session, self.state, self.target.db_schema
        told = {"user": session.user, "schema": schema, "database": session.database}
        if self.target.read_only:
            if not state["found"]:
                probe.warn(faults.PG_NOTHING_TO_READ(**told))
            elif not state["may_use"]:
                raise faults.PG_NO_USAGE(**told)
            return Answer(message=f"may read schema {schema}")
        if not state["found"]:
            raise faults.PG_SCHEMA_MISSING(**told)
        if state["standby"] or state["read_only"]:
            reason = "it is a standby" if state["standby"] else "transactions are read-only"
            raise faults.PG_READ_ONLY(host=session.host, port=session.port, reason=reason)
        lacks = [right for right in ("CREATE", "USAGE") if not state[_RIGHTS[right]]]
        if lacks:
            raise faults.PG_NO_CREATE(**told, rights=", ".join(lacks))
        return Answer(message=f"may make tables in schema {schema}")

    async def migrations(self, probe: Probe) -> Answer:
        """Compare the revision of Dagster's tables with those that are known."""
        probe.at(Stage.OPERATION)
        schema = self.target.db_schema
        table = await self._row(_TABLE, schema)
        if table is None:
            return Answer(message="no tables of Dagster yet: the first installation makes them")
        told = {"schema": schema, "owner": table["owner"], "user": self.session.user}
        if not table["readable"]:
            raise faults.PG_NOT_OWNER(**told)
        quoted = schema.replace('"', '""')
        row = await self._row(f'SELECT version_num FROM "{quoted}".alembic_version')  # noqa: S608  quoted
        probe.details["revision"] = found = row["version_num"] if row else None
        if found is None:
            return Answer(message="Dagster's tables have no revision: the migration gives them one")
        behind = revisions.behind(found)
        if behind is None:
            return Answer(
                message=f"Dagster's tables are at revision {found}, ahead of what is known "
                f"(Dagster {revisions.VERSION}), as after a rollback: that is supported"
            )
        if not behind:
            return Answer(message=f"Dagster's tables are at revision {found}, the newest")
        if not table["owned"]:
            raise faults.PG_NOT_OWNER(**told)
        newest, version = revisions.NEWEST, revisions.VERSION
        values = {"found": found, "behind": behind, "newest": newest, "version": version}
        probe.warn(faults.PG_MIGRATION_PENDING(**values))
        return Answer(message="")  # the warning says it

    async def _row(self, query: str, *values: str) -> Any:
        """Ask for one row, in a transaction that leaves nothing behind in a pooler's session.

        Raises:
            Fault: there is no answer.

        """
        connection, host, port = self.session.connection, self.session.host, self.session.port
        try:
            async with connection.transaction():
                milliseconds = round(QUERY_SECONDS * 1000)
                await connection.execute(f"SET LOCAL statement_timeout = {milliseconds}")
                return await connection.fetchrow(query, *values)
        except asyncpg.QueryCanceledError:
            seconds = QUERY_SECONDS
            raise faults.PG_SLOW_QUERY(host=host, port=port, seconds=seconds) from None
        except TimeoutError:
            raise layers.RESPONSE_TIMEOUT(host=f"{host}:{port}", seconds=QUERY_SECONDS) from None
        except asyncpg.PostgresError as failure:
            raise refused(failure, host, port) from failure
        except (OSError, asyncpg.InterfaceError) as failure:
            raise layers.CONN_CLOSED(host=f"{host}:{port}") from failure
