"""Measure `floe`: figures and ratios of one run, on whatever machine this is.

Each command runs in a process of its own, start included, several times; the median counts and the
fastest is shown beside it. The peak is the memory of the command and all its processes together.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from floe_constructs.yaml_text import load
from floe_deploy.diff.judging import changes
from floe_deploy.diff.reporting import reported
from floe_deploy.diff.snapshot import Entry, Snapshot
from floe_deploy.rules.objects import Objects
from floe_deploy.rules.report import report

ROOT = Path(__file__).parents[1]
FLOE = (sys.executable, "-m", "floe_deploy")
COUNTS = (1, 4, 20, 100)
PEER_FIRST_FOUR, PEER_EACH = 1.40, 0.35
"""`helm template` of the peer's chart, 51 objects: seconds for four releases, for a further one."""


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        shutil.copytree(ROOT / "overlays", work / "overlays")
        print(f"{'':44} {'median':>8} {'fastest':>8} {'peak MB':>8}")
        once, _ = measured("python -c pass", [sys.executable, "-c", "pass"], work, 7)
        help_time, _ = measured("floe --help", [*FLOE, "--help"], work, 7)
        times: dict[int, float] = {}
        for count in COUNTS:
            many(work, count)
            repeats = 5 if count <= 4 else 3 if count <= 20 else 1  # noqa: PLR2004  long ones less
            objects = ""
            title = f"floe synth, {count} environment" + ("s" if count > 1 else "")
            times[count], objects = measured(title, [*FLOE, "synth"], work, repeats)
        many(work, 4)
        subprocess.run([*FLOE, "synth"], cwd=work, check=True, capture_output=True)
        full, _ = measured("floe check, everything rendered", [*FLOE, "check"], work, 5, fresh=True)
        same, _ = measured("floe check, nothing changed", [*FLOE, "check"], work, 7)
        rules = [held_to_rules(work / "dist" / "prod-2") for _ in range(7)]
        apart, _ = measured(
            "floe diff, two environments",
            [*FLOE, "diff", "prod-2", "--from", "staging-3"],
            work,
            5,
        )
        few, many_more = (
            min(compared(work / "dist" / "prod-2", copies) for _ in range(3)) for copies in (1, 10)
        )
    each = (times[100] - times[4]) / 96
    print(f"\n{objects.splitlines()[0]}" if objects else "")
    print(f"each further environment              {each:6.3f} s  (aim 0.3)")
    print(f"four environments                     {times[4]:6.2f} s  (aim 2.0)")
    print(f"  as a share of the peer's            {times[4] / PEER_FIRST_FOUR:6.2f}")
    print(f"  each further one, the same          {each / PEER_EACH:6.2f}")
    print(f"100 to 20 environments                {times[100] / times[20]:6.2f}  (linear: 5)")
    print(
        f"rules on the objects of prod          {statistics.median(rules) * 1000:4.0f} ms (aim 50)"
    )
    print(f"diff of two environments, in --helps  {apart / help_time:6.1f}")
    print(f"diff of 10 times as many objects      {many_more / few:6.2f}  (linear: 10)")
    print(f"--help, in starts of Python           {help_time / once:6.1f}")
    print(f"check unchanged to check rendered     {same / full:6.2f}")


def held_to_rules(folder: Path) -> float:
    """Answer how long the rules take for the objects of one environment, once they are read."""
    paths = [path for path in folder.rglob("*.yaml") if path.name != "kustomization.yaml"]
    files = {path.relative_to(folder).as_posix(): load(path.read_text()) for path in paths}
    begin = time.perf_counter()
    report(Objects(files, environment="prod", brings_secrets=True))
    return time.perf_counter() - begin


def compared(folder: Path, copies: int) -> float:
    """Answer how long a comparison takes in which many values of every object are others."""
    paths = [path for path in folder.rglob("*.yaml") if path.name != "kustomization.yaml"]
    texts = {path.relative_to(folder).as_posix(): path.read_text() for path in paths}
    sides = []
    for more in ("", "1"):
        entries = (
            Entry(
                path,
                load(
                    text.replace("name: ", f"name: n{copy}-").replace("image: ", f"image: {more}")
                ),
            )
            for path, text in texts.items()
            for copy in range(copies)
        )
        sides.append(Snapshot(title=more, entries={entry.key: entry for entry in entries}))
    begin = time.perf_counter()
    for change in changes(*sides):
        reported(change)
    return time.perf_counter() - begin


def many(work: Path, count: int) -> None:
    """Make that many environments: those of this repository, under further names."""
    overlays = sorted((ROOT / "overlays").glob("*/environment.yaml"))
    shutil.rmtree(work / "overlays")
    shutil.rmtree(work / "dist", ignore_errors=True)
    for number in range(count):
        source = overlays[number % len(overlays)].parent
        shutil.copytree(source, work / "overlays" / f"{source.name}-{number}")


def measured(
    title: str, command: Sequence[str], work: Path, repeats: int, *, fresh: bool = False
) -> tuple[float, str]:
    """Run a command several times; print and answer its median time, and what it printed."""
    times, peak, output = [], 0.0, ""
    for _ in range(repeats):
        if fresh:
            shutil.rmtree(work / ".floe", ignore_errors=True)
        begin = time.perf_counter()
        with subprocess.Popen(
            command, cwd=work, stdout=subprocess.PIPE, text=True, env=os.environ
        ) as process:
            watcher = Peak(process.pid)
            output, _ = process.communicate()
            times.append(time.perf_counter() - begin)
            peak = max(peak, watcher.stop())
            if process.returncode:
                sys.exit(f"{title}: exit {process.returncode}")
    median = statistics.median(times)
    print(f"{title:44} {median:7.3f}s {min(times):7.3f}s {peak:8.0f}", flush=True)
    return median, output


class Peak(threading.Thread):
    """The most memory that a process and its descendants have at a time, in MB (Linux)."""

    def __init__(self, pid: int) -> None:
        """Begin to watch."""
        super().__init__(daemon=True)
        self._pid, self._most, self._going = pid, 0.0, True
        self.start()

    def run(self) -> None:
        """Look every 50 ms."""
        while self._going:
            self._most = max(self._most, sum(map(_memory, _family(self._pid))))
            time.sleep(0.05)

    def stop(self) -> float:
        """End watching, and answer the most."""
        self._going = False
        self.join()
        return self._most


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(member for child in children for member in _family(int(child)))]


def _memory(pid: int) -> float:
    """Answer a process's own share: what it has in common with others counts once among them."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


if __name__ == "__main__":
    main()
