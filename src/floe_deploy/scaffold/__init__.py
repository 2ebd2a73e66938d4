"""The files of a repository to start from."""

import os
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from floe_constructs.problem import Problem
from floe_deploy import schema
from floe_deploy.environment import Environment
from floe_deploy.errors import InputError

_NAMES = {"gitattributes": ".gitattributes", "gitignore": ".gitignore", "github": ".github"}
"""Names that packaging and Git would treat specially if they were here as such."""


def write(directory: Path) -> list[Path]:
    """Write a new repository; answer the files.

    Raises:
        InputError: something of that name is there already; nothing was written.

    """
    wanted = {directory / path: text for path, text in _files(files(__name__) / "files").items()}
    wanted[directory / "overlays" / "environment.schema.json"] = schema.text(Environment)
    folders = {folder for path in wanted for folder in path.parents if not folder.is_dir()}
    there = sorted(path for path in wanted.keys() | folders if os.path.lexists(path))
    if there:
        problems = [
            Problem(
                where=str(path),
                found="a file",
                allowed="nothing",
                fix="move it, or choose another directory",
            )
            for path in there
        ]
        raise InputError(f"{directory} cannot be filled without overwriting", problems)
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return sorted(wanted)


def _files(folder: Traversable, prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in folder.iterdir():
        path = f"{prefix}{_NAMES.get(entry.name, entry.name)}"
        if entry.is_dir():
            found |= _files(entry, f"{path}/")
        else:
            text = entry.read_text(encoding="utf-8")
            found[path] = text.replace("==VERSION", f"=={version('floe-deploy')}")
    return found
