"""An authority of the tests' own, and TLS in front of a PostgreSQL that speaks none."""

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SSL_REQUEST = bytes.fromhex("0000000804d2162f")
NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


class Authority:
    """A certificate authority."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        authority = x509.BasicConstraints(ca=True, path_length=None)
        self.certificate = (
            self._builder(self.name, self.key.public_key())
            .add_extension(authority, critical=True)
            .sign(self.key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def pair(
        self, address: str, *, begins: dt.datetime = NOW - DAY, ends: dt.datetime = NOW + DAY
    ) -> tuple[str, str]:
        """Answer a certificate for an address, signed by the authority, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
        alternative = x509.SubjectAlternativeName([_named(address)])
        certificate = (
            self._builder(name, key.public_key(), begins=begins, ends=ends)
            .add_extension(alternative, critical=False)
            .sign(self.key, hashes.SHA256())
        )
        text = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return certificate.public_bytes(serialization.Encoding.PEM).decode(), text.decode()

    def server(
        self,
        folder: Path,
        address: str,
        *,
        begins: dt.datetime = NOW - DAY,
        ends: dt.datetime = NOW + DAY,
    ) -> ssl.SSLContext:
        """Answer what a server at an address shows, signed by the authority."""
        certificate, key = self.pair(address, begins=begins, ends=ends)
        file = folder / "server.pem"
        file.write_text(key + certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _builder(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePublicKey,
        *,
        begins: dt.datetime = NOW - DAY,
        ends: dt.datetime = NOW + DAY,
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
        )


def _named(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)


@contextmanager
def postgres_over_tls(port: int, context: ssl.SSLContext, *, plain: bool = False) -> Iterator[int]:
    """Answer the port at which PostgreSQL is reached by TLS alone, or by plain connections too."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        args = (listener, port, context, plain)
        threading.Thread(target=_serve, args=args, daemon=True).start()
        yield int(listener.getsockname()[1])


def _serve(listener: socket.socket, port: int, context: ssl.SSLContext, plain: bool) -> None:  # noqa: FBT001
    while True:
        try:
            client, _ = listener.accept()
        except OSError:  # the listener is closed
            return
        threading.Thread(target=_talk, args=(client, port, context, plain), daemon=True).start()


def _talk(client: socket.socket, port: int, context: ssl.SSLContext, plain: bool) -> None:  # noqa: FBT001
    """Answer a client's wish for TLS as PostgreSQL does, and hand on what it says by it."""
    with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", port)) as far:
        first = client.recv(8)
        if plain and first != SSL_REQUEST:
            far.sendall(first)
            _hand_on(client, far)
            return
        client.sendall(b"S")
        with context.wrap_socket(client, server_side=True) as near:
            _hand_on(near, far)


def _hand_on(near: socket.socket, far: socket.socket) -> None:
    back = threading.Thread(target=pump, args=(far, near), daemon=True)
    back.start()
    pump(near, far)
    far.shutdown(socket.SHUT_WR)
    back.join(5)


def pump(source: socket.socket, target: socket.socket) -> None:
    """Hand on what one says until it has no more to say."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
