"""The way to a PostgreSQL server: its first letter, before any login."""

import asyncio
import socket
import struct
from dataclasses import dataclass

from floe_deploy.preflight import layers
from floe_deploy.preflight.check import RESPONSE_SECONDS, Probe
from floe_deploy.preflight.checks.postgres import faults
from floe_deploy.preflight.code import Stage

_SSL_REQUEST = struct.pack("!ii", 8, 80877103)


@dataclass(kw_only=True)
class Way:
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
