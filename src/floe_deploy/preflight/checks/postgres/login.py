"""A login at PostgreSQL, with what libpq's sslmode says about encryption.

Nothing is read but what the target says: no `PG*` variable, no file of the home directory.
"""

import asyncio
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass

import asyncpg

from floe_constructs.preflight.targets import Postgres
from floe_deploy.preflight import layers
from floe_deploy.preflight.check import RESPONSE_SECONDS, Probe
from floe_deploy.preflight.checks.postgres import faults
from floe_deploy.preflight.checks.postgres.token import token
from floe_deploy.preflight.checks.postgres.way import Way
from floe_deploy.preflight.code import Code, Fault, Stage
from floe_deploy.preflight.connection import host_of, reach, warn_of_plain_traffic
from floe_deploy.preflight.http import excerpt
from floe_deploy.preflight.tls import trusting

_CLOSING_SECONDS = 0.3
_NEAR = ("127.0.0.1", "localhost")  # a proxy in the pod, which encrypts by itself
_NOT_LET_IN = "28000"
_POOLER = "08P01"
_BY_WORDS = {  # PgBouncer's, which has no other SQLSTATE for years and translates nothing
    r"authentication failed|no such user": faults.PG_AUTH_FAILED,
    r"no such database|database .* does not exist": faults.PG_DB_MISSING,
    r"query_wait_timeout|login has been failing|no more connections": faults.PG_POOLER_WAITS,
}
_LOST = ("08000", "08003", "08006")
_BY_STATE = {
    "28P01": faults.PG_AUTH_FAILED,
    "3D000": faults.PG_DB_MISSING,
    "42501": faults.PG_CONNECT_DENIED,
    "53300": faults.PG_TOO_MANY,
    "57P01": faults.PG_STARTING,
    "57P02": faults.PG_STARTING,
    "57P03": faults.PG_STARTING,
}


@dataclass(kw_only=True)
class Session:
    """A connection, and what messages name of it."""

    connection: "asyncpg.Connection[asyncpg.Record]"
    host: str
    port: int
    database: str
    user: str
    encrypted: bool


async def login(probe: Probe, target: Postgres) -> Session:
    """Try the layers one after the other, up to a login.

    Raises:
        Fault: one of them does not work.

    """
    host = host_of(probe, target.host)
    way = Way(probe=probe, host=host, port=target.port, sslmode=target.sslmode)
    context = _context(target)
    try:
        await reach(probe, way.host, way.port, context, way.greet)
    except Fault as fault:
        in_tls = fault.code.stage == Stage.TLS or fault.code is layers.CONN_CLOSED
        if target.sslmode != "prefer" or not (way.offers_tls and in_tls):
            raise
        way.offers_tls = False  # as libpq does, it goes on without
    if not way.offers_tls:
        context = None
    if context is None:
        warn_of_plain_traffic(probe, way.host, way.port)
    user = probe.text(target.user)
    password = await _password(probe, target, way, user)
    probe.at(Stage.AUTH, f"{way.host}:{way.port}")
    return await _logged_in(probe, target, way, context, user=user, password=password)


async def _password(probe: Probe, target: Postgres, way: Way, user: str) -> str:
    if target.identity is None:
        return probe.text(target.password) if target.password else ""
    if not way.encrypts and way.host not in _NEAR:
        told = {"host": way.host, "port": way.port, "sslmode": way.sslmode}
        raise faults.PG_PLAIN_TOKEN(**told)
    return await token(probe, target, way.host, user)


async def _logged_in(  # noqa: PLR0913  a login has that many independent parts
    probe: Probe,
    target: Postgres,
    way: Way,
    context: ssl.SSLContext | None,
    *,
    user: str,
    password: str,
) -> Session:
    database = probe.text(target.database)
    where = f"{way.host}:{way.port}"
    try:
        async with asyncio.timeout(RESPONSE_SECONDS):
            # Whatever is silent here is looked for in the environment and in files.
            connection = await asyncpg.connect(
                host=way.host,
                port=way.port,
                user=user,
                password=password,
                database=database,
                ssl=context or False,
                direct_tls=False,
                target_session_attrs=asyncpg.connect_utils.SessionAttribute.any,
                timeout=RESPONSE_SECONDS,
                command_timeout=RESPONSE_SECONDS + 1,
                statement_cache_size=0,  # a pooler may give each transaction another session
            )
    except TimeoutError:
        raise layers.RESPONSE_TIMEOUT(host=where, seconds=RESPONSE_SECONDS) from None
    except asyncpg.PostgresError as failure:
        raise _refused(failure, target, way, user=user, database=database) from failure
    except (OSError, ssl.SSLError) as failure:
        raise layers.CONN_CLOSED(host=where) from failure
    except (asyncpg.InterfaceError, asyncpg.InternalClientError) as failure:
        seen = excerpt(failure)  # a way of logging in that no password is for: Kerberos
        raise faults.PG_REFUSED(host=way.host, port=way.port, seen=seen) from failure
    probe.resources.push_async_callback(_leave, connection)
    return Session(
        connection=connection,
        host=way.host,
        port=way.port,
        database=database,
        user=user,
        encrypted=context is not None,
    )


async def _leave(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    with suppress(Exception):
        await connection.close(timeout=_CLOSING_SECONDS)


def _context(target: Postgres) -> ssl.SSLContext | None:
    if target.sslmode == "disable":
        return None
    context = trusting(target.ca_file)
    context.check_hostname = target.sslmode == "verify-full"
    if target.sslmode == "prefer" or (target.sslmode == "require" and not target.ca_file):
        context.verify_mode = ssl.CERT_NONE
    return context


def _refused(
    failure: asyncpg.PostgresError, target: Postgres, way: Way, *, user: str, database: str
) -> Fault:
    """Name what the server says to a login."""
    told: dict[str, object] = {"host": way.host, "port": way.port, "user": user}
    told |= {"database": database, "sslmode": way.sslmode}
    told["credential"] = target.password.told if target.password else "whether it wants a password"
    told["encryption"] = "by TLS" if way.encrypts else "without TLS"
    told |= {"identity": target.identity, "seen": excerpt(failure.message)}
    state = failure.sqlstate or ""
    if state in _LOST:
        return layers.CONN_CLOSED(host=f"{way.host}:{way.port}")
    code = _by_words(failure) if state == _POOLER else _BY_STATE.get(state)
    if state == _NOT_LET_IN:
        code = _not_let_in(failure, way)
    if code is faults.PG_AUTH_FAILED and target.identity:
        code = faults.PG_TOKEN_REFUSED
    return code(**told) if code else refused(failure, way.host, way.port)


def _by_words(failure: asyncpg.PostgresError) -> Code | None:
    found = (code for words, code in _BY_WORDS.items() if re.search(words, failure.message or ""))
    return next(found, None)


def _not_let_in(failure: asyncpg.PostgresError, way: Way) -> Code | None:
    """Tell apart what has one SQLSTATE, by the server's function that says it, if it tells."""
    match failure.server_source_function:
        case "auth_failed":
            return faults.PG_AUTH_FAILED
        case "ClientAuthentication":  # pg_hba.conf
            tls_would_do = way.offers_tls and not way.encrypts
            return faults.PG_TLS_REQUIRED if tls_would_do else faults.PG_NO_HBA_LINE
        case "InitializeSessionUserId":
            return faults.PG_NO_LOGIN
    return None


def refused(failure: asyncpg.PostgresError, host: str, port: int) -> Fault:
    """Answer an error that has no name of its own, in the server's words."""
    seen = excerpt(f"{failure.sqlstate}, {failure.message}")
    return faults.PG_REFUSED(host=host, port=port, seen=seen)
