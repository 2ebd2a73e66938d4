"""A Kubernetes control plane of the tests' own, with no node."""

import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from api_server import ApiServer
from postgres import free_port
from test_dist import BIN

Program = subprocess.Popen[bytes]


@contextmanager
def control_plane(folder: Path, *, scheduler: bool = False) -> Iterator[ApiServer]:
    """Run one with its data below a folder; admission is Kubernetes' own, authorization RBAC.

    A node that takes pods by itself needs no scheduler.
    """
    etcd, peers, port = free_port(), free_port(), free_port()
    store, token = f"http://127.0.0.1:{etcd}", secrets.token_hex(16)
    (folder / "tokens").write_text(f"{token},admin,admin,system:masters\n")
    signing, certificates = folder / "signing.key", folder / "certificates"
    signing.write_bytes(_private_key())
    plane = ApiServer(port, certificates / "apiserver.crt", token)
    with ExitStack() as running:

        def start(name: str, *flags: str) -> Program:
            return running.enter_context(program(folder, name, ["hyperkube", name, *flags]))

        start(
            "etcd",
            f"--data-dir={folder / 'etcd'}",
            f"--listen-client-urls={store}",
            f"--advertise-client-urls={store}",
            f"--listen-peer-urls=http://127.0.0.1:{peers}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        )
        server = start(
            "kube-apiserver",
            f"--etcd-servers={store}",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            f"--cert-dir={certificates}",
            "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.0.0.0/16",
            f"--token-auth-file={folder / 'tokens'}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={signing}",
            f"--service-account-signing-key-file={signing}",
        )
        _wait(plane, server, folder / "kube-apiserver.log")
        (folder / "kubeconfig").write_text(json.dumps(plane.kubeconfig()))
        start(
            "kube-controller-manager",
            f"--kubeconfig={folder / 'kubeconfig'}",
            "--leader-elect=false",
            # Nothing says here, again and again, that a node lives.
            "--controllers=*,-node-lifecycle-controller",
            "--secure-port=0",
            f"--service-account-private-key-file={signing}",
            f"--root-ca-file={plane.ca}",
        )
        if scheduler:
            start(
                "kube-scheduler",
                f"--kubeconfig={folder / 'kubeconfig'}",
                "--leader-elect=false",
                "--secure-port=0",
            )
        yield plane


def _private_key() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


@contextmanager
def program(
    folder: Path, name: str, command: Sequence[str], env: Mapping[str, str] | None = None
) -> Iterator[Program]:
    """Run an installed program, whose output goes to NAME.log of a folder."""
    with (folder / f"{name}.log").open("wb") as log:
        found = subprocess.Popen(
            [BIN / command[0], *command[1:]],
            stdout=log,
            stderr=log,
            cwd=folder,
            env={**os.environ, **(env or {})},
        )
    try:
        yield found
    finally:
        found.kill()  # there is nothing to save
        found.wait(10)


def _wait(plane: ApiServer, server: Program, log: Path) -> None:
    end = time.monotonic() + 60
    while not plane.ready():
        assert server.poll() is None, log.read_text()[-3000:]
        assert time.monotonic() < end, log.read_text()[-3000:]
        time.sleep(0.1)
