"""Names and TCP: the lowest layers of a connection."""

import asyncio
import errno
import socket
from typing import Any

from floe_deploy.preflight import layers
from floe_deploy.preflight.check import CONNECT_SECONDS
from floe_deploy.preflight.code import Fault

DNS_SECONDS = 5.0
"""How long a name may take: a resolver's own first try."""

_MOST_ADDRESSES = 8


async def addresses_of(host: str, port: int) -> list[tuple[Any, ...]]:
    """Answer the addresses of a host.

    Raises:
        Fault: there are none, or nobody tells.

    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(DNS_SECONDS):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise layers.DNS_TIMEOUT(host=host, seconds=DNS_SECONDS) from None
    except (socket.gaierror, UnicodeError) as failure:
        number = getattr(failure, "errno", socket.EAI_NONAME)
        silent = number in {socket.EAI_AGAIN, socket.EAI_FAIL}
        code = layers.DNS_UNAVAILABLE if silent else layers.DNS_NOT_FOUND
        raise code(host=host) from failure
    return list(dict.fromkeys(found))[:_MOST_ADDRESSES]


async def connected(addresses: list[tuple[Any, ...]], host: str, port: int) -> socket.socket:
    """Try all addresses at once; the first that answers is the one.

    Raises:
        Fault: none does.

    """
    tries = {asyncio.ensure_future(_connect(address)) for address in addresses}
    failures: list[BaseException] = []
    pending = tries
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            while pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    if failure := one.exception():
                        failures.append(failure)
                    else:
                        return one.result()
    except TimeoutError:
        if not any(isinstance(failure, ConnectionRefusedError) for failure in failures):
            seconds = CONNECT_SECONDS
            raise layers.CONN_TIMEOUT(host=host, port=port, seconds=seconds) from None
    finally:
        for one in pending:
            one.cancel()
    raise _no_connection(failures, host, port)


def _no_connection(failures: list[BaseException], host: str, port: int) -> Fault:
    if any(isinstance(failure, ConnectionRefusedError) for failure in failures):
        return layers.CONN_REFUSED(host=host, port=port)
    number = getattr(failures[0], "errno", None) or 0
    if number == errno.ETIMEDOUT:
        return layers.CONN_TIMEOUT(host=host, port=port, seconds=CONNECT_SECONDS)
    reason = errno.errorcode.get(number, type(failures[0]).__name__)
    return layers.CONN_UNREACHABLE(host=host, port=port, reason=reason)


async def _connect(address: tuple[Any, ...]) -> socket.socket:
    family, kind, protocol, _, where = address
    connection = socket.socket(family, kind, protocol)
    connection.settimeout(0)
    try:
        await asyncio.get_running_loop().sock_connect(connection, where)
    except BaseException:
        connection.close()
        raise
    return connection
