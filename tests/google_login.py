"""A key file of a service account, and a stub of the token endpoint that it names."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from stub import Said, stub

TOKEN = "ya29." + "".join(f"{number:03}token" for number in range(90))
"""As long as those of Google: longer than what a report shows."""


def key_file(folder: Path, **fields: Any) -> tuple[Path, rsa.RSAPrivateKey]:
    """Write a key file, with what is said otherwise; answer the key, too."""
    key = _key()
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    said = {"type": "service_account", "client_email": "lake@example.com", "private_key": text}
    file = folder / "key.json"
    file.write_text(json.dumps(said | fields))
    return file, key


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@contextmanager
def login(folder: Path) -> Iterator[str]:
    """Answer a key file that is accepted."""
    with stub(lambda _: Said(body={"access_token": TOKEN})) as google:
        yield str(key_file(folder, token_uri=f"{google.url}/token")[0])


def error(status: int, reason: str, message: str = "No.", **info: Any) -> Said:
    """Say an error as Google's JSON APIs do; `details` have more exact reasons."""
    said = {"code": status, "message": message, "errors": [{"reason": reason, "message": message}]}
    return Said(status=status, body={"error": said | info})


BLOCKED = "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: a1"


def exact(reason: str) -> Any:
    """Answer the most exact form of a reason."""
    kind = "type.googleapis.com/google.rpc.ErrorInfo"
    return [{"@type": kind, "reason": reason, "domain": "googleapis.com"}]
