"""Putting an environment's files in place: all of them or none."""

import contextlib
import ctypes
import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from floe_constructs.problem import Problem
from floe_deploy import lock
from floe_deploy.errors import InputError
from floe_deploy.manifests import MARK

_OURS = (lock.FILE, "images.txt")
"""Files of ours that carry no mark; a lock that cannot be read does not know them either."""

_NEW, _OLD = ".new", ".old"
_RENAME_EXCHANGE = 2
_AT_FDCWD = -100


@contextlib.contextmanager
def exclusive(output: Path) -> Iterator[None]:
    """Hold an output folder: a second run waits until the first is done.

    The folder itself is locked, so nothing is left behind, whatever ends the process.
    """
    output.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(output, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def repair(output: Path, folder_name: str = "*") -> None:
    """Clean up after a run that was killed: finish or undo its last exchange."""
    for left in output.glob(f".{folder_name}{_OLD}"):
        folder = output / left.name.removeprefix(".").removesuffix(_OLD)
        if not folder.exists():
            left.rename(folder)
        else:
            shutil.rmtree(left)
    for left in output.glob(f".{folder_name}{_NEW}"):
        shutil.rmtree(left)


def foreign(folder: Path) -> list[str]:
    """Find the files of a folder that synth did not write, by path."""
    known = lock.read(folder)
    names = known.files.keys() if known else set()
    return sorted(
        path
        for path in paths(folder)
        if path not in names and path not in _OURS and not _is_marked(folder / path)
    )


def _is_marked(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():  # synth makes files only
        return False
    with path.open("rb") as file:
        return file.read(len(MARK)) == MARK.encode()


def paths(folder: Path) -> Iterator[str]:
    """Answer every file of a folder, links included, by path."""
    for path in folder.rglob("*"):
        if path.is_symlink() or not path.is_dir():
            yield path.relative_to(folder).as_posix()


def replace(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Make a folder hold exactly these files and the foreign ones; answer the foreign ones.

    The new folder is complete beside the old one before the two change places, so whoever reads
    sees either. A folder that is right already is not touched.

    Raises:
        InputError: something foreign stands where a file of ours, or the folder, has to go.

    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise InputError(f"{folder} is in the way: move it, or delete it, if it is not needed")
    strangers = foreign(folder)
    # A copy carries no mark: without a lock, the same bytes tell that it is ours.
    strangers = [path for path in strangers if not _is(folder / path, files.get(path))]
    if blocked := [path for path in strangers if _in_the_way(path, files)]:
        problems = [
            Problem(
                where=path,
                found="a file that synth did not write",
                allowed="nothing else at this place",
                fix="move or delete it",
            )
            for path in blocked
        ]
        raise InputError(f"{folder}: files are in the way", problems)
    if _holds(folder, files, strangers):
        return strangers
    new = folder.with_name(f".{folder.name}{_NEW}")
    new.mkdir(parents=True)
    for path, text in files.items():
        target = new / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
    for path in strangers:
        target = new / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(folder / path, target, follow_symlinks=False)
    _exchange(new, folder)
    return strangers


def _is(path: Path, text: str | None) -> bool:
    return (
        text is not None
        and not path.is_symlink()
        and path.is_file()
        and path.read_bytes() == text.encode()
    )


def _in_the_way(path: str, files: Mapping[str, str]) -> bool:
    return path in files or any(file.startswith(f"{path}/") for file in files)


def _holds(folder: Path, files: Mapping[str, str], strangers: list[str]) -> bool:
    if set(paths(folder)) != files.keys() | set(strangers):
        return False
    return all((folder / path).read_bytes() == text.encode() for path, text in files.items())


def _exchange(new: Path, folder: Path) -> None:
    if not folder.exists():
        new.rename(folder)
        return
    if _swap(new, folder):
        shutil.rmtree(new)
        return
    old = folder.with_name(f".{folder.name}{_OLD}")
    folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old)


def _swap(one: Path, other: Path) -> bool:
    """Exchange two folders in one step, where system and file system can (`renameat2(2)`)."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    status: int = renameat2(
        _AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE
    )
    return status == 0
