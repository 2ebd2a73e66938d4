"""What a command of the demo is at: in place on a terminal, in lines elsewhere."""

import os
import sys
import time
from collections import Counter, defaultdict
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TextIO

STEPS = {
    "ingest_ecommerce": "Writing a batch into Iceberg",
    "models": "Building and testing the models",
    "served_tables": "Exchanging what is served",
}
"""What the steps of a run are for."""
PLANNED = ("ASSET_MATERIALIZATION_PLANNED", "ASSET_CHECK_EVALUATION_PLANNED")
MADE = ("ASSET_MATERIALIZATION", "ASSET_CHECK_EVALUATION")


def coloured(stream: TextIO) -> bool:
    """Answer whether colours are for somebody who sees them and has not refused."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class Paint:
    """Colours, or none."""

    def __init__(self, stream: TextIO) -> None:
        """See whether there are any."""
        self._on = coloured(stream)

    def __call__(self, text: str, code: str) -> str:
        """Answer the text in a colour."""
        return f"\x1b[{code}m{text}\x1b[0m" if self._on else text


class Progress:
    """Steps as they begin and end, on standard error."""

    def __init__(self) -> None:
        """Take standard error as it is now: it is a file's while libraries talk."""
        self._out = sys.stderr
        self._paint = Paint(self._out)
        self._live = self._out.isatty() and os.environ.get("TERM") != "dumb"
        self._step = ""
        self._began = 0.0
        self._planned: Counter[str] = Counter()
        self._made: Counter[str] = Counter()
        self.rows: dict[str, int] = defaultdict(int)
        self.failure: str | None = None
        self.interrupted = False

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """End the last step, well or not."""
        self._end(well=error is None)

    def step(self, name: str) -> None:
        """Begin the next step."""
        self._end(well=True)
        self._step, self._began = name, time.monotonic()
        if self._live:
            self._show(f"  {self._paint('…', '36')} {name}")
        else:
            self._out.write(f"{name}\n")
            self._out.flush()

    def said(self, text: str) -> None:
        """End the step, and say something."""
        self._end(well=True)
        self._out.write(f"{text}\n")
        self._out.flush()

    def told(self, entry: Any) -> None:
        """Take an event of a run."""
        event = entry.dagster_event
        if event is None:
            return
        kind, step = event.event_type_value, event.step_key
        self._planned[step] += kind in PLANNED
        if kind == "STEP_START":
            self.step(STEPS.get(step, step))
        elif kind in MADE:
            self._made[step] += 1
            if self._live and step == "models":
                count = self._paint(f"{self._made[step]}/{self._planned[step]}", "2")
                self._show(f"  {self._paint('…', '36')} {self._step}  {count}")
            self._count(event, step)
        elif kind in {"STEP_FAILURE", "STEP_UP_FOR_RETRY"}:
            with suppress(AttributeError):
                error = event.event_specific_data.error
                self.failure = (error.cause or error).message.strip()
                self.interrupted |= "InterruptedError" in self.failure

    def _count(self, event: Any, step: str) -> None:
        if step == "ingest_ecommerce" and event.event_type_value == "ASSET_MATERIALIZATION":
            materialization = event.step_materialization_data.materialization
            name = materialization.asset_key.path[-1]
            self.rows[name] += int(materialization.metadata["rows"].value)

    def _end(self, *, well: bool) -> None:
        if self._step and self._live:
            mark = self._paint("✓", "32") if well else self._paint("✗", "31")
            seconds = self._paint(f"{time.monotonic() - self._began:.1f} s", "2")
            self._show(f"  {mark} {self._step}  {seconds}\n")
        self._step = ""

    def _show(self, text: str) -> None:
        self._out.write(f"\r\x1b[K{text}")
        self._out.flush()
