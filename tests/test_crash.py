"""Killed at any moment, `floe synth` leaves each environment complete, old or new."""

import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from floe_deploy import lock
from floe_deploy.project import Project
from floe_deploy.synth import render
from test_dist import ROOT, floe, held

FLOE = (sys.executable, "-m", "floe_deploy", "synth")
WRITING_ALONE = """
import pickle, sys
from pathlib import Path
from floe_deploy import cli, synth

renderings = pickle.loads(Path(sys.argv.pop(2)).read_bytes())
synth.render_all = lambda folders, settings: iter(renderings)
cli.main()
"""
WRITING = (sys.executable, "-c", WRITING_ALONE, "synth")
"""`floe synth` of a file of what is rendered already: all that is left is to write it."""

KILLS = 10
KILLS_WRITING = 90
KILLED = ("demo", "dev")
"""Environments that are written at once: two, for one to be in place while the other is not."""


def left_behind(output: Path) -> bool:
    return any(name.startswith(".") for name in os.listdir(output))  # noqa: PTH208  it is fast


def writes(process: subprocess.Popen[bytes], output: Path) -> None:
    """Wait for some moment of the short time in which files are written and exchanged."""
    while process.poll() is None and not left_behind(output):
        time.sleep(0.0005)
    time.sleep(random.uniform(0.0, 0.03))  # noqa: S311  no secret


@pytest.mark.slow
def test_a_killed_synth_leaves_old_or_new_and_the_next_one_repairs(tmp_path: Path) -> None:
    (tmp_path / "demo").symlink_to(ROOT / "demo")
    for name in KILLED:
        shutil.copytree(ROOT / "overlays" / name, tmp_path / "overlays" / name)
    output = tmp_path / "dist"

    def change(word: str) -> None:
        for path in (tmp_path / "overlays").glob("*/environment.yaml"):
            text = (ROOT / "overlays" / path.parent.name / path.name).read_text()
            path.write_text(text.replace("registry.example.com/floe", f"registry.{word}.com/floe"))

    releases: dict[str, list[dict[str, bytes]]] = {}
    for word in ("old", "new"):
        change(word)
        renderings = [render(tmp_path / "overlays" / name, Project()) for name in KILLED]
        (tmp_path / word).write_bytes(pickle.dumps(renderings))
        began = time.monotonic()
        assert floe("synth", "--output", output, cwd=tmp_path).returncode == 0
        duration = time.monotonic() - began
        for folder in output.iterdir():
            releases.setdefault(folder.name, []).append(held(folder))
    random.seed(20261125)
    writing = 0
    for number in range(KILLS + KILLS_WRITING):
        word = "old" if number % 2 == 0 else "new"
        change(word)
        begun = (*FLOE,) if number < KILLS else (*WRITING, tmp_path / word)
        command = [*begun, "--output", output]
        with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
            if number < KILLS:
                time.sleep(duration * random.uniform(0.0, 1.02))  # noqa: S311
            else:
                writes(process, output)
            process.send_signal(signal.SIGKILL)
        writing += left_behind(output)
        for name, known in releases.items():
            assert held(output / name) in known, f"{name} after kill {number}"
    assert writing > KILLS, "hardly a kill fell into the time in which files are written"
    change("new")
    assert floe("synth", "--output", output, cwd=tmp_path).returncode == 0
    assert {path.name: held(path) for path in output.iterdir()} == {
        name: known[1] for name, known in releases.items()
    }
    assert all(lock.read(path) for path in output.iterdir())


@pytest.mark.slow
def test_two_synths_at_once_do_not_mix(tmp_path: Path) -> None:
    for word in ("one", "two"):
        shutil.copytree(ROOT / "overlays" / "dev", tmp_path / word / "dev")
        path = tmp_path / word / "dev" / "environment.yaml"
        text = path.read_text()
        path.write_text(text.replace("registry.example.com/floe", f"registry.{word}.com/floe"))
    runs = [
        subprocess.Popen(
            [*FLOE, "--overlays", word, "--output", "dist"],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
        )
        for word in ("one", "two", "one", "two")
    ]
    assert [run.wait(60) for run in runs] == [0] * 4
    assert [path.name for path in (tmp_path / "dist").iterdir()] == ["dev"]
    registries = {
        word
        for data in held(tmp_path / "dist" / "dev").values()
        for word in ("one", "two")
        if f"registry.{word}.com".encode() in data
    }
    assert len(registries) == 1
