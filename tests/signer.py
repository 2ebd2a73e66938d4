"""Somebody whose tokens are accepted: a login that publishes its key by TLS."""

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from tls import Authority


class Signer:
    """A key, and where it is published."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority("login")
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        published = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
        page = json.dumps({"keys": [published | {"kid": "1", "use": "sig", "alg": "RS256"}]})

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(page.encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = self.authority.server(folder, "localhost")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.issuer = f"https://localhost:{self.server.server_port}/"
        self.claims = {"iss": self.issuer, "aud": "cube", "organization_id": "acme"}

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def token(self, algorithm: str = "RS256", kid: str = "1", **claims: object) -> str:
        said = self.claims | {"exp": time.time() + 600} | claims
        return jwt.encode(said, self.key, algorithm, {"kid": kid})

    def confused(self) -> str:
        """Sign as whoever hopes that the public key is taken for a secret."""

        def part(value: object) -> str:
            return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

        text = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': '1'})}.{part(self.claims)}"
        signature = hmac.new(self.public, text.encode(), hashlib.sha256).digest()
        return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
