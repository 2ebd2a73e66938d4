"""An environment's pods as processes, with what `dist/` tells them, to the last address.

Each pod has an address of its own on loopback, so that all keep their ports. Names of Services are
in a file of hosts that no other process of this machine sees.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from loopback import address
from pods import Body, Cluster, Pod, pod
from test_dist import Manifest

PATIENCE_SECONDS = 300
"""How long a process may take to be ready: machines that run tests are busy."""


@dataclass
class Installed:
    """What there is of an environment."""

    objects: Mapping[tuple[str, str], Manifest]
    """Its objects by kind and name."""
    folder: Path
    """Where pods have their files: users reach it."""
    secrets: Mapping[str, Mapping[str, str]]
    """The Secrets that there are by now."""
    addresses: dict[str, str] = field(default_factory=dict)
    """Where Services lead, by name."""

    def __post_init__(self) -> None:
        """Give each Service the address that its pod will have."""
        self.addresses |= {name: address() for kind, name in self.objects if kind == "Service"}
        lines = ["127.0.0.1 localhost", *(f"{at} {name}" for name, at in self.addresses.items())]
        self.hosts = self.folder / "hosts"
        self.hosts.write_text("".join(f"{line}\n" for line in lines))
        self.hosts.chmod(0o444)

    def laid(self, name: str, spec: Body, edits: Mapping[str, str] | None = None) -> Pod:
        """Lay out a pod, of which nothing differs from a cluster's but what is said."""

        def texts(kind: str, of: str) -> Mapping[str, str]:
            if kind == "ConfigMap":
                data: dict[str, str] = self.objects[kind, of]["data"]
                return data
            return self.secrets.get(of, {})

        root = self.folder / name
        return replace(pod(root, spec, Cluster(texts), edits or {}), hosts=self.hosts)

    def job(self, base: str) -> Body:
        """Answer the pod of a Job, by what its name begins with: more of it is a hash."""
        names = [name for kind, name in self.objects if kind == "Job" and name.startswith(base)]
        (name,) = names
        found: Body = self.objects["Job", name]["spec"]["template"]["spec"]
        return found

    def server(self, kind: str, name: str, service: str, *names: str) -> Pod:
        """Lay out the pod of a server, at the address of its Service; claims are folders."""
        body = json.loads(json.dumps(self.objects[kind, name]["spec"]))
        spec = body["template"]["spec"]
        spec["volumes"] += [
            {"name": claim["metadata"]["name"], "emptyDir": {}}
            for claim in body.get("volumeClaimTemplates", ())
        ]
        at = self.addresses[service]
        return self.laid(name, spec, {"0.0.0.0": at, **dict.fromkeys(names, at)})


def ended(found: Pod, seconds: int = 900) -> tuple[int, str]:
    """Run a pod to its end; answer how that was, and what it said."""
    with found.running() as process:
        code = process.wait(seconds)
    return code, found.log


@contextmanager
def serving(found: Pod, ready: Callable[[], bool]) -> Iterator[None]:
    """Run a pod from when it is ready on."""
    with found.running() as process:
        until = time.monotonic() + PATIENCE_SECONDS
        while not ready():
            assert process.poll() is None, found.log
            assert time.monotonic() < until, found.log
            time.sleep(0.2)
        yield
