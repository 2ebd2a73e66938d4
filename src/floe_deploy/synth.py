"""Synthesizing environments: from overlays to the files of `dist/`."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_all_start_methods, get_context, parent_process
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from floe_constructs.gitops.application_set import Listed
from floe_constructs.kubernetes.phase import Phase
from floe_constructs.problem import SettingError
from floe_deploy import delivery, linting, lock, node, overlay, project, release, wiring
from floe_deploy.errors import FloeError, InputError
from floe_deploy.images import FILE as IMAGES
from floe_deploy.images import images
from floe_deploy.kustomization import kustomizations
from floe_deploy.manifests import Manifest, files_of
from floe_deploy.placing import settled
from floe_deploy.project import Project
from floe_deploy.rules.rule import Severity
from floe_deploy.secrets import encrypted
from floe_deploy.wiring import Wired

MOST_PROCESSES = 4
"""Each process has a Node of its own, about 150 MB together."""

MOST_RENDERINGS = 24
"""Environments that one process renders; each adds a megabyte to it."""


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """One environment as it is to be written."""

    environment: str
    """Name of the environment."""

    files: dict[str, str]
    """Text of every file, by path below the environment's folder."""

    objects: int
    """Number of Kubernetes objects among them."""

    delivery: dict[str, str]
    """Text of what points a controller there, by name; empty where none is told."""

    listed: Listed | None
    """What Argo CD is told of it beside the others, if it is Argo CD's."""

    warnings: int
    """Number of ways in which they break a rule of severity warning."""


def render(folder: Path, settings: Project) -> Rendering:
    """Render one environment in this process.

    Raises:
        InputError: the overlay, the artifacts or what they make together is not valid.

    """
    loaded = overlay.load(folder, settings.environment)
    wired = wiring.wire(loaded)
    secrets = encrypted.copies(wired)
    node.prepare()
    copies = [copy for _, copy in secrets]
    composed = release.named(settled(_composed(wired, settings, copies)), copies)
    written = files_of(loaded.name, composed, secrets)
    objects = {path: manifest for path, (_, manifest) in written.items()}
    made = _delivery(wired, objects, settings)
    name = delivery.name_of(loaded.environment)
    pointing = [(f"{settings.delivery or 'delivery'}/{loaded.name}/{name}", each) for each in made]
    report = linting.held(loaded, objects, pointing)
    report.enforce()
    files = {path: text for path, (text, _) in written.items()}
    files |= kustomizations(loaded.name, list(objects))
    files[IMAGES] = images(composed)
    files[lock.FILE] = lock.write(loaded.digest, files, objects)
    return Rendering(
        environment=loaded.name,
        files=files,
        objects=len(objects),
        delivery=delivery.file(loaded.name, name, made),
        listed=delivery.listed(loaded, settings),
        warnings=len(report.of(Severity.WARNING)),
    )


def _delivery(wired: Wired, objects: dict[str, Manifest], settings: Project) -> list[Manifest]:
    from floe_deploy import platform  # starts Node

    placed = [(Phase(path.partition("/")[0]), manifest) for path, manifest in objects.items()]
    path = delivery.path(wired.environment, wired.name, settings)
    return platform.deliver(wired, placed, path)


def _composed(wired: Wired, settings: Project, copies: list[Manifest]) -> list[Manifest]:
    """Compose the platform; what goes wrong in a composition of the user's is told as theirs."""
    from floe_deploy import platform  # starts Node

    compose = project.imported(settings.compose)
    try:
        return platform.render(wired, compose, copies)
    except FloeError:
        raise
    except SettingError as cause:
        raise InputError(f"{wired.name}: settings cannot be together", [cause.problem]) from cause
    except (Exception, SystemExit) as cause:  # whatever their code may raise
        if settings.compose == project.COMPOSE:
            raise
        told = project.blamed(cause)
        raise InputError(f"{settings.compose} of {project.FILE} failed: {told}") from cause


def render_all(folders: Sequence[Path], settings: Project) -> Iterator[Rendering]:
    """Render environments, on several cores when there are several, and answer them in order.

    cdk8s waits for Node and Node for cdk8s, so that one process keeps only one core busy.

    Raises:
        InputError: one or more environments are not valid; the message tells about all of them.

    """
    node.prepare()
    processes = min(len(folders), os.cpu_count() or 1, MOST_PROCESSES)
    failures: list[FloeError] = []
    attempts = (_attempt(folder, settings) for folder in folders)
    for result in attempts if processes == 1 else _in_processes(folders, settings, processes):
        if isinstance(result, FloeError):
            failures.append(result)
        else:
            yield result
    if failures:
        raise InputError("\n".join(str(failure) for failure in failures))


def _in_processes(
    folders: Sequence[Path], settings: Project, processes: int
) -> Iterator[Rendering | FloeError]:
    """Render with a few processes at a time; Node never forgets an object, so they are renewed."""
    context = get_context("fork" if "fork" in get_all_start_methods() else None)
    for batch in _batches(folders, processes * MOST_RENDERINGS):
        with (
            TemporaryDirectory() as scratch,
            ProcessPoolExecutor(
                processes, mp_context=context, initializer=_obey_parent, initargs=(scratch,)
            ) as pool,
        ):
            yield from pool.map(_attempt, batch, [settings] * len(batch))


def _batches(folders: Sequence[Path], size: int) -> Iterator[Sequence[Path]]:
    return (folders[start : start + size] for start in range(0, len(folders), size))


def _attempt(folder: Path, settings: Project) -> Rendering | FloeError:
    try:
        return render(folder, settings)
    except FloeError as failure:
        return failure


def _obey_parent(scratch: str) -> None:
    """Let the parent clean up, take Ctrl-C, and decide when a worker ends.

    A worker never removes what jsii unpacks (2 MB); a terminal interrupts a whole group, and Node
    complains; without a parent a worker waits for work for ever.
    """
    tempfile.tempdir = scratch
    os.setpgid(0, 0)
    parent = parent_process()
    assert parent is not None  # noqa: S101  it was just started by one

    def watch() -> None:
        parent.join()
        os._exit(1)

    Thread(target=watch, daemon=True).start()
