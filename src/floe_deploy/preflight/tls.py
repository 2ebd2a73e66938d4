"""TLS: a handshake, and what is wrong with a certificate."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from floe_deploy.preflight import layers
from floe_deploy.preflight.check import CONNECT_SECONDS, Probe
from floe_deploy.preflight.code import Fault
from floe_deploy.preflight.tcp import addresses_of, connected

Greeting = Callable[[socket.socket], Awaitable[bool]]
"""What a protocol says before TLS; whether TLS follows."""

_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL, for which ssl has no name

_NOT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
_HUNG_UP = "UNEXPECTED_EOF"


def trusting(ca_file: str | None) -> ssl.SSLContext:
    """Answer what a server is verified by: a file's authorities alone, or those known everywhere.

    Raises:
        Fault: the file cannot be read.

    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except FileNotFoundError as cause:
        raise layers.TLS_CA_MISSING(file=ca_file) from cause
    except (OSError, ssl.SSLError) as cause:
        raise layers.TLS_CA_FILE(file=ca_file) from cause


async def handshake(
    connection: socket.socket,
    host: str,
    port: int,
    context: ssl.SSLContext,
    greet: Greeting | None = None,
) -> Mapping[str, Any]:
    """Speak TLS over a connection, which is closed then; answer the server's certificate.

    Further connections, which are made to see what is wrong with a certificate, begin with `greet`.

    Raises:
        Fault: there is no TLS, or the certificate is not accepted.

    """
    with tls_faults(host, port):
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                found: Mapping[str, Any] = await _certificate(connection, host, context)
                return found
        except TimeoutError:
            seconds = CONNECT_SECONDS
            raise layers.RESPONSE_TIMEOUT(host=f"{host}:{port}", seconds=seconds) from None
        except ssl.SSLCertVerificationError as failure:
            raise await _distrust(failure, host, port, greet) from failure
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
        if _HUNG_UP in reason:
            raise layers.CONN_CLOSED(host=f"{host}:{port}") from failure
        not_tls = any(word in reason for word in _NOT_TLS)
        code = layers.TLS_NOT_TLS if not_tls else layers.TLS_FAILED
        raise code(host=host, port=port, reason=reason.replace("_", " ").lower()) from failure
    except (ConnectionError, EOFError) as failure:  # as a balancer does that has no server yet
        raise layers.CONN_CLOSED(host=f"{host}:{port}") from failure


async def _distrust(
    failure: ssl.SSLCertVerificationError, host: str, port: int, greet: Greeting | None
) -> Fault:
    """Say what is wrong with a certificate, for which it is fetched once more."""
    certificate: Mapping[str, Any] = {}
    with suppress(OSError, ssl.SSLError, Fault):
        async with asyncio.timeout(CONNECT_SECONDS):
            certificate = await _untrusted(host, port, greet)
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


async def _untrusted(host: str, port: int, greet: Greeting | None) -> Mapping[str, Any]:
    """Answer what a certificate says that nobody vouches for: Python parses only what it trusts."""
    anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anyone.check_hostname = False
    anyone.verify_mode = ssl.CERT_NONE
    own = await _certificate(await _again(host, port, greet), host, anyone, binary=True)
    exactly = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    exactly.check_hostname = False
    exactly.load_verify_locations(cadata=own)
    exactly.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VerifyFlags(_NO_CHECK_TIME)
    connection = await _again(host, port, greet)
    certificate: Mapping[str, Any] = await _certificate(connection, host, exactly)
    return certificate


async def _again(host: str, port: int, greet: Greeting | None) -> socket.socket:
    connection = await connected(await addresses_of(host, port), host, port)
    if greet:
        await greet(connection)
    return connection


def _names(certificate: Mapping[str, Any]) -> str:
    return ", ".join(name for _, name in certificate.get("subjectAltName", ())) or "other names"


def _date(certificate: Mapping[str, Any], key: str) -> str:
    moment = _moment(certificate, key)
    return f"{moment:%Y-%m-%d}" if moment else "a date that could not be read"


def _moment(certificate: Mapping[str, Any], key: str) -> datetime | None:
    text = certificate.get(key)
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC) if text else None


def look_at(probe: Probe, certificate: Mapping[str, Any], host: str, port: int) -> None:
    """Warn of a certificate that ends soon."""
    end = _moment(certificate, "notAfter")
    if end is None:
        return
    days = (end - datetime.now(UTC)).days
    probe.details["certificate_days"] = days
    if days < probe.thresholds.certificate_days:
        date = f"{end:%Y-%m-%d}"
        probe.warn(layers.CERT_EXPIRES_SOON(host=host, port=port, days=days, date=date))
