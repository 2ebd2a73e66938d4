"""The layers below every protocol, tried one after the other: name, TCP, TLS.

Clients tell a refused connection, an unknown name and a wrong certificate in one sentence of their
own, if at all; tried here first, each has its name before a client is asked.
"""

import asyncio
import errno
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from floe_deploy.preflight import layers
from floe_deploy.preflight.check import CONNECT_SECONDS, Probe
from floe_deploy.preflight.code import Fault, Stage

DNS_SECONDS = 5.0
"""How long a name may take: a resolver's own first try."""

_MOST_ADDRESSES = 8
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL, for which ssl has no name
_PORTS = {"http": 80, "https": 443}

_NOT_TLS = (
    "WRONG_VERSION_NUMBER",
    "RECORD_LAYER_FAILURE",
    "UNEXPECTED_EOF",
    "PACKET_LENGTH_TOO_LONG",
)


def trusting(ca_file: str | None) -> ssl.SSLContext:
    """Answer what a server is verified by: a file's authorities alone, or those known everywhere.

    Raises:
        Fault: the file cannot be read.

    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as cause:
        raise layers.TLS_CA_FILE(file=ca_file) from cause


def address_of(url: str) -> tuple[str, int]:
    """Answer host and port of an HTTP address."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)


async def reach_url(probe: Probe, url: str, ca_file: str | None = None) -> ssl.SSLContext | None:
    """Try the layers below HTTP; answer what the server is verified by, if it speaks TLS.

    Where a proxy of the environment (`HTTPS_PROXY`) is on the way, it is what is tried.

    Raises:
        Fault: a layer does not work.

    """
    host, port = address_of(url)
    encrypted = urlsplit(url).scheme == "https"
    context = trusting(ca_file) if encrypted else None
    if proxy := _proxy(url):
        await reach(probe, *address_of(proxy))
    else:
        await reach(probe, host, port, context)
    if not encrypted:
        warn_of_plain_traffic(probe, host, port)
    return context


async def reach(
    probe: Probe, host: str, port: int, context: ssl.SSLContext | None = None
) -> Mapping[str, Any]:
    """Try name, TCP and, with a context, TLS; answer the certificate.

    Raises:
        Fault: a layer does not work.

    """
    where = f"{host}:{port}"
    probe.at(Stage.DNS, where)
    addresses = await _addresses(host, port)
    probe.at(Stage.TCP)
    connection = await _connected(addresses, host, port)
    with connection:
        if context is None:
            return {}
        probe.at(Stage.TLS)
        certificate = await _handshake(connection, host, port, context)
    _look_at(probe, certificate, host, port)
    return certificate


async def _addresses(host: str, port: int) -> list[tuple[Any, ...]]:
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


async def _connected(addresses: list[tuple[Any, ...]], host: str, port: int) -> socket.socket:
    """Try all addresses at once; the first that answers is the one."""
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


async def _handshake(
    connection: socket.socket, host: str, port: int, context: ssl.SSLContext
) -> Mapping[str, Any]:
    with tls_faults(host, port):
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                found: Mapping[str, Any] = await _certificate(connection, host, context)
                return found
        except TimeoutError:
            seconds = CONNECT_SECONDS
            raise layers.RESPONSE_TIMEOUT(host=f"{host}:{port}", seconds=seconds) from None
        except ssl.SSLCertVerificationError as failure:
            raise await _distrust(failure, host, port) from failure
    raise AssertionError  # every way out is above


async def _certificate(
    connection: socket.socket, host: str, context: ssl.SSLContext, *, binary: bool = False
) -> Any:
    """Answer the certificate of the server; the connection is closed then."""
    _, writer = await asyncio.open_connection(
        sock=connection, ssl=context, server_hostname=host, ssl_shutdown_timeout=0.1
    )
    try:
        tls = writer.get_extra_info("ssl_object")
        return tls.getpeercert(binary_form=binary)
    finally:
        writer.transport.abort()


@contextmanager
def tls_faults(host: str, port: int) -> Iterator[None]:
    """Name what goes wrong in a handshake, but for the certificate."""
    try:
        yield
    except ssl.SSLCertVerificationError:
        raise
    except ssl.SSLError as failure:
        reason = failure.reason or type(failure).__name__
        not_tls = any(word in reason for word in _NOT_TLS)
        code = layers.TLS_NOT_TLS if not_tls else layers.TLS_FAILED
        raise code(host=host, port=port, reason=reason.replace("_", " ").lower()) from failure
    except (ConnectionError, EOFError) as failure:  # it hung up
        raise layers.TLS_NOT_TLS(host=host, port=port) from failure


async def _distrust(failure: ssl.SSLCertVerificationError, host: str, port: int) -> Fault:
    """Say what is wrong with a certificate, for which it is fetched once more."""
    certificate: Mapping[str, Any] = {}
    with suppress(OSError, ssl.SSLError, Fault):
        async with asyncio.timeout(CONNECT_SECONDS):
            certificate = await _untrusted(host, port)
    return distrusted(failure, certificate, host, port)


def distrusted(
    failure: ssl.SSLCertVerificationError, certificate: Mapping[str, Any], host: str, port: int
) -> Fault:
    """Name why a certificate was not accepted; what it says may be unknown."""
    expired, not_yet, names = 10, 9, {62, 64}
    if failure.verify_code in names:
        return layers.TLS_NAME_MISMATCH(names=_names(certificate), host=host)
    if failure.verify_code == expired:
        date = _date(certificate, "notAfter")
        return layers.TLS_EXPIRED(host=host, port=port, date=date)
    if failure.verify_code == not_yet:
        return layers.TLS_NOT_YET(host=host, port=port, date=_date(certificate, "notBefore"))
    issuer = dict(pair for part in certificate.get("issuer", ()) for pair in part)
    told = f"it is by {issuer['commonName']}" if "commonName" in issuer else failure.verify_message
    return layers.TLS_UNTRUSTED(host=host, port=port, issuer=told)


async def _untrusted(host: str, port: int) -> Mapping[str, Any]:
    """Answer what a certificate says that nobody vouches for: Python parses only what it trusts."""
    anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anyone.check_hostname = False
    anyone.verify_mode = ssl.CERT_NONE
    own = await _certificate(await _again(host, port), host, anyone, binary=True)
    exactly = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    exactly.check_hostname = False
    exactly.load_verify_locations(cadata=own)
    exactly.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VerifyFlags(_NO_CHECK_TIME)
    certificate: Mapping[str, Any] = await _certificate(await _again(host, port), host, exactly)
    return certificate


async def _again(host: str, port: int) -> socket.socket:
    return await _connected(await _addresses(host, port), host, port)


def _names(certificate: Mapping[str, Any]) -> str:
    return ", ".join(name for _, name in certificate.get("subjectAltName", ())) or "other names"


def _date(certificate: Mapping[str, Any], key: str) -> str:
    moment = _moment(certificate, key)
    return f"{moment:%Y-%m-%d}" if moment else "a date that could not be read"


def _moment(certificate: Mapping[str, Any], key: str) -> datetime | None:
    text = certificate.get(key)
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC) if text else None


def _look_at(probe: Probe, certificate: Mapping[str, Any], host: str, port: int) -> None:
    end = _moment(certificate, "notAfter")
    if end is None:
        return
    days = (end - datetime.now(UTC)).days
    probe.details["certificate_days"] = days
    if days < probe.thresholds.certificate_days:
        date = f"{end:%Y-%m-%d}"
        probe.warn(layers.CERT_EXPIRES_SOON(host=host, port=port, days=days, date=date))


def warn_of_plain_traffic(probe: Probe, host: str, port: int) -> None:
    """Warn of traffic that others could read: neither on this machine nor to a Service."""
    if not near(host):
        probe.warn(layers.PLAIN_TRAFFIC(host=host, port=port))


def near(host: str) -> bool:
    """Tell whether a host is this machine, or a Service of the cluster."""
    if on_the_node(host):
        return True
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return "." not in host or host.endswith((".svc", ".cluster.local", ".localhost"))


def on_the_node(host: str) -> bool:
    """Tell whether a host is what the node gives identities by, of which no proxy may hear."""
    with suppress(ValueError):
        return ip_address(host).is_link_local
    return host == "metadata.google.internal"


def _proxy(url: str) -> str:
    """Answer the proxy that the environment puts before an address, as httpx and obstore do."""
    host, port = address_of(url)
    proxies = getproxies()
    if not proxies or on_the_node(host) or proxy_bypass(f"{host}:{port}"):
        return ""
    proxy = proxies.get(urlsplit(url).scheme) or proxies.get("all") or ""
    return proxy if "://" in proxy or not proxy else f"http://{proxy}"
