"""The three comparisons: with what synth would write, with a revision, with an environment."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from floe_constructs.problem import Problem, nearest
from floe_deploy import overlay, writing
from floe_deploy.diff import promotion, revision
from floe_deploy.diff.judging import changes
from floe_deploy.diff.report import Report, ReportedEnvironment
from floe_deploy.diff.reporting import reported
from floe_deploy.diff.revision import Revision, RevisionError
from floe_deploy.diff.snapshot import FILE, Files, Snapshot, snapshot
from floe_deploy.errors import InputError
from floe_deploy.project import Project

_WRONG = "There is nothing to compare:"


def synthesized(names: Sequence[str], settings: Project) -> Report:
    """Compare what synth would write with what is in the output folder.

    Raises:
        InputError: an overlay is not valid, or files are no objects.

    """
    from floe_deploy.synth import render_all

    folders = overlay.folders(settings.overlays, names)
    return _report(
        _environment(
            rendering.environment,
            _there(settings, rendering.environment),
            snapshot(
                "what synth would write",
                {path: text.encode for path, text in rendering.files.items()},
                {path: text.encode for path, text in rendering.delivery.items()},
            ),
        )
        for rendering in render_all(folders, settings)
    )


def since(names: Sequence[str], settings: Project, against: str) -> Report:
    """Compare what is in the output folder with what a Git revision has there.

    Raises:
        InputError: there is no such revision or environment, or files are no objects.

    """
    problems: list[Problem] = []
    before: Revision | None = None
    pointing: Revision | None = None
    try:
        before = revision.find(settings.output, against)
        pointing = revision.find(settings.delivery, against) if settings.delivery else None
    except RevisionError as failure:
        problems.append(failure.problem)
    there = {*_environments(settings.output), *(before.environments() if before else ())}
    names = [_name(settings, name) for name in names] or sorted(there)
    if before:
        problems += _unknown(names, there, settings)
    if before and not names:
        found = f"no environment, neither there nor at {against}"
        fix = "correct the path, or run `floe synth`"
        problems.append(Problem(where=str(settings.output), found=found, fix=fix))
    if problems or before is None:
        raise InputError(_WRONG, problems)
    return _report(
        _environment(
            name,
            snapshot(
                f"{settings.output / name} at {against}",
                before.files(name),
                pointing.files(name) if pointing else {},
            ),
            _there(settings, name),
        )
        for name in sorted(set(names))
    )


def between(names: Sequence[str], settings: Project, source: str) -> Report:
    """Compare environments with what they would be if they were as another one.

    Raises:
        InputError: there are no such environments, or files are no objects.

    """
    there = _environments(settings.output)
    source, names = _name(settings, source), [_name(settings, name) for name in names]
    problems = _unknown([source, *names], there, settings)
    if not names or source in names:
        fix = f"name others: floe diff ENVIRONMENT --from {source}"
        problems.append(Problem(where="--from", found="the same or no environment", fix=fix))
    if problems:
        raise InputError(_WRONG, problems)
    found, folder = [], settings.output
    for name in sorted(set(names)):
        theirs, ours = (snapshot(str(it), _files(it)) for it in (folder / source, folder / name))
        new, old = promotion.alike(theirs, ours, (source, name))
        found.append(_environment(name, old, new))
    return _report(found)


def _report(environments: Iterable[ReportedEnvironment]) -> Report:
    found = list(environments)
    return Report(differs=any(each.changes for each in found), environments=found)


def _environment(name: str, old: Snapshot, new: Snapshot) -> ReportedEnvironment:
    return ReportedEnvironment(
        environment=name,
        old=old.title,
        new=new.title,
        gated=new.is_gated,
        changes=[reported(change) for change in changes(old, new)],
    )


def _there(settings: Project, name: str) -> Snapshot:
    folder, pointing = settings.output / name, settings.delivery
    return snapshot(str(folder), _files(folder), _files(pointing / name) if pointing else {})


def _files(folder: Path) -> Files:
    return {path: (folder / path).read_bytes for path in writing.paths(folder)}


def _environments(output: Path) -> set[str]:
    found = {path.parent.name for path in output.glob(f"*/{FILE}")}
    return {name for name in found if not name.startswith(".")}  # what a killed synth left


def _name(settings: Project, said: str) -> str:
    """Answer an environment's name; a shell's completion makes a path of it."""
    path = Path(said)
    return path.name if path.parent in {settings.overlays, settings.output} else said


def _unknown(names: Sequence[str], there: set[str], settings: Project) -> list[Problem]:
    overlays = {path.parent.name for path in settings.overlays.glob(f"*/{overlay.FILE}")}
    return [
        Problem(
            where=name or "an empty name",
            found="no such environment" + (f" in {settings.output}" if name in overlays else ""),
            allowed=", ".join(sorted(there)) or "none is there: run `floe synth`",
            fix=f"run `floe synth {name}` first" if name in overlays else nearest(name, there),
        )
        for name in names
        if name not in there
    ]
