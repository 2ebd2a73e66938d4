"""Running a program of an image as a container has it, without an engine.

As its user, without capabilities or ways to them, on a root that nobody can write to but where a
volume is; files and devices are the container's own, the network is the test's.
"""

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.building import Image

from floe_constructs.kubernetes.user import USER
from pods import Body, Cluster, Edits, Pod, contents, environment

Volumes = Sequence[tuple[Path | None, str]]
"""What is where in a container: files that it may read, or a folder of its own, empty at first."""

_INSIDE = """
set -eu
path=$PATH lower=$1 user=$2
PATH=/usr/sbin:/usr/bin:/sbin:/bin
shift 2
mount -t tmpfs none /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o "lowerdir=$lower,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root
cd /mnt/root
mkdir -p proc dev sys
mount -t proc none proc
mount -t tmpfs none dev
for at in null zero random urandom; do touch dev/$at; mount --bind /dev/$at dev/$at; done
mkdir -m 1777 dev/shm
ln -s /proc/self/fd dev/fd
for at in resolv.conf hosts; do touch etc/$at; mount --bind /etc/$at etc/$at; done
while [ "$1" != -- ]; do
  if [ "$1" = - ]; then
    mkdir -p ".$2"
    mount -t tmpfs -o "mode=770,uid=$user,gid=$user" none ".$2"
  else
    mkdir -p "$(dirname ".$2")"
    if [ -d "$1" ]; then mkdir -p ".$2"; else touch ".$2"; fi
    mount --bind "$1" ".$2"
    mount -o remount,bind,ro ".$2"
  fi
  shift 2
done
shift
mount -o remount,ro /mnt/root
cd /
PATH=$path
exec /usr/bin/setpriv --no-new-privs --inh-caps=-all \\
  --bounding-set=-all,+setgid,+setuid,+sys_chroot \\
  /usr/sbin/chroot --userspec=$user:$user --groups=$user /mnt/root "$@"
"""


def contained(
    image: Image, command: Sequence[str], volumes: Volumes = (), user: int = USER
) -> list[str]:
    """Answer how to run a command in an image; its variables are those of whoever runs that."""
    lower = ":".join(map(str, image.layers))
    mounts = [word for source, path in volumes for word in (str(source or "-"), path)]
    inside = ["/bin/sh", "-c", _INSIDE, "sh", lower, str(user), *mounts, "--"]
    return ["/usr/bin/unshare", "--mount", *inside, *command]


def variables(image: Image, others: Mapping[str, str] | None = None) -> dict[str, str]:
    """Answer the variables of an image's containers."""
    return dict(said.split("=", 1) for said in image.config["Env"]) | dict(others or {})


def run(
    image: Image, *command: str, volumes: Volumes = (), env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in an image until it ends."""
    return subprocess.run(
        contained(image, command, volumes),
        env=variables(image, env),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@dataclass(frozen=True, kw_only=True)
class Contained(Pod):
    """A pod whose container runs in its image."""

    def start(self) -> subprocess.Popen[bytes]:
        """Start it; its command becomes its user by itself."""
        with self.root.with_suffix(".log").open("ab") as log:
            return subprocess.Popen(self.args, env=self.env, stdout=log, stderr=log)


def pod(root: Path, spec: Body, image: Image, cluster: Cluster, edits: Edits) -> Contained:
    """Lay a pod's files out, each where its container sees it at the path that the spec says."""
    (container,) = spec["containers"]
    pattern = rf"(?<![\w.-])({'|'.join(map(re.escape, edits))})(?![\w-])"

    def edit(text: str) -> str:
        return re.sub(pattern, lambda match: edits[match[1]], text) if edits else text

    root.mkdir()
    known = {volume["name"]: volume for volume in spec["volumes"]}
    volumes: list[tuple[Path | None, str]] = []
    for number, mount in enumerate(
        sorted(container["volumeMounts"], key=lambda it: it["mountPath"])
    ):
        if "emptyDir" in known[mount["name"]]:
            volumes.append((None, mount["mountPath"]))
            continue
        at = root / str(number)
        for name, text in contents(known[mount["name"]], cluster).items():
            (at / name).parent.mkdir(parents=True, exist_ok=True)
            (at / name).write_text(edit(text))
            (at / name).chmod(0o444)
        volumes.append((at / mount.get("subPath", "."), mount["mountPath"]))
    command = [*container.get("command", ()), *container.get("args", ())]
    user: int = spec["securityContext"]["runAsUser"]
    return Contained(
        root=root,
        args=contained(image, [edit(word) for word in command], volumes, user),
        env=variables(image, environment(container, cluster, edit)),
        user=user,
        grace_seconds=spec.get("terminationGracePeriodSeconds", 30),
    )
