"""Synthesizing environments: from overlays to the files of `dist/`."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_all_start_methods, get_context, parent_process
from pathlib import Path
from threading import Thread

from floe_deploy import lock, node, overlay, project, rules, wiring
from floe_deploy.errors import FloeError, InputError
from floe_deploy.manifests import files_of, images, kustomizations
from floe_deploy.project import Project

MOST_PROCESSES = 4
"""Each process has a Node of its own, about 150 MB together."""


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """One environment as it is to be written."""

    environment: str
    """Name of the environment."""

    files: dict[str, str]
    """Text of every file, by path below the environment's folder."""

    objects: int
    """Number of Kubernetes objects among them."""


def render(folder: Path, settings: Project) -> Rendering:
    """Render one environment in this process.

    Raises:
        InputError: the overlay, the artifacts or what they make together is not valid.

    """
    loaded = overlay.load(folder, settings.environment)
    wired = wiring.wire(loaded)
    node.prepare()
    from floe_deploy import platform  # starts Node

    manifests = platform.render(wired, project.imported(settings.compose))
    written = files_of(loaded.name, manifests)
    objects = {path: manifest for path, (_, manifest) in written.items()}
    rules.enforce(loaded.name, objects)
    files = {path: text for path, (text, _) in written.items()}
    files |= kustomizations(loaded.name, list(objects))
    files["images.txt"] = images(objects.values())
    files[lock.FILE] = lock.write(loaded.digest, files, objects)
    return Rendering(environment=loaded.name, files=files, objects=len(objects))


def render_all(folders: Sequence[Path], settings: Project) -> Iterator[Rendering]:
    """Render environments, on several cores when there are several, and answer them in order.

    cdk8s waits for Node and Node for cdk8s, so that one process keeps only one core busy.

    Raises:
        InputError: one or more environments are not valid; the message tells about all of them.

    """
    processes = min(len(folders), os.cpu_count() or 1, MOST_PROCESSES)
    failures: list[FloeError] = []
    if processes < 2:  # noqa: PLR2004  one is not several
        attempts = (_attempt(folder, settings) for folder in folders)
        yield from _sorted_out(attempts, failures)
    else:
        fork = "fork" if "fork" in get_all_start_methods() else None
        with ProcessPoolExecutor(
            processes, mp_context=get_context(fork), initializer=_end_with_parent
        ) as pool:
            results = pool.map(_attempt, folders, [settings] * len(folders))
            yield from _sorted_out(results, failures)
    if failures:
        raise InputError("\n".join(str(failure) for failure in failures))


def _attempt(folder: Path, settings: Project) -> Rendering | FloeError:
    try:
        return render(folder, settings)
    except FloeError as failure:
        return failure


def _sorted_out(
    results: Iterator[Rendering | FloeError], failures: list[FloeError]
) -> Iterator[Rendering]:
    for result in results:
        if isinstance(result, FloeError):
            failures.append(result)
        else:
            yield result


def _end_with_parent() -> None:
    """End a worker whose parent was killed: it would wait for work for ever."""
    parent = parent_process()
    assert parent is not None  # noqa: S101  it was just started by one

    def watch() -> None:
        parent.join()
        os._exit(1)

    Thread(target=watch, daemon=True).start()
