"""A pod's only container as a process, with its volumes as folders of a root that is not its own.

What it knows of paths, its arguments and variables as well as its files, is told where they are.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unprivileged import as_user, give

Body = dict[str, Any]
Edits = Mapping[str, str]
"""What differs from a cluster: addresses, and names that only its DNS knows."""

HERE = Path(__file__).parent
OWN = {
    "PATH": f"{Path(sys.executable).parent}:{os.defpath}",
    "PYTHONPATH": f"{HERE}:{HERE / 'in_cluster'}",
    "PYTHONDONTWRITEBYTECODE": "1",
}
"""Variables of a process that has this checkout's programs, not an image's."""

TOKENS = "/var/run/secrets/kubernetes.io/serviceaccount"


@dataclass(frozen=True)
class Cluster:
    """What a pod is given by its cluster."""

    texts: Callable[[str, str], Mapping[str, str]]
    """The texts of a ConfigMap or a Secret, by kind and name; none where there is none."""

    fields: Mapping[str, str] = field(default_factory=dict)
    """The pod's own fields, by their path."""

    token: Callable[[], str] | None = None
    """A token for the API server, where there is one."""


@dataclass(frozen=True, kw_only=True)
class Pod:
    """What is run, and where."""

    root: Path
    args: list[str]
    env: dict[str, str]
    user: int
    grace_seconds: int
    hosts: Path | None = None
    """Names that it knows, as `/etc/hosts` has them; those of this machine when silent."""

    @property
    def log(self) -> str:
        return self.root.with_suffix(".log").read_text()

    def start(self) -> subprocess.Popen[bytes]:
        """Start it as its user."""
        args = as_user(self.user, self.args)
        if self.hosts:
            args = _knowing(self.hosts, args)
        with self.root.with_suffix(".log").open("ab") as log:
            return subprocess.Popen(args, env=self.env, cwd=self.root, stdout=log, stderr=log)

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """Start it; end it, if it has not ended by itself."""
        process = self.start()
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(10)


def _knowing(hosts: Path, command: list[str]) -> list[str]:
    """Answer a command that finds names in a file which nobody else sees."""
    unshare = ["unshare", "--mount", *([] if os.getuid() == 0 else ["--map-root-user"])]
    script = 'mount --bind "$0" /etc/hosts && exec "$@"'
    return [*unshare, "sh", "-c", script, str(hosts), *command]


def pod(root: Path, spec: Body, cluster: Cluster, edits: Edits) -> Pod:
    """Lay a pod's files out below a folder of its own, and tell its container where they are."""
    # One pod tells the next, by way of Dagster, where it has what both have at the same path.
    others = rf"{re.escape(str(root.parent))}/[\w.-]+(/?)"
    spec = json.loads(re.sub(others, lambda match: match[1] or "/", json.dumps(spec)))
    (container,) = spec["containers"]
    mounts = sorted(container["volumeMounts"], key=lambda mount: len(mount["mountPath"]))
    paths = {mount["mountPath"]: f"{root}{mount['mountPath']}" for mount in mounts}
    changes = {**edits, **paths}

    def edit(text: str) -> str:
        names = sorted(changes, key=len, reverse=True)
        found = rf"(?<![\w.-])({'|'.join(map(re.escape, names))})(?![\w-])"
        return re.sub(found, lambda match: changes[match[1]], text)

    user: int = spec["securityContext"]["runAsUser"]
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    for mount in mounts:
        at = Path(paths[mount["mountPath"]])
        at.parent.mkdir(parents=True, exist_ok=True)
        volume = volumes[mount["name"]]
        if "emptyDir" in volume:
            at.mkdir()
            give(at, user)
            continue
        files = contents(volume, cluster)
        if "subPath" in mount:
            files = {".": files[mount["subPath"]]}
        for name, text in files.items():
            (at / name).parent.mkdir(exist_ok=True)
            (at / name).write_text(edit(text))
            (at / name).chmod(0o444)
    root.chmod(0o555)
    home = {"TMPDIR": paths.get("/tmp", str(root)), "HOME": str(root)}  # noqa: S108  the pod's own
    env = home | OWN | environment(container, cluster, edit)
    if TOKENS in paths:
        env["SERVICE_ACCOUNT"] = paths[TOKENS]
    return Pod(
        root=root,
        args=[edit(arg) for arg in (*container.get("command", ()), *container.get("args", ()))],
        env=env,
        user=user,
        grace_seconds=spec.get("terminationGracePeriodSeconds", 30),
    )


def expanded(text: str, env: Mapping[str, str]) -> str:
    """Answer a variable's value as a kubelet makes it: `$$` is `$`, `$(NAME)` another's value."""
    return re.sub(
        r"\$(\$|\(([^)]*)\))",
        lambda found: "$" if found[1] == "$" else env.get(found[2], found[0]),
        text,
    )


def contents(volume: Body, cluster: Cluster) -> dict[str, str]:
    """Answer the files of a volume, by their paths in it."""
    if "configMap" in volume:
        return dict(cluster.texts("ConfigMap", volume["configMap"]["name"]))
    found: dict[str, str] = {}
    for source in volume["projected"]["sources"]:
        ((kind, said),) = source.items()
        match kind:
            case "serviceAccountToken":
                assert cluster.token
                found[said["path"]] = cluster.token()
            case "downwardAPI":
                for item in said["items"]:
                    found[item["path"]] = cluster.fields[item["fieldRef"]["fieldPath"]]
            case _:
                texts = cluster.texts({"secret": "Secret"}.get(kind, "ConfigMap"), said["name"])
                found |= {
                    item["path"]: texts[item["key"]]
                    for item in said["items"]
                    if item["key"] in texts or not said.get("optional")
                }
    return found


def environment(container: Body, cluster: Cluster, edit: Callable[[str], str]) -> dict[str, str]:
    """Answer the variables of a container, edited where they are not for other pods."""
    env: dict[str, str] = {}
    said: dict[str, str] = {}
    for variable in container.get("env", ()):
        name, source = variable["name"], variable.get("valueFrom", {})
        if "secretKeyRef" in source:
            key = source["secretKeyRef"]
            texts = cluster.texts("Secret", key["name"])
            if key["key"] in texts or not key.get("optional"):
                said[name] = env[name] = texts[key["key"]]
        elif "fieldRef" in source:
            said[name] = env[name] = cluster.fields[source["fieldRef"]["fieldPath"]]
        else:
            text = said[name] = expanded(variable.get("value", ""), said)
            # The context is for run pods, whose paths are a cluster's.
            env[name] = text if "CONTEXT" in name else edit(text)
    return env
