"""The demo's folder: whose it is, who is at work in it, how large it is, and deleting it."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from floe_demo.refusal import RefusedError

MARK = "made-by-floe-demo"
AT_WORK = "at-work.json"
"""Held for as long as a command works, and says which one that is."""
TURN = "turn.lock"
"""Held by each step of a run, whoever began it."""
PARTS = {
    "lake": ("warehouse", "catalog.db*"),
    "models": ("demo.duckdb*",),
    "served": ("serving",),
    "dagster": ("dagster",),
    "rest": ("target", "manifest", "profile", "logs", "lineage.jsonl*", ".user.yml"),
}
"""All that the demo makes in its folder."""


def claimed(home: Path) -> None:
    """Make the folder, unless somebody else's files are in it."""
    if home.exists() and not (home / MARK).exists() and any(home.iterdir()):
        msg = f"{home} is not a folder of the demo: name one that is not there yet, or is empty"
        raise RefusedError(msg)
    home.mkdir(parents=True, exist_ok=True)
    text = "This folder was made by `floe demo`; `floe demo reset` deletes what it put here.\n"
    (home / MARK).write_text(text, "utf-8")


def present(home: Path) -> None:
    """Refuse a folder that is not the demo's."""
    if not home.exists():
        msg = f"there is no demo in {home}: `floe demo up` makes one"
        raise RefusedError(msg)
    if not (home / MARK).exists():
        msg = f"{home} was not made by `floe demo`, and is left as it is"
        raise RefusedError(msg)


@contextmanager
def alone(home: Path, command: str) -> Iterator[TextIO]:
    """Be the one who works in the folder, or say who is."""
    with (home / AT_WORK).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefusedError(_busy(home)) from None
        noted(file, command)
        yield file
        file.truncate(0)


def noted(file: TextIO, command: str, url: str | None = None) -> None:
    """Write down who works, and where one can ask for more meanwhile."""
    file.truncate(0)
    json.dump({"command": command, "process": os.getpid(), "url": url}, file)
    file.flush()


def worker(home: Path) -> Mapping[str, Any] | None:
    """Answer who is at work, if anybody is."""
    with suppress(OSError, ValueError), (home / AT_WORK).open(encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            found: Mapping[str, Any] = json.load(file)
            return found
    return None


def _busy(home: Path) -> str:
    found = worker(home) or {"command": "floe demo", "process": "?", "url": None}
    said = f"`{found['command']}` (process {found['process']}) is at work in {home}"
    if found["url"]:
        return f"{said}: end it, or ask it for more with `floe demo burst --url {found['url']}`"
    return f"{said}: wait until it is done"


def sizes(home: Path) -> dict[str, int]:
    """Answer how many bytes each part has."""
    return {
        part: sum(_bytes(path) for pattern in patterns for path in home.glob(pattern))
        for part, patterns in PARTS.items()
    }


def _bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    found = 0
    for file in files:
        with suppress(OSError):  # gone meanwhile
            found += file.lstat().st_size if not file.is_dir() else 0
    return found


def deleted(home: Path) -> list[Path]:
    """Delete what the demo made; answer what else there is, which stays."""
    present(home)
    with alone(home, "floe demo reset"), (home / TURN).open("w") as turn:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            msg = f"a run is on in {home}: wait until it is over"
            raise RefusedError(msg) from None
        patterns = [pattern for part in PARTS.values() for pattern in part]
        for path in (one for pattern in patterns for one in home.glob(pattern)):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        for name in (TURN, AT_WORK, MARK):
            (home / name).unlink(missing_ok=True)
    left = sorted(home.iterdir())
    if not left and not home.is_symlink():
        home.rmdir()
    return left
