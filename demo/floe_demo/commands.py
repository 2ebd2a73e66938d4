"""What `floe demo` does: a cycle, a burst, and what there is."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from floe_demo import folder, telling
from floe_demo.progress import Progress
from floe_demo.refusal import FailedError, RefusedError
from floe_demo.settings import PREFIX, Settings

if TYPE_CHECKING:
    from floe_demo.embedded import Summary

ELSEWHERE = ("FLOE_COMPILED_ARTIFACTS", "FLOE_COMPUTE_TYPE", "SERVING_PG_HOST")
"""Variables that name the platform's services."""
LOG = Path("logs", "demo.log")


@dataclass(frozen=True)
class Cycle:
    """What a cycle came to."""

    summary: "Summary"
    new: Mapping[str, int]
    """How many rows it wrote to each raw table."""
    seconds: float
    home: Path
    shown: str
    """The folder as one would name it."""


def settings(home: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Answer the settings of a demo in a folder, and let all that is started have them.

    Raises:
        RefusedError: services are named, or a setting is wrong.

    """
    if named := [name for name in ELSEWHERE if environment.get(name)]:
        msg = f"`floe demo` keeps all in a folder; unset what names services: {', '.join(named)}"
        raise RefusedError(msg)
    if home is not None:
        os.environ[f"{PREFIX}HOME"] = str(home)
    try:
        return Settings.read()
    except ValidationError as error:
        lines = [
            f"  {PREFIX}{'_'.join(map(str, one['loc'])).upper()}: {one['msg']}"
            for one in error.errors()
        ]
        raise RefusedError("\n".join(["The demo's settings are wrong:", *lines])) from None


def place(home: Path | None) -> Path:
    """Answer the folder, which has to be the demo's."""
    found = settings(home).home.resolve()
    folder.present(found)
    return found


def up(home: Path | None, burst: int = 0, *, as_json: bool = False) -> str:
    """Run one batch from the generator to what is served, and a burst beside it; tell of it."""
    done = cycle(home, burst)
    return json.dumps(telling.plain(done), indent=2) if as_json else telling.summed(done)


def cycle(home: Path | None, burst: int = 0) -> Cycle:
    """Do it, as the only one in its folder."""
    said = settings(home)
    place = said.home.resolve()
    folder.claimed(place)
    began = time.monotonic()
    command = "floe demo burst" if burst else "floe demo up"
    with folder.alone(place, command), Progress() as progress:
        with _logged(place / LOG):
            progress.step("Loading Dagster and dbt")
            from floe_demo import embedded

            first = not (place / "target" / "manifest.json").exists()
            progress.step("Reading the models" if first else "Looking at the models")
            from floe_demo.definitions import defs

            with embedded.opened(place) as instance:
                done = embedded.cycle(defs, instance, burst=burst, told=progress.told)
        if not done and progress.interrupted:
            raise KeyboardInterrupt
        if not done:
            msg = progress.failure or "see the log"
            raise FailedError(f"The cycle failed: {msg}\nAll of it is in {place / LOG}")
        found = embedded.summary(place / "demo.duckdb")
    return Cycle(found, progress.rows, time.monotonic() - began, place, str(said.home))


def shown(home: Path | None, port: int) -> None:
    """Run Dagster's pages and schedules until somebody interrupts it."""
    from floe_demo import ui

    place, url = settings(home).home.resolve(), f"http://127.0.0.1:{port}"
    with (
        folder.alone(place, "floe demo up --ui") as file,
        suppress(KeyboardInterrupt),  # which is how it ends
        Progress() as progress,
        ui.running(place, port) as process,
    ):
        progress.step("Starting Dagster")
        ui.ready(process, url, place)
        folder.noted(file, "floe demo up --ui", url)
        progress.said(f"Dagster is at {url}; Ctrl-C ends it")
        process.wait()
        ui.ready(process, url, place)  # which says what it said last


def status(home: Path | None, *, as_json: bool = False) -> str:
    """Tell what there is."""
    said, found = settings(home), place(home)
    from floe_demo.generators import EcommerceGenerator
    from floe_demo.lake import catalog
    from floe_demo.lake.ingest import Lake
    from floe_demo.lake.maintenance import utc

    lake = Lake(catalog.opened(None, found), catalog.EMBEDDED_NAMESPACE, EcommerceGenerator())
    last = lake.progress.last
    told = {
        "home": str(found),
        "batch": last and {"number": last.number, "end": str(utc(last.end)), "orders": last.size},
        "whole": last is None or lake.complete == last.number,
        "schedule": said.schedule_cron,
        "at_work": folder.worker(found),
        "rows": {name: table.scan().count() for name, table in lake.tables.items()},
        "bytes": folder.sizes(found),
    }
    return json.dumps(told, indent=2) if as_json else telling.standing(told)


@contextmanager
def _logged(path: Path) -> Iterator[None]:
    """Let what libraries say go into a file: the last command's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as log, redirect_stdout(log), redirect_stderr(log):
        yield
