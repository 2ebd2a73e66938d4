"""Starting programs as a user that is not root, whoever runs the tests."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

_READ = "-all,+dac_read_search"


def as_user(uid: int, command: Sequence[str]) -> list[str]:
    """Answer a command that runs as this user if the tests run as root, else as it is."""
    if os.getuid() != 0:
        return list(command)
    # Where Python is installed below root's home, others need one right to reach it: to read.
    # They may write no more for it.
    rights = [] if _reachable(Path(sys.executable)) else [f"--inh-caps={_READ}"]
    rights += [f"--ambient-caps={_READ}", f"--bounding-set={_READ}"] if rights else []
    user = [f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
    return ["setpriv", *user, *rights, "--", *command]


def _reachable(program: Path) -> bool:
    folders = {*program.parents, *program.resolve().parents}
    return all(folder.stat().st_mode & 0o001 for folder in folders)


def give(path: Path, uid: int) -> None:
    """Make a path this user's, if programs run as that user."""
    if os.getuid() == 0:
        os.chown(path, uid, uid)
