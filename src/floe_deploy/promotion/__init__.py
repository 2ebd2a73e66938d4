"""Carrying versions of images from one environment's overlay to the next one's."""

import codecs
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from floe_deploy import overlay, yaml_edit, yaml_file
from floe_deploy.errors import InputError
from floe_deploy.overlay import Overlay
from floe_deploy.project import Project
from floe_deploy.promotion.matching import Carried, matched


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """What one overlay takes from another one."""

    file: Path
    """The overlay's file that is changed."""

    before: str
    """What it holds."""

    after: str
    """What it is to hold."""

    carried: tuple[Carried, ...]
    """What moves."""

    left: tuple[str, ...]
    """What has no place there, and why: a sentence each."""

    def diff(self) -> str:
        """Answer what changes, line by line."""
        before, after = self.before.split("\n"), self.after.split("\n")
        name = self.file.as_posix()
        lines = unified_diff(before, after, name, name, lineterm="")
        return "".join(f"{line}\n" for line in lines)

    def write(self) -> None:
        """Change the file, all of it or nothing."""
        target = self.file.resolve()
        new = target.with_name(f".{target.name}.new")
        mark = codecs.BOM_UTF8 if target.read_bytes().startswith(codecs.BOM_UTF8) else b""
        new.write_bytes(mark + self.after.encode())
        shutil.copymode(target, new)
        os.replace(new, target)  # noqa: PTH105  it says that it replaces


def promotion(source: Path, target: Path, settings: Project, only: Sequence[str]) -> Promotion:
    """Answer what the overlay in one folder takes from the one in another; nothing is written.

    Raises:
        InputError: either is not valid, or it is not plain what should become of an image.

    """
    file = target / overlay.FILE
    before = yaml_file.text(file)
    giving, taking = _loaded(settings, (source, None), (target, before))
    carried, left, problems = matched(giving, taking, yaml_edit.spots(before), only)
    if problems:
        raise InputError(f"{source} cannot be promoted to {target}:", problems)
    changes = {it.at: (str(it.old), str(it.new)) for it in carried}
    after = yaml_edit.replaced(before, changes)
    overlay.load(target, settings.environment, text=after)  # it would not be valid otherwise
    return Promotion(
        file=file, before=before, after=after, carried=tuple(carried), left=tuple(left)
    )


def _loaded(settings: Project, *folders: tuple[Path, str | None]) -> list[Overlay]:
    """Read overlays; what is wrong with any of them is told together."""
    found, failures = [], []
    for folder, text in folders:
        try:
            found.append(overlay.load(folder, settings.environment, text=text))
        except InputError as failure:
            failures.append(str(failure))
    if failures:
        raise InputError("\n".join(failures))
    return found
