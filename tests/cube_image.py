"""What stands in for the images that Cube's makers publish, which cannot be pulled from a test.

Their layout is theirs: programs, folders, command, variables. Node is this machine's. Cube is the
real server that npm has (an older one: see `cube_server.py`), from `.tools/cube`, lent to each
container. Cube Store cannot be had at all: in its place is a program that says how it was started.
"""

from pathlib import Path

import pytest
from tools.building import CANNOT, PYTHON, buildah, can_build, ready

from cube_server import TOOLS
from object_stores import NODE

LENT = [(TOOLS / name, f"/cube/{name}") for name in ("here.cjs", "listen.cjs", "node_modules")]

CUBEJS = """\
#!/usr/local/bin/node
require('/cube/here.cjs');
process.argv.splice(2, 1);
require('/cube/node_modules/@cubejs-backend/server/bin/server');
"""
CUBESTORED = """\
#!/usr/local/bin/python3
import os
print(os.getcwd(), os.getuid(), os.getgid(), os.access(".", os.W_OK))
"""


def stand_in(folder: Path) -> None:
    """Make both, under the names that the Dockerfile begins with, unless this machine cannot."""
    if not can_build():
        pytest.skip(CANNOT)
    programs = {"cubejs": CUBEJS, "cubestored": CUBESTORED}
    for name, text in programs.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    with ready():
        _make(folder)


def _make(folder: Path) -> None:
    cube = buildah("from", "--pull=never", PYTHON)
    buildah("add", "--chmod=755", cube, str(NODE), "/usr/local/bin/node")
    buildah("add", cube, str(folder / "cubejs"), "/usr/local/bin/cubejs")
    manager = "/usr/local/lib/node_modules/npm/bin/npm-cli.js"
    buildah("add", cube, str(folder / "cubejs"), manager)
    _publish(cube, "cubejs/cube", "/cube/conf", 'cmd=["cubejs", "server"]')
    store = buildah("from", "--pull=never", PYTHON)
    buildah("add", store, str(folder / "cubestored"), "/cube/cubestored")
    _publish(store, "cubejs/cubestore", "/cube", 'cmd=["./cubestored"]')


def _publish(container: str, name: str, folder: str, *said: str) -> None:
    buildah("config", f"--workingdir={folder}", *(f"--{one}" for one in said), container)
    # Without the time, the same files make the same image, and what is built on it is there.
    image = f"docker.io/{name}:v1.7.43"
    buildah("commit", "--quiet", "--rm", "--timestamp=0", container, image)
