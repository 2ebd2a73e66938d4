"""Gather below a folder what a final image holds: its whole root, to be copied into `scratch`.

`gather.py FOLDER` takes the interpreter that runs this and what it needs of the system;
`gather.py FOLDER PREFIX` takes the packages below a prefix. Both take the system's libraries that
what they took is linked to, and say of which of Debian's packages these are. What an earlier call
took is left out, so that images that have packages in common have layers in common. Files are
linked, which costs no space.
"""

import compileall
import os
import re
import ssl
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

USER = 10001
TAKEN = Path("/taken.txt")
DPKG = Path("/var/lib/dpkg")

TRUSTED = "/etc/ssl/certs/ca-certificates.crt"
"""Certificates of the authorities that Debian trusts, in one file."""

SYSTEM = (
    "/etc/debian_version",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/etc/protocols",
    "/etc/services",
    TRUSTED,
    "/usr/lib/os-release",
    "/usr/share/zoneinfo",
)
FOLDED = ("bin", "lib", "lib64", "sbin")
"""Folders of the root that are links into /usr, where the loader of programs is looked for."""

LEFT_OUT = re.compile(
    r"/(site-packages|test|idlelib|turtledemo|lib2to3|ensurepip|tkinter|config-3[^/]*|__pycache__)/"
)
"""What of the standard library no server needs; its byte code is written anew."""

ACTIVATE = re.compile(r"/bin/(activate|deactivate|pydoc)[^/]*$|/(CACHEDIR.TAG|\.gitignore|\.lock)$")


def main() -> None:
    """Gather, and say what was taken."""
    folder = Path(sys.argv[1])
    taken = set(TAKEN.read_text().splitlines()) if TAKEN.exists() else set()
    if len(sys.argv) > 2:  # noqa: PLR2004  the prefix
        wanted = {path for path in files(Path(sys.argv[2])) if not ACTIVATE.search(str(path))}
    else:
        wanted = set(interpreter())
        base(folder)
    wanted |= libraries(path for path in wanted if str(path) not in taken)
    new = {path for path in wanted if str(path) not in taken}
    for path in sorted(new):
        take(path, folder)
    for package, told in owners(new):
        at = folder / "var/lib/dpkg/status.d" / package
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_text(told)
    TAKEN.write_text("".join(f"{path}\n" for path in sorted(taken | set(map(str, new)))))
    if len(sys.argv) == 2:  # noqa: PLR2004  no prefix
        finish(folder)


def interpreter() -> Iterator[Path]:
    """Answer the files of Python and of the system."""
    library = Path(sysconfig.get_path("stdlib"))
    program = Path(sys.executable).resolve()
    yield program
    for name in ("python", "python3"):
        yield program.parent / name
    for path in files(library):
        if not LEFT_OUT.search(f"{path}"):
            yield path
    for name in SYSTEM:
        yield from files(Path(name))


def base(folder: Path) -> None:
    """Make what is no file of the build's own system: links, users, a place for what is written."""
    for name in FOLDED:
        target = Path("/") / name
        if target.is_symlink():
            (folder / "usr" / name).mkdir(parents=True, exist_ok=True)
            (folder / name).symlink_to(target.readlink())
    # Without it Python's own TLS would trust nobody: it does not know of Debian's file.
    sought = folder / ssl.get_default_verify_paths().openssl_cafile.lstrip("/")
    sought.parent.mkdir(parents=True)
    sought.symlink_to(TRUSTED)
    (folder / "tmp").mkdir()
    (folder / "tmp").chmod(0o1777)
    (folder / "etc").mkdir()
    (folder / "etc/passwd").write_text(
        f"root:x:0:0:root:/nonexistent:/nonexistent\nfloe:x:{USER}:{USER}:floe:/tmp:/nonexistent\n"
    )
    (folder / "etc/group").write_text(f"root:x:0:\nfloe:x:{USER}:\n")


def files(path: Path) -> Iterator[Path]:
    """Answer every file below a path, links as such."""
    if not path.is_dir() or path.is_symlink():
        yield path
        return
    for below in sorted(path.iterdir()):
        yield from files(below)


def libraries(paths: Iterable[Path]) -> set[Path]:
    """Answer the system's libraries that programs and libraries are linked to, with their links."""
    linked = [str(path) for path in paths if not path.is_symlink() and _is_program(path)]
    found: set[Path] = set()
    if not linked:
        return found
    ldd = ["ldd", *linked]
    done = subprocess.run(ldd, capture_output=True, text=True, check=False)
    for text in set(re.findall(r"(?:=> |^\s+)(/\S+) \(0x", done.stdout, re.MULTILINE)):
        library = Path(text)
        library = library.parent.resolve() / library.name
        if library.is_relative_to("/usr"):
            found |= {library, library.resolve()}
    return found


def owners(paths: set[Path]) -> Iterator[tuple[str, str]]:
    """Answer Debian's packages that files are of, with what Debian tells of them.

    Lists of what is in an image are made from that, and say what has to be corrected.
    """
    folded = re.compile(f"^/({'|'.join(FOLDED)})/")
    names = {str(path) for path in paths}
    found = set()
    for listed in DPKG.glob("info/*.list"):
        if any(folded.sub(r"/usr/\1/", line) in names for line in listed.read_text().splitlines()):
            found.add(listed.stem.partition(":")[0])
    for told in (DPKG / "status").read_text("utf-8").split("\n\n"):
        name = re.match(r"Package: (\S+)", told)
        if name and name[1] in found:
            yield name[1], f"{told}\n"


def _is_program(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def take(path: Path, folder: Path) -> None:
    """Link a file below the folder, where it is."""
    target = folder / path.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    os.link(path, target, follow_symlinks=False)


def finish(folder: Path) -> None:
    """Write what is made of files: where libraries are, and byte code."""
    subprocess.run(["ldconfig", "-r", folder], check=True)
    library = folder / sysconfig.get_path("stdlib").lstrip("/")
    compileall.compile_dir(library, stripdir=str(folder), quiet=1, workers=0)


if __name__ == "__main__":
    main()
