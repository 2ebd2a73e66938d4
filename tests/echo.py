"""Servers that say whatever they were told, above all what they should not: a test of discretion.

They are stubs of no service in particular. Run as a program it starts them, runs `floe preflight`
in every form with a canary in every credential that a configuration can name, and answers in JSON
what was printed.
"""

import base64
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from stub import Asked, Said, stub
from tls import Authority

HOST = "127.0.0.1"
FORMS = ("table", "short", "json", "junit")


def canary(name: str) -> str:
    """Answer a credential that nothing else looks like."""
    return f"canary-{name}-7Zq/+ä"


def repeat(asked: Asked) -> Said:
    """Answer all of a request, and what its login says in Base64."""
    headers = dict(asked.headers)
    login = next((text for name, text in headers.items() if name.lower() == "authorization"), "")
    with contextlib.suppress(ValueError):
        login += base64.b64decode(login.partition(" ")[2]).decode(errors="replace")
    told: dict[str, Any] = {"login": login, "body": asked.body.decode(errors="replace")}
    told |= {"query": dict(asked.query), "path": asked.path, "headers": headers}
    text = json.dumps(told)
    said = {"error": text, "error_description": text, "message": text, "Code": login or text}
    return Said(status=400, body=said)


@contextmanager
def postgres() -> Iterator[int]:
    """Ask for the password in the clear, and complain of it by name."""
    with socket.create_server((HOST, 0)) as listener:
        threading.Thread(target=_complain, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]


def _complain(listener: socket.socket) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with contextlib.suppress(OSError), client:
            first = client.recv(1024)
            if first[4:8] == (80877103).to_bytes(4, "big"):  # it asks for TLS
                client.sendall(b"N")
                client.recv(1024)
            client.sendall(b"R" + (8).to_bytes(4, "big") + (3).to_bytes(4, "big"))
            password = client.recv(1024)[5:].rstrip(b"\0")
            fields = b"SFATAL\0C28P01\0Mno login with " + password + b"\0\0"
            client.sendall(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)


def private_key(passphrase: str | None) -> str:
    """Answer a key in PEM, which a passphrase opens if there is one."""
    lock: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        lock = serialization.BestAvailableEncryption(passphrase.encode())
    return (
        rsa.generate_private_key(public_exponent=65537, key_size=2048)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            lock,
        )
        .decode()
    )


def config(folder: Path, http: str, https: str, database: int) -> dict[str, Any]:
    """Answer a configuration of every kind of service, each with every credential."""

    def at(url: str) -> dict[str, Any]:
        host, _, port = url.partition("://")[2].partition(":")
        return {"host": host, "port": int(port)}

    def kept(name: str) -> dict[str, str]:
        return {"env": f"CANARY_{name.upper().replace('-', '_')}"}

    account = {
        "type": "service_account",
        "client_email": "floe@project.iam.gserviceaccount.com",
        "private_key_id": canary("key-id"),
        "private_key": (folder / "plain.pem").read_text(),
        "token_uri": f"{http}/token",
    }
    (folder / "google.json").write_text(json.dumps(account))
    ca, google = str(folder / "ca.crt"), str(folder / "google.json")
    login: dict[str, Any] = {
        "user": "floe",
        "ca_file": ca,
        "catalog": "lake",
        "password": kept("trino"),
    }
    snowflake: dict[str, Any] = {
        "account": "ORG-ACCOUNT",
        "user": "floe",
        "url": http,
        "type": "snowflake",
    }
    key = {"private_key": kept("key"), "private_key_passphrase": kept("passphrase")}
    s3: dict[str, Any] = {
        "type": "s3",
        "bucket": "lake",
        "endpoint": http,
        "access_key_id": kept("s3-id"),
    }
    s3 |= {"secret_access_key": kept("s3-secret"), "session_token": kept("s3-token")}
    adls = {"type": "adls", "account": "floe", "container": "lake", "endpoint": http}
    rest: dict[str, Any] = {
        "type": "polaris",
        "uri": http,
        "warehouse": "lake",
        "scope": "PRINCIPAL_ROLE:ALL",
    }
    rest |= {"client_id": kept("client-id"), "client_secret": kept("client-secret")}
    postgres = {"name": "dagster", "host": HOST, "port": database, "database": "dagster"}
    google_file = {"credentials_file": google}
    return {
        "compute": [
            {"name": "trino", "type": "trino", **at(https), **login},
            {"name": "password", **snowflake, "password": kept("snowflake")},
            {"name": "key", **snowflake, **key},
            {"name": "bigquery", "type": "bigquery", "project": "p", "url": http, **google_file},
        ],
        "storage": [
            {"name": "s3", **s3},
            {"name": "gcs", "type": "gcs", "bucket": "lake", "endpoint": http, **google_file},
            {"name": "key", **adls, "account_key": kept("account-key")},
            {"name": "sas", **adls, "sas": kept("sas")},
        ],
        "catalog": [rest],
        "postgres": [{**postgres, "user": kept("pg-user"), "password": kept("pg-password")}],
    }


def variables(folder: Path) -> dict[str, str]:
    """Answer every canary, by the variable that holds it."""
    names: tuple[str, ...] = (
        "trino",
        "snowflake",
        "passphrase",
        "s3-id",
        "s3-secret",
        "s3-token",
        "client-id",
    )
    names += ("client-secret", "pg-user", "pg-password")
    found = {f"CANARY_{name.upper().replace('-', '_')}": canary(name) for name in names}
    return found | {
        "CANARY_KEY": (folder / "encrypted.pem").read_text(),
        "CANARY_ACCOUNT_KEY": base64.b64encode(canary("account-key").encode()).decode(),
        "CANARY_SAS": f"sv=2024-11-04&se=2099-01-01T00:00:00Z&sp=rwdl&sig={canary('sas')}",
    }


def main(folder: Path) -> None:
    """Run all of it."""
    authority = Authority("of echoes")
    (folder / "ca.crt").write_text(authority.pem)
    (folder / "plain.pem").write_text(private_key(None))
    (folder / "encrypted.pem").write_text(private_key(canary("passphrase")))
    context = authority.server(folder, HOST)
    with stub(repeat) as http, stub(repeat, context) as https, postgres() as database:
        told = config(folder, http.url, https.url, database)
        file = folder / "preflight.json"
        file.write_text(json.dumps(told))
        print(json.dumps([_run(file, folder, form) for form in FORMS]))  # noqa: T201


def _run(file: Path, folder: Path, form: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "floe_deploy", "preflight", f"--config={file}"]
    env = os.environ | variables(folder) | {"FLOE_TRACEBACK": "1"}
    done = subprocess.run(
        [*command, f"--format={form}"], env=env, capture_output=True, text=True, check=False
    )
    return {"form": form, "code": done.returncode, "out": done.stdout, "err": done.stderr}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
