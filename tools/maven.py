"""Get libraries of Java from Maven's registry, each held to its hash.

Usage: `python tools/maven.py LIST FOLDER`, where `maven_artifact` can be imported. A line of the
list is a SHA-256 and what it is of: `GROUP:ARTIFACT:VERSION`.
"""

import contextlib
import hashlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path


def get(line: str, folder: Path) -> None:
    """Have one file in the folder, as `ARTIFACT-VERSION.jar`.

    Raises:
        ValueError: what comes is not what the list says.

    """
    wanted, name = line.split()
    group, artifact, version = name.split(":")
    path = folder / f"{artifact}-{version}.jar"
    if not path.exists() or hashed(path) != wanted:
        maven = import_module("maven_artifact")
        maven.Downloader().download(maven.Artifact(group, artifact, version), str(path))
    if hashed(path) != wanted:
        msg = f"{name} is not the one that is listed"
        raise ValueError(msg)


def hashed(path: Path) -> str:
    """Answer the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(listed: Path, folder: Path) -> None:
    """Have all files of the list in the folder, and no others of that kind."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = listed.read_text().splitlines()
    with (
        Path(os.devnull).open("w") as quiet,
        contextlib.redirect_stdout(quiet),
        ThreadPoolExecutor(8) as pool,
    ):
        list(pool.map(lambda line: get(line, folder), lines))
    wanted = {"{1}-{2}.jar".format(*line.split()[1].split(":")) for line in lines}
    for path in set(folder.glob("*.jar")) - {folder / name for name in wanted}:
        path.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
