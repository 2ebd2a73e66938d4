"""A folder as a revision of its Git repository has it."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from floe_constructs.problem import Problem
from floe_deploy.diff.snapshot import FILE

_FILES = ("100644", "100755")


class RevisionError(Exception):
    """There is no such revision, or no repository."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True)
class Revision:
    """A folder of a commit."""

    place: Path
    """A folder of the working tree, to ask Git in."""

    below: str
    """The folder, below that one."""

    commit: str
    """The commit, in full."""

    name: str
    """The revision, as it was asked for."""

    def environments(self) -> set[str]:
        """Answer the environments that it has."""
        split = (path.split("/") for path, _ in self._entries())
        return {parts[0] for parts in split if parts[1:] == [FILE]}

    def files(self, name: str) -> dict[str, Callable[[], bytes]]:
        """Answer the files of a folder in it, by path below that."""
        found = [
            (path.removeprefix(f"{name}/"), blob)
            for path, blob in self._entries()
            if path.startswith(f"{name}/")
        ]
        texts = _blobs(self.place, [blob for _, blob in found])
        return {path: partial(bytes, text) for (path, _), text in zip(found, texts, strict=True)}

    def _entries(self) -> Iterator[tuple[str, str]]:
        listed = _git(self.place, "ls-tree", "-r", "-z", self.commit, "--", f"./{self.below}/")
        for line in listed.stdout.decode(errors="surrogateescape").split("\0")[:-1]:
            head, _, path = line.partition("\t")
            mode, _, blob = head.split()
            if mode in _FILES:
                yield path.removeprefix(f"{self.below}/"), blob


def find(folder: Path, name: str) -> Revision:
    """Find a revision of the repository that a folder is in; the folder need not be there now.

    Raises:
        RevisionError: there is none.

    """
    folder = folder.absolute()
    place = next(parent for parent in folder.parents if parent.is_dir())
    try:
        inside = _git(place, "rev-parse", "--show-toplevel")
        found = _git(place, "rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}")
    except FileNotFoundError as cause:
        problem = Problem(where="--against", found="no program `git`", fix="install Git")
        raise RevisionError(problem) from cause
    if inside.returncode:
        said = inside.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise RevisionError(
            Problem(
                where=str(folder),
                found=said.removeprefix("fatal: "),
                allowed="a folder in a Git repository",
                fix="leave --against out to compare with what synth would write",
            )
        )
    if found.returncode:
        raise RevisionError(
            Problem(
                where="--against",
                found=f"no revision {name!r}",
                allowed="a branch, tag or commit that this repository has",
                fix="fetch it: a checkout in CI often has the last commit only",
            )
        )
    below = folder.relative_to(place).as_posix()
    return Revision(place, below, found.stdout.decode().strip(), name)


def _blobs(folder: Path, blobs: list[str]) -> Iterator[bytes]:
    """Read contents, all by one process."""
    given = "".join(f"{blob}\n" for blob in blobs).encode()
    data, at = _git(folder, "cat-file", "--batch", given=given).stdout, 0
    for _ in blobs:
        begin = data.index(b"\n", at) + 1
        size = int(data[at:begin].split()[-1])
        yield data[begin : begin + size]
        at = begin + size + 1


def _git(folder: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = ["git", *arguments]  # whichever the user has
    return subprocess.run(  # noqa: S603  no shell reads it
        command, cwd=folder, input=given, capture_output=True, check=False
    )
