"""`floe` called in this process, where all is imported and Node runs: a tenth of the time."""

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

import test_dist
from floe_deploy.cli import main
from test_dist import ROOT


def floe(
    *arguments: str | Path, env: dict[str, str] | None = None, cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Answer what `floe` says and how it ends; surroundings of its own need a process."""
    if env:
        return test_dist.floe(*arguments, env=env, cwd=cwd)
    command = ["floe", *map(str, arguments)]
    known = set(sys.modules)
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()) as err,
    ):
        patch.chdir(cwd)
        patch.setattr(sys, "argv", command)
        patch.setattr(sys, "path", [*sys.path])
        patch.setattr(sys, "dont_write_bytecode", True)  # of a composition that changes at once
        patch.setattr(sys, "excepthook", sys.excepthook)
        patch.setattr(os, "cpu_count", lambda: 1)  # forked, two would talk with one Node
        code = _code()
    for name in sys.modules.keys() - known:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(f"{cwd}/"):
            del sys.modules[name]  # a composition
    return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())


def _code() -> int:
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0
