"""A login at PostgreSQL, with what libpq's sslmode says about encryption.

Nothing is read but what the target says: no `PG*` variable, no file of the home directory.
"""

import asyncio
import socket
import ssl
import struct
from contextlib import suppress
from dataclasses import dataclass

import asyncpg

from floe_constructs.preflight.targets import Postgres
from floe_deploy.preflight import layers
from floe_deploy.preflight.check import RESPONSE_SECONDS, Probe
from floe_deploy.preflight.checks.postgres import faults
from floe_deploy.preflight.code import Code, Fault, Stage
from floe_deploy.preflight.connection import reach, warn_of_plain_traffic
from floe_deploy.preflight.http import excerpt
from floe_deploy.preflight.tls import trusting

_CLOSING_SECONDS = 0.3
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
_NOT_LET_IN = "28000"
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


@dataclass(kw_only=True)
class _Way:
    """How the server is reached."""

    probe: Probe
    host: str
    port: int
    sslmode: str
    offers_tls: bool = False

    @property
    def encrypts(self) -> bool:
        """Whether TLS follows."""
        return self.offers_tls and self.sslmode != "disable"

    async def greet(self, connection: socket.socket) -> bool:
        """Ask for TLS, which every PostgreSQL answers with one letter, and nothing else does."""
        loop, where = asyncio.get_running_loop(), f"{self.host}:{self.port}"
        self.probe.at(Stage.TLS)
        try:
            async with asyncio.timeout(RESPONSE_SECONDS):
                await loop.sock_sendall(connection, _SSL_REQUEST)
                said = await loop.sock_recv(connection, 1)
        except TimeoutError:
            raise layers.RESPONSE_TIMEOUT(host=where, seconds=RESPONSE_SECONDS) from None
        except OSError as failure:
            raise layers.CONN_CLOSED(host=where) from failure
        if not said:
            raise layers.CONN_CLOSED(host=where)
        if said not in {b"S", b"N", b"E"}:
            values = {"host": self.host, "port": self.port, "service": "PostgreSQL"}
            raise layers.WRONG_SERVICE(**values, seen="another protocol")
        if said == b"E":  # it could not start a process for the connection
            raise faults.PG_TOO_MANY(host=self.host, port=self.port, user="anybody")
        self.offers_tls = said == b"S"
        if self.sslmode not in {"disable", "prefer"} and not self.offers_tls:
            raise faults.PG_TLS_MISMATCH(host=self.host, port=self.port, sslmode=self.sslmode)
        return self.encrypts


async def login(probe: Probe, target: Postgres) -> Session:
    """Try the layers one after the other, up to a login.

    Raises:
        Fault: one of them does not work.

    """
    host = probe.text(target.host)
    way = _Way(probe=probe, host=host, port=target.port, sslmode=target.sslmode)
    context = _context(target)
    try:
        await reach(probe, way.host, way.port, context, way.greet)
    except Fault as fault:
        if target.sslmode != "prefer" or fault.code.stage != Stage.TLS:
            raise
        way.offers_tls = False  # as libpq does, it goes on without
    if not way.offers_tls:
        context = None
    if context is None:
        warn_of_plain_traffic(probe, way.host, way.port)
    probe.at(Stage.AUTH)
    return await _logged_in(probe, target, way, context)


async def _logged_in(
    probe: Probe, target: Postgres, way: _Way, context: ssl.SSLContext | None
) -> Session:
    user, database = probe.text(target.user), probe.text(target.database)
    where = f"{way.host}:{way.port}"
    try:
        async with asyncio.timeout(RESPONSE_SECONDS):
            # Whatever is silent here is looked for in the environment and in files.
            connection = await asyncpg.connect(
                host=way.host,
                port=way.port,
                user=user,
                password=probe.text(target.password) if target.password else "",
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
    failure: asyncpg.PostgresError, target: Postgres, way: _Way, *, user: str, database: str
) -> Fault:
    """Name what the server says to a login."""
    told: dict[str, object] = {"host": way.host, "port": way.port, "user": user}
    told |= {"database": database, "sslmode": way.sslmode}
    told["credential"] = target.password.told if target.password else "whether it wants a password"
    told["encryption"] = "by TLS" if way.encrypts else "without TLS"
    state = failure.sqlstate or ""
    if state in _LOST:
        return layers.CONN_CLOSED(host=f"{way.host}:{way.port}")
    if state == _NOT_LET_IN:
        return _not_let_in(failure, way)(**told)
    code = _BY_STATE.get(state)
    return code(**told) if code else refused(failure, way.host, way.port)


def _not_let_in(failure: asyncpg.PostgresError, way: _Way) -> Code:
    """Tell apart what has one SQLSTATE, by the server's function that says it."""
    match failure.server_source_function:
        case "auth_failed":
            return faults.PG_AUTH_FAILED
        case "ClientAuthentication":  # pg_hba.conf
            tls_would_do = way.offers_tls and not way.encrypts
            return faults.PG_TLS_REQUIRED if tls_would_do else faults.PG_NO_HBA_LINE
    return faults.PG_NO_LOGIN


def refused(failure: asyncpg.PostgresError, host: str, port: int) -> Fault:
    """Answer an error that has no name of its own, in the server's words."""
    seen = excerpt(f"{failure.sqlstate}, {failure.message}")
    return faults.PG_REFUSED(host=host, port=port, seen=seen)
