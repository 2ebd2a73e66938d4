"""Comparing `dist/` with what synth would write."""

import contextlib
import difflib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import floe_constructs
import floe_deploy
from floe_deploy import delivery, lock, overlay, project, writing, yaml_file
from floe_deploy.delivery import Rendered
from floe_deploy.errors import InputError
from floe_deploy.lock import Lock
from floe_deploy.project import Project
from floe_deploy.yaml_file import YamlFileError

CACHE = Path(".floe", "check.json")
"""What was compared last, by output folder; Git ignores it."""

_LIBRARIES = ("floe-deploy", "cdk8s", "cdk8s-plus-34", "constructs", "pydantic", "PyYAML")
_CODE = (floe_deploy, floe_constructs)
_LONGEST_DIFF = 200
_ORPHAN = "  no overlay of this name any more: delete the folder"


class State(StrEnum):
    """In what way a file is not as synth would write it."""

    STALE = "stale"
    EDITED = "edited"
    MISSING = "missing"
    UNTRACKED = "untracked"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A file that is not as synth would write it."""

    state: State
    path: Path
    diff: str = ""

    def __str__(self) -> str:
        """State and path, and the lines that differ."""
        return f"{self.state}: {self.path}" + (f"\n{self.diff}" if self.diff else "")


def check(folders: Sequence[Path], settings: Project, *, everything: bool) -> list[Difference]:
    """Compare environments; `everything` also finds folders whose overlay is gone.

    Raises:
        InputError: an overlay is not valid, or there is no Node to render it with and the files
            are as their lock says.

    """
    orphans = overlay.orphans(settings) if everything else []
    found = [Difference(state=State.STALE, path=orphan, diff=_ORPHAN) for orphan in orphans]
    key = _key(folders, settings)
    if not found and key and key == _cached().get(str(settings.output)):
        return []
    if find_spec("cdk8s") is None:
        found += [d for folder in folders for d in _against_lock(settings.output / folder.name)]
        if settings.delivery and (known := lock.read(settings.delivery)):
            found += _as_locked(settings.delivery, known)
        if not found:
            raise InputError(
                "The files are as their lock.json says, but they could not be rendered again: "
                "that needs the extra `synth`: pip install 'floe-deploy[synth]'"
            )
        return found
    from floe_deploy.synth import render_all

    renderings = list(render_all(folders, settings))
    for rendering in renderings:
        found += _against(settings.output / rendering.environment, rendering.files)
    if settings.delivery:
        found += _delivered(settings.delivery, renderings, settings)
    if not found and key:
        _remember(str(settings.output), key)
    return found


def _against(folder: Path, files: dict[str, str]) -> list[Difference]:
    known = lock.read(folder)
    hashes = known.files if known else {}
    paths = files.keys() | hashes.keys()
    return _compared(folder, files, hashes, paths) + _unknown(folder, paths)


def _delivered(folder: Path, renderings: Sequence[Rendered], settings: Project) -> list[Difference]:
    """Compare what points controllers to the environments; others' files may be beside it.

    In the folder of an environment that says who delivers it, they may not.
    """
    files, looked_at = delivery.contents(folder, renderings, settings)
    known = lock.read(folder)
    hashes = known.files if known else {}
    found = _compared(folder, files, hashes, looked_at | (files.keys() & {lock.FILE}))
    ours = {rendering.environment for rendering in renderings if rendering.delivery}
    return found + [
        difference
        for difference in _unknown(folder, files.keys() | hashes.keys())
        if difference.state is State.STALE or difference.path.relative_to(folder).parts[0] in ours
    ]


def _compared(
    folder: Path, files: Mapping[str, str], hashes: Mapping[str, str], paths: Collection[str]
) -> list[Difference]:
    found = []
    for path in sorted(paths):
        target = folder / path
        wanted = files.get(path)
        if not target.is_file():
            if wanted is not None:
                found.append(Difference(state=State.MISSING, path=target))
            continue
        data = target.read_bytes()
        if wanted is not None and data == wanted.encode():
            continue
        by_hand = path in hashes and lock.sha256(data) != hashes[path]
        state = State.EDITED if by_hand else State.STALE
        found.append(Difference(state=state, path=target, diff=_diff(data, wanted)))
    return found


def _against_lock(folder: Path) -> list[Difference]:
    known = lock.read(folder)
    if known is None:
        return [Difference(state=State.MISSING, path=folder / lock.FILE)]
    return _as_locked(folder, known) + _unknown(folder, known.files.keys())


def _as_locked(folder: Path, known: Lock) -> list[Difference]:
    found = []
    for path, sha in known.files.items():
        target = folder / path
        if not target.is_file():
            found.append(Difference(state=State.MISSING, path=target))
        elif lock.sha256(target.read_bytes()) != sha:
            found.append(Difference(state=State.EDITED, path=target))
    return found


def _unknown(folder: Path, known: Collection[str]) -> list[Difference]:
    """Find what neither lock nor synth knows; what a merge brought back is synth's own."""
    foreign = set(writing.foreign(folder))
    return [
        Difference(state=State.UNTRACKED if path in foreign else State.STALE, path=folder / path)
        for path in sorted(writing.paths(folder))
        if path not in known and path != lock.FILE
    ]


def _diff(data: bytes, wanted: str | None) -> str:
    lines = difflib.unified_diff(
        data.decode(errors="replace").splitlines(),
        (wanted or "").splitlines(),
        "on disk",
        "as synthesized",
        lineterm="",
        n=1,
    )
    shown = list(lines)
    more = len(shown) - _LONGEST_DIFF
    if more > 0:
        shown = [*shown[:_LONGEST_DIFF], f"… {more} more lines"]
    return "\n".join(shown)


def _key(folders: Sequence[Path], settings: Project) -> str:
    """Answer a hash of all that the answer depends on; nothing where that cannot be known.

    A composition of the user's may import and read anything.
    """
    own = (settings.environment, settings.compose) != (project.ENVIRONMENT, project.COMPOSE)
    if own or not all(_whole(folder) for folder in folders):
        return ""
    parts = [repr(settings), *(f"{name} {_version(name)}" for name in _LIBRARIES)]
    code = [Path(place) for package in _CODE for place in package.__path__]
    outputs = [settings.output / folder.name for folder in folders]
    outputs += [settings.delivery] if settings.delivery else []
    for root in [*code, settings.overlays, *outputs]:
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.is_file() and path.suffix != ".pyc":
                parts += [f"{path} {lock.sha256(path.read_bytes())}"]
            elif path.is_symlink():
                parts += [f"{path} is a link"]
    return lock.sha256("\n".join(parts).encode())


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "-"


def _whole(folder: Path) -> bool:
    """Tell whether an overlay's folder holds all of it: Cube's model may be anywhere."""
    try:
        said = yaml_file.read(folder / overlay.FILE)
    except YamlFileError:
        return False
    model = said.get("cube_model") if isinstance(said, dict) else None
    return model is None or (folder / str(model)).resolve().is_relative_to(folder.resolve())


def _cached() -> dict[str, str]:
    try:
        data = json.loads(CACHE.read_bytes())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _remember(output: str, key: str) -> None:
    with contextlib.suppress(OSError):  # whoever may not write here still gets the answer
        CACHE.parent.mkdir(exist_ok=True)
        CACHE.write_text(json.dumps(_cached() | {output: key}))
