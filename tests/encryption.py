"""Encrypting and decrypting Secrets with the real tools, and with stand-ins that look alike."""

import base64
import json
import random
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from floe_deploy.manifests import WAVE
from test_dist import BIN

Manifest = dict[str, Any]


def plain(name: str, namespace: str, values: dict[str, str]) -> Manifest:
    """Answer a Secret as it is before it is encrypted."""
    metadata = {"name": name, "namespace": namespace, "annotations": {WAVE: "-50"}}
    head = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
    login = {"type": "kubernetes.io/dockerconfigjson"} if ".dockerconfigjson" in values else {}
    return head | login | {"stringData": values}


def run(*command: str | Path, text: str, env: dict[str, str] | None = None) -> str:
    result = subprocess.run(
        [str(part) for part in command],
        input=text,
        env=env or {},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


class Sops:
    """SOPS with an age key of its own."""

    def __init__(self, folder: Path) -> None:
        self.key = folder / "age.key"
        subprocess.run([BIN / "age-keygen", "-o", self.key], check=True, capture_output=True)
        _, _, self.recipient = self.key.read_text().splitlines()[1].partition("public key: ")

    def encrypt(self, secret: Manifest, *arguments: str) -> str:
        command: list[str | Path] = [
            BIN / "sops",
            "encrypt",
            "--input-type=yaml",
            "--output-type=yaml",
        ]
        given = arguments or ("--encrypted-regex", "^(data|stringData)$")
        secret_text = yaml.safe_dump(secret)
        return run(*command, "--age", self.recipient, *given, "/dev/stdin", text=secret_text)

    def decrypt(self, text: str) -> Manifest:
        command: list[str | Path] = [
            BIN / "sops",
            "decrypt",
            "--input-type=yaml",
            "--output-type=json",
        ]
        env = {"SOPS_AGE_KEY_FILE": str(self.key)}
        secret: Manifest = json.loads(run(*command, "/dev/stdin", text=text, env=env))
        return secret


class Sealing:
    """kubeseal with the key pair of a controller that does not exist."""

    def __init__(self, folder: Path) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sealed-secret")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .sign(key, hashes.SHA256())
        )
        self.certificate, self.key = folder / "sealing.pem", folder / "sealing.key"
        self.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        self.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
        )

    def encrypt(self, secret: Manifest, *arguments: str) -> str:
        """Seal a Secret; kubeseal keeps no annotation, so the wave is written afterwards."""
        command: list[str | Path] = [
            BIN / "kubeseal",
            "--format=yaml",
            "--cert",
            self.certificate,
            *arguments,
        ]
        sealed = yaml.safe_load(run(*command, text=json.dumps(secret)))
        sealed["metadata"].setdefault("annotations", {})[WAVE] = "-50"
        return yaml.safe_dump(sealed)

    def decrypt(self, text: str) -> Manifest:
        command: list[str | Path] = [
            BIN / "kubeseal",
            "--recovery-unseal",
            "--recovery-private-key",
            self.key,
        ]
        secret: Manifest = json.loads(run(*command, text=text))
        return secret


def sops_value(kind: str = "str") -> str:
    """Answer a value that looks as if SOPS had encrypted it."""
    data, nonce, tag = (base64.b64encode(_bytes(size)).decode() for size in (9, 32, 16))
    return f"ENC[AES256_GCM,data:{data},iv:{nonce},tag:{tag},type:{kind}]"


def like_sops(secret: Manifest) -> Manifest:
    """Answer a Secret that looks as if SOPS had encrypted it."""
    values = {key: sops_value() for key in secret["stringData"]}
    sops = {"age": [{"recipient": "age1", "enc": "…"}], "mac": sops_value(), "version": "3.13.3"}
    return secret | {"stringData": values, "sops": sops}


def sealed_value(size: int = 9) -> str:
    """Answer a value that looks as if kubeseal had sealed it."""
    return base64.b64encode(b"\x02\x00" + _bytes(512 + size + 16)).decode()


def like_sealed(secret: Manifest) -> Manifest:
    """Answer a SealedSecret that looks as if kubeseal had made it."""
    values = {key: sealed_value() for key in secret["stringData"]}
    named = {key: secret["metadata"][key] for key in ("name", "namespace")}
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": secret["metadata"] | {"creationTimestamp": None},
        "spec": {
            "encryptedData": values,
            "template": {"metadata": named | {"creationTimestamp": None}}
            | {key: secret[key] for key in ("type",) if key in secret},
        },
    }


def _bytes(size: int) -> bytes:
    return random.Random(size).randbytes(size)  # noqa: S311  to look at, not to protect anything
