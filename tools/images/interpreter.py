"""Copy the interpreter that runs this, as it was built, to where an image has it.

What was installed beside it since, and what the official image leaves out, stays.
"""

import shutil
import sys
from pathlib import Path

LEFT_OUT = ("site-packages", "test", "idlelib", "turtledemo", "tests", "__pycache__", "config-3*")


def main() -> None:
    """Copy programs and libraries below a folder."""
    target, source = Path(sys.argv[1]), Path(sys.base_prefix)
    name = f"python3.{sys.version_info.minor}"
    left_out = shutil.ignore_patterns(*LEFT_OUT)
    shutil.copytree(
        source / "lib" / name,
        target / "lib" / name,
        symlinks=True,
        ignore=left_out,
        dirs_exist_ok=True,
    )
    (target / "lib" / name / "site-packages").mkdir()
    for library in (source / "lib").glob("libpython3*.so*"):
        shutil.copy(library, target / "lib", follow_symlinks=False)
    (target / "bin").mkdir(exist_ok=True)
    shutil.copy((source / "bin" / name).resolve(), target / "bin" / name)
    for link in ("python3", "python"):
        (target / "bin" / link).symlink_to(name)


if __name__ == "__main__":
    main()
