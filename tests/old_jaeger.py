"""Jaeger's rendered pods as processes of the real program, which is older than what is deployed.

Of Jaeger 2 the Go module proxy has 1.62, its release candidate, and nothing newer. What it reads
under other names than 2.20 is renamed here, and nowhere else; everything else of the rendered
files is what it gets, but for the address it listens on and the folders it finds files in.
"""

import itertools
import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import urllib3
import yaml

from conftest import Objects
from pods import Cluster, Pod, pod
from test_dist import BIN

JAEGER, INDEX_CLEANER = str(BIN / "jaeger"), str(BIN / "es-index-cleaner")

# Each pod has an address of its own on loopback, so that all keep their ports.
_NETWORK = f"127.{64 + (os.getpid() >> 8) % 128}.{os.getpid() % 256}"
_NUMBERS = itertools.count(2)


def as_of_1_62(text: str) -> str:
    """Answer a configuration of 2.20 in the words of 1.62."""
    config = yaml.safe_load(text)
    for part in ("receivers", "exporters"):  # nothing that does nothing is compiled in
        if config[part] == {"nop": {}}:
            config[part] = {"otlp": {"protocols": {"http": {"endpoint": "0.0.0.0:9999"}}}}
            config[part] = config[part] if part == "receivers" else {"debug": {}}
            config["service"]["pipelines"]["traces"][part] = list(config[part])
    for backend in config["extensions"]["jaeger_storage"]["backends"].values():
        for kind in backend.keys() & {"elasticsearch", "opensearch"}:
            backend[kind] = _flat(backend[kind])
    return str(yaml.safe_dump(config, sort_keys=False))


def _flat(block: dict[str, Any]) -> dict[str, Any]:
    """Settings were not nested, and some cannot be said; OpenSearch 3 is not known yet."""
    indices, login = block["indices"], block.get("auth", {})
    found = {
        "server_urls": block["server_urls"],
        "num_shards": indices["spans"]["shards"],
        "num_replicas": indices["spans"]["replicas"],
        "index_prefix": indices.get("index_prefix", ""),
        "version": 7,
    }
    if basic := login.get("basic"):
        found |= {name: basic[name] for name in ("username", "password_file")}
    if token := login.get("bearer_token"):
        found["token_file"] = token["file_path"]
    if tls := block.get("tls"):
        renamed = {"ca": "ca_file", "cert": "cert_file", "key": "key_file"}
        found["tls"] = {"enabled": True} | {
            old: tls[new] for old, new in renamed.items() if new in tls
        }
    elif block["server_urls"][0].startswith("https:"):
        found["tls"] = {"enabled": True}
    return found


class UnansweredError(Exception):
    """The program does not know, or not yet."""


class Process:
    """A pod's process, and where it listens."""

    def __init__(self, pod: Pod, address: str) -> None:
        self.pod, self.address = pod, address

    def get(self, port: int, path: str) -> Any:
        """Answer what is there, from JSON where it is."""
        answer = urllib3.request(
            "GET", f"http://{self.address}:{port}{path}", retries=False, timeout=30
        )
        if answer.status != 200:
            raise UnansweredError(answer.status, answer.data)
        text = answer.data.decode()
        return json.loads(text) if text.startswith(("{", "[")) else text

    @contextmanager
    def running(self) -> Iterator["Process"]:
        """Run it from when it says that it is healthy until it has ended as it is told to."""
        with self.pod.running() as process:
            _await_healthy(self, process)
            yield self
            process.terminate()
            assert process.wait(30) == 0, self.pod.log


def _await_healthy(it: Process, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    while True:
        assert process.poll() is None, it.pod.log
        assert time.monotonic() < until, it.pod.log
        try:
            assert it.get(13133, "/status")
        except (UnansweredError, urllib3.exceptions.HTTPError):
            time.sleep(0.1)
        else:
            return


def laid_out(
    objects: Objects,
    workload: dict[str, Any],
    folder: Path,
    secrets: Mapping[str, Mapping[str, str]] | None = None,
    edits: Mapping[str, str] | None = None,
) -> Process:
    """Lay out a workload's pod below a folder; claims are folders there."""
    name, address = workload["metadata"]["name"], f"{_NETWORK}.{next(_NUMBERS)}"

    def texts(kind: str, of: str) -> Mapping[str, str]:
        if kind == "Secret":
            return (secrets or {})[of]
        data: dict[str, str] = objects["ConfigMap", of]["data"]
        return data | {file: as_of_1_62(data[file]) for file in data if file == "config.yaml"}

    body = json.loads(json.dumps(template(workload)["spec"]))
    claims = workload["spec"].get("volumeClaimTemplates", [])
    body["volumes"] += [{"name": each["metadata"]["name"], "emptyDir": {}} for each in claims]
    root = folder / f"{name}-{address.rpartition('.')[2]}"
    found = pod(root, body, Cluster(texts=texts), {"0.0.0.0": address, **(edits or {})})
    program = INDEX_CLEANER if workload["kind"] == "CronJob" else JAEGER
    return Process(replace(found, args=[program, *found.args]), address)


def template(workload: dict[str, Any]) -> dict[str, Any]:
    """Answer the template of a workload's pods."""
    spec = workload["spec"]
    spec = spec["jobTemplate"]["spec"] if workload["kind"] == "CronJob" else spec
    return dict(spec["template"])


def validated(process: Process) -> str:
    """Answer what the program says against a configuration; nothing, if it is valid."""
    program, *arguments = process.pod.args
    done = subprocess.run(
        [program, "validate", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env=process.pod.env,
    )
    return "" if done.returncode == 0 else done.stderr
